from dataclasses import replace
from typing import Any

import pytest
from PIL import ImageDraw

from printers.raster import Raster
from templates_app.lint import lint
from templates_app.rendering import resolve
from tests.templates_app.labels import canvas, definition, findings, rendered

QR = {"kind": "barcode", "name": "code", "value": "https://example.org/1"}


def codes(*elements: dict[str, Any], **more: Any) -> list[tuple[str, str, str]]:
    return [(f.severity, f.element, f.code) for f in findings(definition(*elements, **more))]


def test_a_good_label_has_no_findings() -> None:
    assert codes(QR, {"kind": "text", "text": "fine", "x": 14}) == []


def damaged(rectangle: tuple[int, int, int, int], fill: int) -> list[tuple[str, str]]:
    made = definition(QR, length=30)
    rendering = rendered(made)
    black = rendering.raster.black.copy()
    ImageDraw.Draw(black).rectangle(rectangle, fill)
    changed = replace(rendering, raster=Raster(black))
    return [(f.severity, f.code) for f in lint(changed, made, resolve(made, {}))]


def test_it_reads_the_dots_and_not_the_definition() -> None:
    assert damaged((0, 0, 40, 69), 255) == [("error", "covered"), ("error", "unreadable")]


def test_dots_over_a_code_are_seen_though_it_still_reads() -> None:
    assert ("error", "covered") in damaged((25, 24, 25, 40), 0)


@pytest.mark.parametrize(("limit", "found"), [(0.033, [("error", "", "too-much-tape")]), (0.05, [])])
def test_more_tape_than_the_template_allows(limit: float, found: list[Any]) -> None:
    assert codes({"kind": "text", "text": "fine"}, length=30, tape_limit=limit) == found


def test_ink_in_the_quiet_zone_is_seen() -> None:
    assert damaged((53, 10, 54, 60), 0) == [("warning", "quiet-zone")]


def test_something_drawn_over_a_code_is_an_error() -> None:
    line = {"kind": "line", "name": "l", "y": 4, "length": 20, "thickness": 1}
    assert ("error", "code", "covered") in codes(QR, line)


def test_a_quiet_zone_cut_by_the_edge_is_a_warning() -> None:
    tight = {**QR, "quiet": 0}
    assert codes(tight, media="dk:29x90", orientation="along") == [("warning", "code", "quiet-zone")]


def test_neighbours_keep_out_of_the_quiet_zone_on_their_own() -> None:
    row = {
        "kind": "group",
        "name": "g",
        "gap": 0,
        "elements": [QR, {"kind": "text", "name": "t", "text": "beside"}, {**QR, "name": "two"}],
    }
    assert codes(row) == []


def test_small_text_is_a_warning_with_its_height() -> None:
    found = findings(definition({"kind": "text", "name": "t", "text": "small", "size": 1.2}))
    assert [(f.severity, f.code) for f in found] == [("warning", "small-text")]
    assert "0.9 mm" in found[0].message


def test_a_character_without_a_glyph_is_named() -> None:
    found = findings(definition({"kind": "text", "name": "t", "text": "a\U0001f9c0\u13a0"}))
    assert [(f.severity, f.element, f.code) for f in found] == [("error", "t", "missing-glyph")]
    assert "U+13A0" in found[0].message


def test_such_a_character_is_left_out_and_never_a_box() -> None:
    with_it, without = (rendered(definition({"kind": "text", "text": words})) for words in ("ab\u13a0c", "abc"))
    assert with_it.raster.png == without.raster.png


def test_characters_that_have_no_shape_need_no_font() -> None:
    words = "a\u00ad\u200b\u200db\ufe0f\u2066\x9fc"
    assert codes({"kind": "text", "text": words}) == []
    plain = rendered(definition({"kind": "text", "text": "abc"}))
    assert rendered(definition({"kind": "text", "text": words})).raster.png == plain.raster.png


def test_scripts_that_need_shaping_are_warned_of() -> None:
    assert ("warning", "t", "complex-script") in codes({"kind": "text", "name": "t", "text": "مرحبا"})


def test_a_blank_label_is_an_error() -> None:
    assert codes({"kind": "text", "text": " "}) == [("error", "", "blank")]


def test_ink_outside_a_round_label_is_an_error() -> None:
    box = {"kind": "box", "name": "b", "thickness": 1}
    assert codes(box, media="dk:d24") == [("error", "", "off-medium")]
    assert codes({"kind": "text", "text": "mid", "anchor": "center"}, media="dk:d24") == []


def test_modules_below_what_phones_read_are_a_warning_where_the_template_insists() -> None:
    fine = {**QR, "min_module": 0.08, "module_dots": 1}
    assert [c for _, _, c in codes(fine, media="dk:62")] == ["small-module"]


def test_a_serial_that_is_only_an_example_is_mentioned() -> None:
    made = definition({"kind": "text", "text": "{serial:box}"}, counters={"box": {}})
    assert [(f.severity, f.code) for f in findings(made)] == [("info", "serial")]
    assert findings(made, {"serial:box": "7"}) == []


@pytest.mark.parametrize("colour", ["red", "black"])
def test_red_codes_are_read_from_the_red_plane(colour: str) -> None:
    made = definition({**QR, "colour": colour, "max_module": 0.8}, media="dk:62red")
    assert findings(made) == []


def test_white_codes_on_ink_are_read_too() -> None:
    box = {"kind": "box", "name": "b", "fill": "black", "width": 40, "height": 40}
    made = definition(box, {**QR, "colour": "white", "x": 8, "y": 8, "width": 24}, media="dk:62", length=50)
    assert [f.code for f in findings(made, on=canvas("dk:62")) if f.code in {"unreadable", "misread"}] == []
