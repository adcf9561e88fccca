from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates_app.expressions import MAX_LENGTH, Scope, evaluate, parse_expression

NOW = datetime(2026, 1, 31, 9, 5, tzinfo=UTC)


def scope(**values: object) -> Scope:
    return Scope(values, NOW, {"box": "B-007"})


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("{name}", "Drill"),
        ("{{{name}}}", "{Drill}"),
        ("{name|upper}", "DRILL"),
        ("{name|lower|title}", "Drill"),
        ("{missing|default('none')}", "none"),
        ('{missing|default("a, (b) | c")}', "a, (b) | c"),
        ("{n|pad(5)}", "00042"),
        ("{n|pad(-5, '.')}", "42..."),
        ("{name|first(2)}", "Dr"),
        ("{name|slice(1, 3)}", "ri"),
        ("{name|slice(-2)}", "ll"),
        ("{price|number(2)}", "1234.50"),
        ("{price|number(2, ',', '.')}", "1.234,50"),
        ("{price}", "1234.495"),
        ("{day|date(DD.MM.YY)}", "28.02.24"),
        ("{day + 1y|date(YYYY-MM-DD)}", "2025-02-28"),
        ("{today}", "2026-01-31"),
        ("{today + 1m}", "2026-02-28"),
        ("{today - 1d}", "2026-01-30"),
        ("{today + 2w|date(DD.MM.YYYY)}", "14.02.2026"),
        ("{now + 2h|date(HH:mm)}", "11:05"),
        ("{serial:box}", "B-007"),
        ("{many}", "a, b"),
        ("{yes}", "yes"),
        ("{ name | trim }", "Drill"),
    ],
)
def test_it_works(text: str, result: str) -> None:
    values = scope(
        name="Drill", n=42, price=Decimal("1234.495"), day=date(2024, 2, 28), many=["a", "b"], yes=True, missing=None
    )
    assert evaluate(text, values) == result


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{name", "single “{”"),
        ("name}", "single “}”"),
        ("{}", "names no field"),
        ("{name.__class__}", "is no filter"),
        ("{name[0]}", "is no filter"),
        ("{0}", "names no field"),
        ("{name!r}", "is no filter"),
        ("{name:>1000000000}", "is no filter"),
        ("{name|shout}", "there is no filter “shout”"),
        ("{name|pad}", "write the filter as |pad"),
        ("{name|pad(999999)}", "at most 200"),
        ("{name|pad(5, 'ab')}", "exactly one character"),
        ("{name|number(99)}", "0 to 12"),
        ("{name|first('a')}", "write the filter as |first"),
        ("{name" * 100 + "}" * 100, "single"),
        ("x" * (MAX_LENGTH + 1), "4000 characters"),
        ("{a}" * 61, "60 placeholders"),
    ],
)
def test_it_refuses(text: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_expression(text)
    assert said in str(refused.value)


def test_dates_beyond_the_calendar_stay_in_it() -> None:
    assert evaluate("{day + 99999y}", scope(day=date(2024, 1, 1))) == "9999-12-31"
    assert evaluate("{day - 99999d}", scope(day=date(2, 1, 1))) == "0001-01-01"


@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused_with_a_sentence(text: str) -> None:
    try:
        parse_expression(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either is fine, a traceback is not


@given(st.text(max_size=200))
def test_values_are_never_expressions(value: str) -> None:
    assert evaluate("{name}", scope(name=value)) == value
