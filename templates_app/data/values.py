"""What people write in tables, as fields take it: 1.234,5 and 21.11.2026, ja and x. What is not understood stays."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from templates_app.definition import Field

DecimalSign = Literal[".", ","]
DateOrder = Literal["dmy", "mdy"]


@dataclass(frozen=True, slots=True)
class Style:
    """How a table writes numbers and dates, where that can be read in two ways."""

    decimal: DecimalSign = "."
    order: DateOrder = "dmy"


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january jänner jaenner", "feb februar february", "mar märz maerz march mrz mär", "apr april",
            "may mai", "jun juni june", "jul juli july", "aug august", "sep sept september", "oct okt oktober october",
            "nov november", "dec dez dezember december",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})([./-])\s?(\d{1,2})[./-]\s?(\d{4}|\d{2})")
_DAY_FIRST = re.compile(r"(\d{1,2})(?:\.|st|nd|rd|th)?\s+([^\W\d]{3,9})\.?,?\s+(\d{4})")
_MONTH_FIRST = re.compile(r"([^\W\d]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_TIME = re.compile(
    r"(.*?)(?:[T ,]\s*)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?(Z|[+-]\d\d:?\d\d)?(?:\s+Uhr)?"
)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,'’\s\u00a0\u202f]\d+)*")
_YES = frozenset({"ja", "j", "y", "x", "wahr", "t", "✓", "✔"})
_NO = frozenset({"nein", "n", "falsch", "f", "-", "–"})


def field_text(field: Field, text: str, style: Style) -> str:
    """The text as the field's type is written elsewhere; the same text where nothing better is known."""
    if field.many:
        parts = text.splitlines() if "\n" in text else text.split(";")
        single = field.model_copy(update={"many": False})
        return "\n".join(field_text(single, part.strip(), style) for part in parts if part.strip())
    if field.type in {"integer", "decimal"}:
        return _number(text, style)
    if field.type == "date":
        # Spreadsheets give a midnight to dates that were typed without one.
        return _date(re.sub(r"[T ]0?0:00(?::00)?$", "", text), style) or text
    if field.type == "datetime":
        return _datetime(text, style)
    if field.type == "boolean":
        known = text.casefold()
        return "true" if known in _YES else "false" if known in _NO else text
    if field.type == "choice":
        return next((c for c in field.choices or [] if c.casefold() == text.casefold()), text)
    return " ".join(text.split("\n")) if field.type == "string" and "\n" in text else text


def guess_style(cells: Iterable[str], fallback: Style) -> Style:
    """Read from values that have one meaning only: 12,5 and 31.12.2026."""
    decimal: DecimalSign | None = None
    order: DateOrder | None = None
    for cell in cells:
        text = cell.strip()
        if decimal is None and (number := _NUMBER.fullmatch(text)):
            decimal = _decimal_sign(number[0])
        if order is None and (found := _NUMERIC.fullmatch(text)):
            first, second = int(found[1]), int(found[3])
            if found[2] == "." or first > 12:
                order = "dmy"
            elif second > 12:
                order = "mdy"
    return Style(decimal or fallback.decimal, order or fallback.order)


def _decimal_sign(text: str) -> DecimalSign | None:
    """The sign that separates decimals, where it can be no other; 1,234 may be either."""
    marks = re.findall(r"[.,]", text)
    if not marks:
        return None
    last: DecimalSign = "," if marks[-1] == "," else "."
    if len(set(marks)) == 2:
        return last
    if len(marks) > 1:
        return "." if last == "," else ","
    head, _, tail = text.lstrip("+-").rpartition(last)
    return last if len(tail) != 3 or len(head) > 3 or head == "0" else None


def _number(text: str, style: Style) -> str:
    bare = re.sub(r"\s*(?:€|EUR|\$|USD|%)$|^(?:€|\$)\s*", "", text.strip())
    if not _NUMBER.fullmatch(bare):
        return text
    bare = re.sub(r"['’\s\u00a0\u202f]", "", bare)
    sign = _decimal_sign(bare) or style.decimal
    other = "." if sign == "," else ","
    return bare.replace(other, "").replace(sign, ".")


def _date(text: str, style: Style) -> str | None:
    text = text.strip()
    if found := _ISO.fullmatch(text):
        return _iso(found[1], found[2], found[3])
    if found := _NUMERIC.fullmatch(text):
        first, second = int(found[1]), int(found[3])
        # Points are written day first everywhere; beyond twelve there is no choice either.
        month_first = second > 12 or (style.order == "mdy" and found[2] != "." and first <= 12)
        day, month = (second, first) if month_first else (first, second)
        year = found[4] if len(found[4]) == 4 else f"{'19' if int(found[4]) >= 70 else '20'}{found[4]}"
        return _iso(year, str(month), str(day))
    if found := _DAY_FIRST.fullmatch(text):
        return _iso(found[3], _MONTHS.get(found[2].casefold(), 0), found[1])
    if found := _MONTH_FIRST.fullmatch(text):
        return _iso(found[3], _MONTHS.get(found[1].casefold(), 0), found[2])
    return None


def _datetime(text: str, style: Style) -> str:
    if (whole := _date(text, style)) is not None:
        return f"{whole}T00:00"
    found = _TIME.fullmatch(text.strip())
    day = _date(found[1], style) if found else None
    if found is None or day is None:
        return text
    hour = int(found[2]) % 12 + (12 if found[5][0] in "Pp" else 0) if found[5] else int(found[2])
    seconds = f":{found[4]}" if found[4] else ""
    return f"{day}T{hour:02}:{found[3]}{seconds}{found[6] or ''}"


def _iso(year: str, month: str | int, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
