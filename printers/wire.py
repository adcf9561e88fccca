"""The types that every answer of the API shares."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, PlainSerializer, WithJsonSchema

from printers.instants import rfc3339


def _text_only(value: object) -> object:
    # pydantic would take 1763600000 for an instant; our contract is RFC 3339 alone.
    if not isinstance(value, str | datetime):
        raise ValueError("has to be a text in RFC 3339, such as 2026-05-17T09:51:33Z")
    return value


def _has_date_and_time(value: object) -> object:
    if isinstance(value, str) and (len(value) < len("2026-05-17T09:51Z") or value.lstrip("-").isdigit()):
        raise ValueError("has to be a date and a time in RFC 3339, such as 2026-05-17T09:51:33Z")
    return value


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is no instant that a calendar has in UTC") from error


def _whole(value: object) -> object:
    # JSON has one kind of number: 50.0 is the whole number 50. A text or true is none.
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Behind the limits, `Annotated[int, Field(strict=True, ge=1), WHOLE]`: in front of them they would not be described.
WHOLE = BeforeValidator(_whole)

# RFC 3339, in UTC with Z on the way out; on the way in any offset, but always one.
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_has_date_and_time),
    BeforeValidator(_text_only),
    AfterValidator(_to_utc),
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-05-17T09:51:33.798110Z"]}),
]
