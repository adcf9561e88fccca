"""What a request says, taken strictly: nothing is left out in silence, and what no column could hold is refused."""

import json
from typing import Any, ClassVar, NoReturn

from django.http import HttpRequest
from ninja.params.models import QueryModel
from ninja.parser import Parser
from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from labelhub.access import route_of
from labelhub.problems import MalformedJson, UnsupportedMediaType


class NoParameters(QueryModel):
    """For an operation whose address has none: `?dry_run=1` behind it would print, `?state=held` would hide nothing."""

    __ninja_param_source__ = "query"  # type: ignore[assignment]
    __ninja_flatten_map__: ClassVar[dict[str, Any]] = {}
    __ninja_flatten_map_reverse__: ClassVar[dict[str, Any]] = {}


class StrictParser(Parser):
    """`query_names` says for each route which parameters its address may have."""

    def __init__(self) -> None:
        self.query_names: dict[tuple[str, str], frozenset[str]] = {}

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> dict[str, Any]:
        known = self.query_names.get(route_of(request), frozenset(data))
        # A filter with a typing error would find everything.
        if unknown := sorted(set(data) - known):
            there = f"there are {', '.join(sorted(known))}" if known else "this address has none"
            kind = PydanticCustomError("unknown", "There is no such parameter; {there}.", {"there": there})
            # pydantic's own error: ninja goes on then, and what is wrong with the body is told, too.
            errors: list[InitErrorDetails] = [{"type": kind, "loc": (name,), "input": None} for name in unknown]
            raise ValidationError.from_exception_data("Query", errors)
        return super().parse_querydict(data, list_fields, request)

    def parse_body(self, request: HttpRequest) -> Any:
        kind = request.content_type or ""
        if kind not in {"", "application/json"} and not kind.endswith("+json"):
            sentence = f"The body has to be JSON, not {kind}: send “Content-Type: application/json”."
            raise UnsupportedMediaType(sentence)
        try:
            data = json.loads(request.body, parse_constant=_refuse_constant)
            if b"\\u" in request.body:
                _refuse_unstorable(data)
        except (ValueError, RecursionError) as error:
            raise MalformedJson(f"The body is not valid JSON: {error}.") from error
        return data


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _refuse_unstorable(data: Any) -> None:
    text = json.dumps(data, ensure_ascii=False)
    # Half of a surrogate pair raises a ValueError here; PostgreSQL cannot store U+0000.
    text.encode()
    if "\\u0000" in text:
        raise ValueError("U+0000 cannot stand in a text")
