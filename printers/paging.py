"""Lists by cursor: a page begins where the last one ended, however many rows came in between."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpResponse
from pydantic import BaseModel

from printers.errors import InvalidInput, Problem

MAX_LIMIT, DEFAULT_LIMIT = 200, 50
# How many rows one page looks through for a condition that no index knows; it bounds the time of the page.
MOST_LOOKED_AT = 3000
Row = TypeVar("Row", bound=Model)


class InvalidCursor(InvalidInput):
    code = "invalid-cursor"
    source = "query"


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: list[Row]
    next_cursor: str | None


def page(
    rows: QuerySet[Row], order: Sequence[str], *, cursor: str | None, limit: int, only: Q | None = None
) -> Page[Row]:
    """`limit` rows after `cursor`, in `order` (Django's names, the last one unique), by one query.

    `only` is a condition without an index: at most MOST_LOOKED_AT rows are tried, so that a page may be short, or
    empty, and still have a `next_cursor`.

    Raises InvalidCursor for a cursor that did not come from `next_cursor` of the same list.
    """
    if cursor:
        rows = rows.filter(_after(order, _decode(cursor, order, rows.model)))
    end: Sequence[Any] | None = None
    if only is not None:
        # The index alone tells how far so many rows reach.
        names = [name.lstrip("-") for name in order]
        end = rows.order_by(*order).values_list(*names)[MOST_LOOKED_AT - 1 : MOST_LOOKED_AT].first()
        if end is not None:
            # The first column bounds the scan; the exclusion is exact where it is equal.
            rows = rows.filter(**_up_to(order[0], end[0])).exclude(_after(order, end))
        rows = rows.filter(only)
    found = list(rows.order_by(*order)[: limit + 1])
    if len(found) > limit:
        end = [_read(found[limit - 1], name.lstrip("-")) for name in order]
    return Page(found[:limit], _encode(end) if end is not None else None)


def _up_to(name: str, value: Any) -> dict[str, Any]:
    return {f"{name[1:]}__gte": value} if name.startswith("-") else {f"{name}__lte": value}


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows behind `values`. The first column alone bounds the scan, so that its index is used."""
    condition = Q()
    for position in range(len(order)):
        equal = {order[n].lstrip("-"): values[n] for n in range(position)}
        name = order[position]
        comparison = f"{name[1:]}__lt" if name.startswith("-") else f"{name}__gt"
        condition |= Q(**equal, **{comparison: values[position]})
    first = order[0]
    bound = f"{first[1:]}__lte" if first.startswith("-") else f"{first}__gte"
    return Q(**{bound: values[0]}) & condition


def _encode(values: Sequence[Any]) -> str:
    text = json.dumps(list(values), default=_plain, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _read(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    return row


def _decode(cursor: str, order: Sequence[str], model: type[Model]) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(order):
            raise ValueError(cursor)
        return [_convert(model, name.lstrip("-"), value) for name, value in zip(order, values, strict=True)]
    except (ValueError, TypeError, binascii.Error, ValidationError, UnicodeError, RecursionError) as error:
        sentence = "This cursor does not belong to this list; begin without one."
        raise InvalidCursor(sentence, [Problem("/cursor", sentence)]) from error


def _convert(model: type[Model], name: str, value: Any) -> Any:
    converters: dict[str, Callable[[Any], Any]] = {"UUIDField": UUID, "DateTimeField": datetime.fromisoformat}
    field: Any = model._meta.get_field(name.split("__")[0])
    for part in name.split("__")[1:]:
        field = field.related_model._meta.get_field(part)
    converted = converters.get(field.get_internal_type(), field.to_python)(value)
    if isinstance(converted, str) and "\0" in converted:
        raise ValueError(name)
    if isinstance(converted, datetime) and converted.tzinfo is None:
        raise ValueError(name)
    return converted


class UnknownFieldName(InvalidInput):
    code = "unknown-field"
    source = "query"


def chosen_fields(model: type[BaseModel], fields: str | None) -> set[str] | None:
    """The names in a `fields=` parameter; None means all. Raises UnknownFieldName."""
    if fields is None:
        return None
    names = set(re.split(", *", fields))
    if unknown := sorted(names - set(model.model_fields)):
        known = ", ".join(model.model_fields)
        problems = [Problem("/fields", f"There is no field “{name}”; there are {known}.") for name in unknown]
        raise UnknownFieldName(problems[0].message, problems)
    return names


def list_answer(listing: BaseModel, names: set[str] | None) -> HttpResponse:
    """`{items, next_cursor}` as it goes out, with these fields of each item only."""
    include: Any = None if names is None else {"items": {"__all__": names}, "next_cursor": True}
    return written(listing, include)


def written(answer: BaseModel, include: Any = None) -> HttpResponse:
    """As it goes out: the framework would check it once more, and write it with Python."""
    return HttpResponse(answer.model_dump_json(include=include), content_type="application/json; charset=utf-8")
