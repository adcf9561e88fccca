"""The closed list of filters that a value may pass through."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

FilterArgument = int | str
WIDEST = 200


def as_text(value: object) -> str:
    """How a value reads where no filter says otherwise."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (list, tuple)):
        return ", ".join(as_text(v) for v in value)
    return str(value)


def shift(value: date, amount: int, unit: str) -> date:
    """`value` moved by days, weeks, months, years or hours; the 31st becomes the last day of a shorter month."""
    try:
        if unit in {"m", "y"}:
            months = value.year * 12 + value.month - 1 + amount * (12 if unit == "y" else 1)
            year, month = divmod(months, 12)
            return value.replace(
                year=year, month=month + 1, day=min(value.day, calendar.monthrange(year, month + 1)[1])
            )
        return value + timedelta(**{{"d": "days", "w": "weeks", "h": "hours"}[unit]: amount})
    except (ValueError, OverflowError):
        return date.max if amount > 0 else date.min


_DATE_TOKENS: dict[str, Callable[[date], str]] = {
    "YYYY": lambda d: f"{d.year:04d}",
    "YY": lambda d: f"{d.year % 100:02d}",
    "MM": lambda d: f"{d.month:02d}",
    "DD": lambda d: f"{d.day:02d}",
    "WW": lambda d: f"{d.isocalendar().week:02d}",
    "HH": lambda d: f"{getattr(d, 'hour', 0):02d}",
    "mm": lambda d: f"{getattr(d, 'minute', 0):02d}",
    "ss": lambda d: f"{getattr(d, 'second', 0):02d}",
}
_DATE_TOKEN = re.compile("|".join(_DATE_TOKENS))


def _date(value: object, form: str = "YYYY-MM-DD") -> object:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if not isinstance(value, date):
        return value
    moment = value
    return _DATE_TOKEN.sub(lambda m: _DATE_TOKENS[m[0]](moment), form)


def _number(value: object, decimals: int = 0, point: str = ".", thousands: str = "") -> object:
    if value is None or value == "":
        return value
    try:
        number = Decimal(as_text(value))
        number = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    except InvalidOperation:
        return value
    text = f"{number:,.{decimals}f}"
    return text.replace(",", "\0").replace(".", point).replace("\0", thousands)


def _pad(value: object, width: int, character: str | int = "0") -> str:
    text, fill = as_text(value), str(character)
    return text.ljust(-width, fill) if width < 0 else text.rjust(width, fill)


def _slice(value: object, start: int, end: int | None = None) -> str:
    return as_text(value)[start:end]


@dataclass(frozen=True, slots=True)
class Filter:
    """`kinds` are the types of its arguments in order; the first `needed` must be given."""

    run: Callable[..., object]
    kinds: tuple[type, ...] = ()
    needed: int = 0
    usage: str = ""

    def check(self, arguments: tuple[FilterArgument, ...]) -> None:
        fits = self.needed <= len(arguments) <= len(self.kinds)
        fits = fits and all(isinstance(a, k) or k is str for a, k in zip(arguments, self.kinds, strict=False))
        if not fits:
            raise ValueError(f"write the filter as |{self.usage}")
        if any(isinstance(a, int) and abs(a) > WIDEST for a in arguments):
            raise ValueError(f"a number in |{self.usage} is at most {WIDEST}")
        if self.run is _number and arguments and not 0 <= int(arguments[0]) <= 12:
            raise ValueError("|number takes 0 to 12 decimals")
        if self.run is _pad and len(arguments) > 1 and len(str(arguments[1])) != 1:
            raise ValueError("|pad fills with exactly one character")

    def apply(self, value: object, arguments: tuple[FilterArgument, ...]) -> object:
        converted = [str(a) if k is str else a for a, k in zip(arguments, self.kinds, strict=False)]
        return self.run(value, *converted)


FILTERS: dict[str, Filter] = {
    "upper": Filter(lambda v: as_text(v).upper(), usage="upper"),
    "lower": Filter(lambda v: as_text(v).lower(), usage="lower"),
    "title": Filter(lambda v: as_text(v).title(), usage="title"),
    "trim": Filter(lambda v: as_text(v).strip(), usage="trim"),
    "pad": Filter(_pad, (int, str), 1, "pad(6) or pad(6, '0')"),
    "date": Filter(_date, (str,), 0, "date(DD.MM.YYYY)"),
    "number": Filter(_number, (int, str, str), 0, "number(2) or number(2, ',', '.')"),
    "default": Filter(lambda v, other: v if as_text(v) else other, (str,), 1, "default('text')"),
    "first": Filter(lambda v, n: as_text(v)[: max(n, 0)], (int,), 1, "first(8)"),
    "slice": Filter(_slice, (int, int), 1, "slice(2) or slice(2, 5)"),
}
