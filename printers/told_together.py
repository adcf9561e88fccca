"""All that is wrong with a body in one answer: its meaning is checked although its shape is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from printers.errors import HubError, Problem

Place = tuple[int | str, ...]


class ToldTogether(BaseModel):
    """`stand_ins` are what the check of its meaning gets for what is required, and missing or wrong."""

    stand_ins: ClassVar[Mapping[str, Any]] = {}

    def problems(self, wrong: frozenset[str]) -> Iterable[Problem]:
        """What is wrong with its meaning; nothing is written. `wrong` are the names that are told of already: nothing
        that follows from them has to be found.
        """
        raise NotImplementedError

    @model_validator(mode="wrap")
    @classmethod
    def _all_of_it(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            more = _more(cls, data, handler, [each["loc"] for each in found])
            if not more:
                raise
            lines = [_line(each["type"], each["loc"], each["msg"]) for each in found]
            raise ValidationError.from_exception_data(cls.__name__, [*lines, *more]) from error


def tell_too(error: HubError, every: Iterable[Problem]) -> None:
    """Let an error list all that is wrong, of which it may be one thing."""
    every = list(every)
    sentences = {problem.message for problem in every}
    own = error.problems or [Problem("", error.detail)]
    error.problems = [each for each in own if each.message not in sentences] + every


def _more(
    kind: type[ToldTogether], data: Any, handler: ModelWrapValidatorHandler[Any], places: Sequence[Place]
) -> list[InitErrorDetails]:
    if not isinstance(data, dict) or () in places:
        return []
    rest = _read(handler, {**kind.stand_ins, **_without(data, places)})
    if rest is None:
        rest = _read(handler, {**kind.stand_ins, **_without(data, [place[:1] for place in places])})
    if rest is None:
        return []
    told = [_pointer(place) for place in places]
    wrong = frozenset(str(place[0]) for place in places)
    return [
        _line("meaning", _place(each.pointer), each.message)
        for each in rest.problems(wrong)
        if not any(f"{each.pointer}/".startswith(f"{pointer}/") for pointer in told)
    ]


def _read(handler: ModelWrapValidatorHandler[ToldTogether], data: dict[str, Any]) -> ToldTogether | None:
    try:
        return handler(data)
    except ValidationError:
        return None


def _without(data: dict[str, Any], places: Sequence[Place]) -> Any:
    rest: Any = data
    for place in places:
        rest = _left_out(rest, place)
    return rest


def _left_out(value: Any, place: Place) -> Any:
    """A copy along the way to that place: what somebody sends may be nested deeper than Python can copy."""
    first, *below = place
    if isinstance(value, dict) and first in value:
        kept = {name: each for name, each in value.items() if name != first}
        return {**kept, first: _left_out(value[first], tuple(below))} if below else kept
    if isinstance(value, list) and isinstance(first, int) and first < len(value):
        # Those behind it keep their numbers.
        return [*value[:first], _left_out(value[first], tuple(below)) if below else {}, *value[first + 1 :]]
    return value


def _line(kind: str, place: Place, sentence: str) -> InitErrorDetails:
    return {"type": PydanticCustomError(kind, "{sentence}", {"sentence": sentence}), "loc": place, "input": None}


def _pointer(place: Place) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in place)


def _place(pointer: str) -> Place:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
