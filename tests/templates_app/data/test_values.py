from typing import Any

import pytest

from templates_app.data.values import Style, field_text, guess_style
from templates_app.definition import Field

COMMA, AMERICAN = Style(","), Style(".", "mdy")


@pytest.mark.parametrize(
    ("kind", "text", "style", "wanted"),
    [
        ("decimal", "1.234,5", Style(), "1234.5"),
        ("decimal", "12,5", Style(), "12.5"),
        ("decimal", "0,125", Style(), "0.125"),
        ("decimal", "1,234", Style(), "1234"),
        ("decimal", "1,234", COMMA, "1.234"),
        ("decimal", "1 234,50 €", Style(), "1234.50"),
        ("decimal", "1'234.50", Style(), "1234.50"),
        ("decimal", "-12,50", Style(), "-12.50"),
        ("decimal", "twelve", Style(), "twelve"),
        ("integer", "1.234.567", Style(), "1234567"),
        ("integer", "0007", Style(), "0007"),
        ("string", "0007", Style(), "0007"),
        ("string", "12,5", Style(), "12,5"),
        ("date", "21.11.2026", AMERICAN, "2026-11-21"),
        ("date", "21.11.26", Style(), "2026-11-21"),
        ("date", "1/2/2026", Style(), "2026-02-01"),
        ("date", "1/2/2026", AMERICAN, "2026-01-02"),
        ("date", "11/21/2026", Style(), "2026-11-21"),
        ("date", "21. Dezember 2026", Style(), "2026-12-21"),
        ("date", "Nov 21, 2026", Style(), "2026-11-21"),
        ("date", "2026-11-21 00:00:00", Style(), "2026-11-21"),
        ("date", "31.02.2026", Style(), "31.02.2026"),
        ("datetime", "21.11.2026 14:30", Style(), "2026-11-21T14:30"),
        ("datetime", "11/21/2026 2:30 PM", Style(), "2026-11-21T14:30"),
        ("datetime", "2026-11-21T14:30:00+02:00", Style(), "2026-11-21T14:30:00+02:00"),
        ("datetime", "21.11.2026", Style(), "2026-11-21T00:00"),
        ("boolean", "Ja", Style(), "true"),
        ("boolean", "nein", Style(), "false"),
        ("boolean", "perhaps", Style(), "perhaps"),
    ],
)
def test_what_people_write(kind: Any, text: str, style: Style, wanted: str) -> None:
    assert field_text(Field.model_validate({"name": "x", "type": kind}), text, style) == wanted


def test_choices_are_found_in_any_case() -> None:
    assert (
        field_text(
            Field.model_validate({"name": "x", "type": "choice", "choices": ["Spare", "In use"]}), "in USE", Style()
        )
        == "In use"
    )


def test_lists_come_in_lines_or_between_semicolons() -> None:
    field = Field.model_validate({"name": "x", "type": "decimal", "many": True})
    assert field_text(field, "1,5; 2,5", Style()) == "1.5\n2.5"
    assert field_text(field, "1\n\n2", Style()) == "1\n2"


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["7", "1.234"], Style()),
        (["1.234", "12,5"], COMMA),
        (["1,234.5"], Style()),
        (["1.234.567"], COMMA),
        (["1/2/2026", "11/21/2026"], AMERICAN),
        (["21/11/2026"], Style()),
    ],
)
def test_the_style_is_read_from_what_has_one_meaning(cells: list[str], wanted: Style) -> None:
    assert guess_style(cells, Style()) == wanted


def test_a_style_that_nothing_tells_is_the_readers() -> None:
    assert guess_style(["1,234", "1/2/2026"], Style(",", "mdy")) == Style(",", "mdy")
