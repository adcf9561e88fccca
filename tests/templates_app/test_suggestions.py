"""What a finding or a refusal suggests is done here, and then nothing is found any more."""

from typing import Any

import pytest

from templates_app.duplicates import duplicates
from templates_app.errors import DoesNotFit
from tests.templates_app.labels import PT360, canvas, definition, findings, rendered

QR = {"kind": "barcode", "name": "code", "value": "https://label.invalid/1"}


def text(content: str = "Text", **more: Any) -> dict[str, Any]:
    return {"kind": "text", "name": "t", "text": content, **more}


def suggestion(*elements: dict[str, Any], **more: Any) -> dict[str, str]:
    """By the code of the finding; a refusal has the code “refused”."""
    made = definition(*elements, **more)
    try:
        return {f.code: f.suggestion for f in findings(made)}
    except DoesNotFit as error:
        return {"refused": str(error.extra["suggestion"])}


LONG = "https://inventory.example.invalid/asset/100042?x=1"


@pytest.mark.parametrize(
    ("label", "wrong", "code", "said", "changes"),
    [
        ({}, {"level": "H", "value": LONG}, "refused", "Error correction L fits.", {"level": "L"}),
        ({"media": "tze:9"}, {"value": LONG[:40]}, "refused", "A DataMatrix fits.", {"symbology": "datamatrix"}),
        (
            {"length": 40},
            {"symbology": "code128", "value": "A" * 40},
            "refused",
            "A QR code fits.",
            {"symbology": "qr"},
        ),
        ({}, {"symbology": "code128", "value": "日本"}, "refused", "A QR code fits.", {"symbology": "qr"}),
        (
            {"media": "tze:3.5"},
            {"symbology": "code128", "value": "A", "readable": True, "height": 3},
            "refused",
            "Use a larger label or a shorter value.",
            None,
        ),
        ({}, {"value": "x" * 300}, "refused", "Use a larger label or a shorter value.", {"value": "short"}),
        (
            {"media": "dk:62"},
            {"min_module": 0.08, "module_dots": 1},
            "small-module",
            "Leave out min_module and module_dots: larger modules fit.",
            {"min_module": None, "module_dots": None},
        ),
        ({}, {"min_module": 0.08, "width": 4}, "small-module", "Use a larger label or a shorter value.", {"width": 9}),
        (
            {"media": "dk:29x90", "orientation": "along"},
            {"quiet": 0},
            "quiet-zone",
            "Leave out its quiet: the standard's is kept then.",
            {"quiet": None},
        ),
    ],
)
def test_codes(
    label: dict[str, Any], wrong: dict[str, Any], code: str, said: str, changes: dict[str, Any] | None
) -> None:
    bad = {**QR, **wrong}
    assert suggestion(bad, **label) == {code: said}
    if changes is not None:
        better = {name: value for name, value in {**bad, **changes}.items() if value is not None}
        assert suggestion(better, **label) == {}


def test_what_covers_a_code_is_named() -> None:
    said = "Move “t” away from it."
    found = suggestion(QR, text(x=2))
    assert (found["covered"], found["unreadable"]) == (said, said)
    assert suggestion(QR, text(x=14)) == {}


def test_how_much_a_code_wants_around_it() -> None:
    assert suggestion({**QR, "quiet": 0}, text(x=8)) == {"quiet-zone": "Keep 1.1 mm free around it."}
    # The code is 25 modules of 2 dots wide, 7.1 mm.
    assert suggestion({**QR, "quiet": 0}, text(x=7.1 + 1.2)) == {}


@pytest.mark.parametrize("model", ["", PT360])
@pytest.mark.parametrize("size", [0.6, 0.9, 1.2, 1.5])
def test_small_text(size: float, model: str) -> None:
    [found] = findings(definition(text(size=size)), on=canvas("tze:12", model))
    assert found.code == "small-text"
    size = float(found.suggestion.removeprefix("Set its size to ").removesuffix("."))
    assert findings(definition(text(size=size)), on=canvas("tze:12", model)) == []


def test_small_text_that_was_shrunk() -> None:
    shrunk = {"size": 3, "overflow": "shrink", "min_size": 0.6}
    assert suggestion(text("small " * 8, **shrunk), length=25) == {"small-text": "Shorten it or use a larger label."}
    assert suggestion(text("small", **shrunk), length=25) == {}
    assert suggestion(text("small " * 8, **shrunk), length=60) == {}


def test_text_without_room() -> None:
    said = {"refused": "Shorten it, or use a wider or longer label."}
    assert suggestion(text("A" * 20), length=30) == said
    assert suggestion(text("A" * 5), length=30) == {}
    assert suggestion(text("A" * 20), length=90) == {}


def test_a_font_that_is_not_there() -> None:
    assert suggestion(text(font="nope")) == {"refused": 'Add it under Fonts, or use "sans".'}
    assert suggestion(text(font="sans")) == {}


def test_what_no_font_has() -> None:
    assert suggestion(text("a\u13a0")) == {"missing-glyph": "Write it differently, or add a font that has it."}
    assert suggestion(text("a")) == {}


def test_a_blank_label() -> None:
    made = definition(text("{a}"), fields=[{"name": "a"}])
    assert [f.suggestion for f in findings(made)] == ["Fill in a field that is shown."]
    assert findings(made, {"a": "filled"}) == []


def test_a_round_label() -> None:
    box = {"kind": "box", "name": "b", "thickness": 1}
    assert suggestion(box, media="dk:d24") == {"off-medium": "Keep to its middle: use padding."}
    assert suggestion(box, media="dk:d24", padding=5) == {}


def test_more_tape_than_allowed() -> None:
    assert suggestion(text("A" * 40), tape_limit=0.05) == {"too-much-tape": "Shorten what is on it."}
    assert suggestion(text("A"), tape_limit=0.05) == {}


def test_beyond_the_label() -> None:
    box = {"kind": "box", "name": "b", "width": 5, "height": 20}
    row = {"kind": "group", "name": "g", "elements": [box]}
    assert suggestion(row) == {"refused": "Make it smaller or use a larger label."}
    assert suggestion(row, media="tze:24") == {"refused": "Make it smaller or use a larger label."}
    assert suggestion({**row, "elements": [{**box, "height": 5}]}) == {}


def test_a_value_that_repeats() -> None:
    made = definition(text("{a}"), fields=[{"name": "a", "unique": True}])
    rows = [{"a": "1"}, {"a": "2"}, {"a": "1"}]
    [found] = duplicates(made, enumerate(rows, start=1))
    assert found.finding.suggestion == "Give each label its own value, or leave one of the rows out."
    assert list(duplicates(made, enumerate([*rows[:2], {"a": "3"}], start=1))) == []
    assert list(duplicates(made, enumerate(rows[:2], start=1))) == []


def test_a_cable_that_is_too_thick() -> None:
    flag = {"kind": "flag", "name": "f", "diameter": 20, "elements": [text()]}
    with pytest.raises(DoesNotFit, match=r"Use a longer label\."):
        rendered(definition(flag, length=50))
    assert findings(definition(flag, length=100)) == []
