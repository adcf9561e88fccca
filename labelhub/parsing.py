"""What a request says, taken strictly: nothing is left out in silence, and what no column could hold is refused."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.errors import ValidationError
from ninja.parser import Parser

from labelhub.access import route_of
from labelhub.problems import MalformedJson, UnsupportedMediaType


class StrictParser(Parser):
    """`query_names` says for each route which parameters its address may have."""

    def __init__(self) -> None:
        self.query_names: dict[tuple[str, str], frozenset[str]] = {}

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> dict[str, Any]:
        known = self.query_names.get(route_of(request), frozenset(data))
        # A filter with a typing error would find everything.
        if unknown := sorted(set(data) - known):
            sentence = f"There is no such parameter; there are {', '.join(sorted(known))}."
            raise ValidationError([{"loc": ("query", name), "type": "unknown", "msg": sentence} for name in unknown])
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
