"""All that is wrong with a body in one answer: its meaning is checked although its shape is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
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
    try:
        rest = handler({**kind.stand_ins, **_without(data, places)})
    except ValidationError:
        return []
    told = [_pointer(place) for place in places]
    wrong = frozenset(str(place[0]) for place in places)
    return [
        _line("meaning", _place(each.pointer), each.message)
        for each in rest.problems(wrong)
        if not any(f"{each.pointer}/".startswith(f"{pointer}/") for pointer in told)
    ]


def _without(data: dict[str, Any], places: Sequence[Place]) -> dict[str, Any]:
    rest = deepcopy(data)
    for place in places:
        inside: Any = rest
        *path, last = place
        try:
            for part in path:
                inside = inside[part]
            if isinstance(inside, list) and isinstance(last, int):
                # Those behind it keep their numbers.
                inside[last] = {}
            else:
                inside.pop(last, None)
        except (AttributeError, IndexError, KeyError, TypeError):
            rest.pop(str(place[0]), None)
    return rest


def _line(kind: str, place: Place, sentence: str) -> InitErrorDetails:
    return {"type": PydanticCustomError(kind, "{sentence}", {"sentence": sentence}), "loc": place, "input": None}


def _pointer(place: Place) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in place)


def _place(pointer: str) -> Place:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
