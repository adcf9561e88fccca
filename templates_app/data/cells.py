"""A spreadsheet's cell as the text that a person saw there."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"})
# Zeros with fixed signs between them, as in 00000, 000-000 or "A-"0000.
_ZEROS = re.compile(r'(?:"[^"]*"|\\.|[-/ ()]|0)+')
_PIECES = re.compile(r'"([^"]*)"|\\(.)|(.)', re.DOTALL)


def cell_text(cell: Any) -> tuple[str, str]:
    """The text and, where there is none to be had, why."""
    value = cell.value
    if value is None:
        return "", ""
    if getattr(cell, "data_type", "") == "e" or (isinstance(value, str) and value in _ERRORS):
        return "", _("the formula gives %(error)s") % {"error": value}
    if isinstance(value, str):
        return value, ""
    if isinstance(value, bool):
        return ("true" if value else "false"), ""
    form = str(getattr(cell, "number_format", "") or "General")
    if isinstance(value, (int, float)):
        return number_text(value, form), ""
    return _moment_text(value, form), ""


def number_text(value: int | float, form: str) -> str:
    """As the format writes it where that adds zeros, decimals or a percent sign; otherwise plain, with a point."""
    section = re.sub(r"\[[^\]]*\]|_.|\*.", "", form.split(";")[0]).strip()
    percent = section.endswith("%")
    number = Decimal(f"{value:.15g}") * (100 if percent else 1)
    pattern = section.removesuffix("%").strip()
    if "0" in pattern and _ZEROS.fullmatch(pattern) and number == number.to_integral_value() and number >= 0:
        shown = _with_zeros(int(number), pattern)
    elif decimals := re.fullmatch(r"(?:#,##)?0\.(0+)", pattern):
        shown = f"{number:.{len(decimals[1])}f}"
    else:
        shown = _plain(number)
    return f"{shown}%" if percent else shown


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _with_zeros(number: int, pattern: str) -> str:
    pieces = [(quoted or escaped or plain, not plain) for quoted, escaped, plain in _PIECES.findall(pattern)]
    width = sum(text == "0" and not fixed for text, fixed in pieces)
    digits = list(str(number).rjust(width, "0"))
    shown = ""
    for text, fixed in reversed(pieces):
        shown = (text if fixed or text != "0" else digits.pop()) + shown
        if text == "0" and not fixed:
            width -= 1
            if not width:
                # More digits than zeros stand where the first zero is.
                shown = "".join(digits) + shown
                digits = []
    return shown


def _moment_text(value: object, form: str) -> str:
    if isinstance(value, datetime):
        whole_day = value.time() == time(0) and not re.search(r"[hs]", re.sub(r'"[^"]*"', "", form.lower()))
        return value.date().isoformat() if whole_day else _to_minutes(value.isoformat())
    if isinstance(value, time):
        return _to_minutes(value.isoformat())
    if isinstance(value, (date, timedelta)):
        return value.isoformat() if isinstance(value, date) else str(value)
    return str(value)


def _to_minutes(text: str) -> str:
    return re.sub(r"(\d\d:\d\d):00(?:\.0+)?$", r"\1", text)
