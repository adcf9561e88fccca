"""The fields of a template, and how what people type becomes their values."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import pydantic
from pydantic import StringConstraints, TypeAdapter, ValidationError, field_validator, model_validator

from templates_app.elements.base import Strict
from templates_app.elements.image import REFERENCE, open_picture

Language = Literal["en", "de"]
Words = Annotated[str, pydantic.Field(max_length=400)] | dict[Language, Annotated[str, pydantic.Field(max_length=400)]]
FieldType = Literal["string", "text", "integer", "decimal", "date", "datetime", "boolean", "choice", "url", "image"]
RESERVED = frozenset({"today", "now", "item", "index", "more"})
LONGEST = 1000
LIST_LIMIT = 200


def words(given: Words | None, language: str = "en", fallback: str = "") -> str:
    """A text in a language, else in English, else in the one it has."""
    if given is None:
        return fallback
    if isinstance(given, str):
        return given
    texts: dict[str, str] = {str(key): text for key, text in given.items()}
    return texts.get(language[:2]) or texts.get("en") or next(iter(texts.values()), fallback)


@lru_cache(maxsize=512)
def _pattern(pattern: str) -> TypeAdapter[str]:
    # pydantic's engine is linear in the text: no pattern can stall a worker, as Python's could.
    return TypeAdapter(Annotated[str, StringConstraints(pattern=f"^(?:{pattern})$")])


class Field(Strict):
    name: str = pydantic.Field(pattern=r"^[A-Za-z_]\w{0,63}$")
    type: FieldType = "string"
    many: bool = pydantic.Field(False, description="A list of values, for groups that repeat")
    required: bool = False
    unique: bool = pydantic.Field(False, description="No two labels of a batch may have the same value")
    default: Any = None
    example: Any = None
    label: Words | None = None
    help: Words | None = None
    pattern: str | None = pydantic.Field(None, max_length=300)
    min_length: int | None = pydantic.Field(None, ge=0, le=4000)
    max_length: int | None = pydantic.Field(None, ge=1, le=4000)
    minimum: float | None = None
    maximum: float | None = None
    choices: list[Annotated[str, pydantic.Field(min_length=1, max_length=200)]] | None = pydantic.Field(
        None, max_length=500
    )

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if name in RESERVED:
            raise ValueError(f"“{name}” has a meaning of its own in values; choose another name")
        return name

    @field_validator("pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                _pattern(pattern).validate_python("")
            except ValidationError:
                pass
            except Exception as error:
                raise ValueError("this is no regular expression of the kind without look-around") from error
        return pattern

    @model_validator(mode="after")
    def _agrees(self) -> "Field":
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("a field has choices exactly when its type is choice")
        for attribute in ("default", "example"):
            raw = getattr(self, attribute)
            if raw is not None:
                try:
                    convert(self, raw)
                except ValueError as error:
                    raise ValueError(f"the {attribute} does not fit the field: {error}") from error
        return self


def _string(field: Field, raw: object) -> str:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float, Decimal, date)):
        raise ValueError("a text is needed")
    text = raw.isoformat() if isinstance(raw, date) else str(raw)
    if field.type == "string" and ("\n" in text or "\r" in text):
        raise ValueError("one line is allowed, this has more")
    longest = field.max_length or LONGEST
    if len(text) > longest:
        raise ValueError(f"at most {longest} characters are allowed, this has {len(text)}")
    if len(text) < (field.min_length or 0):
        raise ValueError(f"at least {field.min_length} characters are needed, this has {len(text)}")
    if field.pattern is not None:
        try:
            _pattern(field.pattern).validate_python(text)
        except ValidationError:
            raise ValueError(f"“{text[:60]}” does not match the pattern {field.pattern}") from None
    return text


def _in_range(field: Field, number: int | Decimal) -> None:
    if field.minimum is not None and number < Decimal(str(field.minimum)):
        raise ValueError(f"at least {field.minimum:g} is needed, this is {number}")
    if field.maximum is not None and number > Decimal(str(field.maximum)):
        raise ValueError(f"at most {field.maximum:g} is allowed, this is {number}")


def _integer(field: Field, raw: object) -> int:
    text = str(raw).strip()
    if isinstance(raw, bool) or not re.fullmatch(r"[+-]?\d{1,18}(\.0+)?", text):
        raise ValueError(f"“{text[:60]}” is no whole number")
    number = int(text.partition(".")[0])
    _in_range(field, number)
    return number


def _decimal(field: Field, raw: object) -> Decimal:
    text = str(raw).strip()
    try:
        number = Decimal(text) if not isinstance(raw, bool) and len(text) <= 40 else Decimal("nan")
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise ValueError(f"“{text[:60]}” is no number; write it with a point, such as 12.5")
    _in_range(field, number)
    return number


def _date(_field: Field, raw: object) -> date:
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(str(raw).strip())
    except ValueError:
        raise ValueError(f"“{str(raw)[:60]}” is no date; write it as 2026-11-21") from None


def _datetime(_field: Field, raw: object) -> datetime:
    if isinstance(raw, datetime):
        return raw
    try:
        return datetime.fromisoformat(str(raw).strip())
    except ValueError:
        raise ValueError(f"“{str(raw)[:60]}” is no moment; write it as 2026-11-21T14:30") from None


def _boolean(_field: Field, raw: object) -> bool:
    meaning = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    found = raw if isinstance(raw, bool) else meaning.get(str(raw).strip().lower())
    if found is None:
        raise ValueError(f"“{str(raw)[:60]}” is neither yes nor no")
    return found


def _choice(field: Field, raw: object) -> str:
    text = str(raw)
    if text not in (field.choices or []):
        raise ValueError(f"“{text[:60]}” is none of {', '.join((field.choices or [])[:20])}")
    return text


def _url(field: Field, raw: object) -> str:
    text = _string(field, raw).strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc or " " in text:
        raise ValueError(f"“{text[:60]}” is no web address; it starts with https:// or http://")
    return text


def _image(_field: Field, raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError("a PNG or JPEG in base64 is needed")
    if raw.startswith(REFERENCE):
        # Whether it is there is asked when it is drawn: definitions know no database.
        return raw
    open_picture(raw)
    return raw


_CONVERTERS: dict[str, Callable[[Field, object], object]] = {
    "string": _string,
    "text": _string,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "datetime": _datetime,
    "boolean": _boolean,
    "choice": _choice,
    "url": _url,
    "image": _image,
}


def convert(field: Field, raw: object) -> object:
    """The typed value; raises ValueError with a sentence that needs the field's name before it."""
    run = _CONVERTERS[field.type]
    if not field.many:
        return run(field, raw)
    items = [line for line in raw.splitlines() if line.strip()] if isinstance(raw, str) else raw
    if not isinstance(items, (list, tuple)):
        raise ValueError("a list is needed, or one entry a line")
    if len(items) > LIST_LIMIT:
        raise ValueError(f"at most {LIST_LIMIT} entries are allowed, this has {len(items)}")
    return [run(field, item) for item in items]
