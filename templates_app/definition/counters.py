"""How a serial number is written: `{serial:NAME}` in values, `[counters.NAME]` in the definition."""

from typing import Literal

from pydantic import Field, model_validator

from templates_app.elements.base import Strict
from templates_app.elements.symbols import check_digit

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Counter(Strict):
    prefix: str = Field("", max_length=40)
    suffix: str = Field("", max_length=40)
    width: int = Field(1, ge=1, le=18, description="Filled with zeros from the left")
    base: int = Field(10, ge=2, le=36)
    start: int = Field(1, ge=0, le=10**15)
    step: int = Field(1, ge=1, le=10**6)
    check: Literal["none", "gs1", "luhn"] = "none"

    @model_validator(mode="after")
    def _check_digit_is_decimal(self) -> "Counter":
        if self.check != "none" and self.base != 10:
            raise ValueError("check digits are for base 10")
        return self


def format_serial(counter: Counter, number: int) -> str:
    digits = ""
    rest = number
    while rest or not digits:
        rest, digit = divmod(rest, counter.base)
        digits = DIGITS[digit] + digits
    digits = digits.rjust(counter.width, "0")
    if counter.check == "gs1":
        digits += check_digit(digits)
    elif counter.check == "luhn":
        digits += luhn_digit(digits)
    return f"{counter.prefix}{digits}{counter.suffix}"


def luhn_digit(digits: str) -> str:
    """ISO/IEC 7812-1 annex B."""
    doubled = (int(d) * 2 if n % 2 == 0 else int(d) for n, d in enumerate(reversed(digits)))
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)
