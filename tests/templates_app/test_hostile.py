"""Templates are made by people: nothing in one may read, loop, stall or fill the memory."""

import base64
import io
import struct
import time
import zlib
from typing import Any

import pytest
from PIL import Image

from printers.errors import HubError
from templates_app.definition import parse
from templates_app.errors import InvalidDefinition
from tests.templates_app.labels import canvas, definition, rendered


def bounded(run: Any, seconds: float = 5.0) -> Any:
    started = time.perf_counter()
    try:
        return run()
    finally:
        assert time.perf_counter() - started < seconds


def nested(depth: int, leaf: dict[str, Any]) -> dict[str, Any]:
    found = leaf
    for _ in range(depth):
        found = {"kind": "group", "elements": [found]}
    return found


@pytest.mark.parametrize("depth", [9, 60, 400, 5000])
def test_deep_nesting_is_refused(depth: int) -> None:
    with pytest.raises(InvalidDefinition):
        bounded(lambda: definition(nested(depth, {"kind": "text", "text": "x"})))


def test_groups_that_repeat_in_groups_that_repeat_are_bounded() -> None:
    inner: dict[str, Any] = {"kind": "text", "text": "{item}", "size": 0.5, "min_size": 0.5}
    for n in range(6):
        inner = {"kind": "group", "name": f"g{n}", "repeat": {"field": "v", "limit": 50}, "elements": [inner]}
    made = definition(inner, fields=[{"name": "v", "many": True}])
    with pytest.raises(HubError, match="more than 600 elements"):
        bounded(lambda: rendered(made, {"v": ["x"] * 200}))


def test_too_many_elements_are_refused() -> None:
    group = {"kind": "group", "elements": [{"kind": "text", "text": "x"} for _ in range(100)]}
    with pytest.raises(InvalidDefinition, match="200 elements"):
        definition(group, group, group)


@pytest.mark.parametrize(
    "attributes",
    [{"size": 301}, {"size": 1e308}, {"width": 1e9}, {"x": -1e9}, {"line_height": 1e6}, {"min_size": 0}],
)
def test_huge_numbers_are_refused(attributes: dict[str, Any]) -> None:
    with pytest.raises(InvalidDefinition):
        definition({"kind": "text", "text": "x", **attributes})


def test_the_largest_label_is_bounded() -> None:
    long = {"kind": "text", "text": "{v}", "size": "fit", "wrap": True}
    made = definition(long, media="dk:62", length=1000, fields=[{"name": "v", "type": "text", "max_length": 4000}])
    rendering = bounded(lambda: rendered(made, {"v": "W" * 4000}), 20)
    assert rendering.raster.lines == 11811


def test_a_text_that_cannot_fit_is_refused_soon() -> None:
    made = definition(
        {"kind": "text", "text": "{v}{v}{v}", "size": "fit", "wrap": True},
        length=20, fields=[{"name": "v", "type": "text", "max_length": 4000}],
    )  # fmt: skip
    with pytest.raises(HubError, match="does not fit"):
        bounded(lambda: rendered(made, {"v": "word " * 800}))


def test_a_pattern_cannot_stall() -> None:
    made = definition({"kind": "text", "text": "x"}, fields=[{"name": "v", "pattern": "(a+)+b"}])
    with pytest.raises(HubError, match="does not match"):
        bounded(lambda: rendered(made, {"v": "a" * 900}), 2)


@pytest.mark.parametrize("text", ["{v.__class__.__mro__}", "{v:{v}}", "{{% load x %}}", "{v|attr('x')}", "%(v)s"])
def test_no_format_string_reaches_an_object(text: str) -> None:
    try:
        made = definition({"kind": "text", "name": "t", "text": text}, fields=[{"name": "v"}])
    except InvalidDefinition:
        return
    shown = rendered(made, {"v": "x"}).elements[0].details["text"]
    assert shown == text.replace("{{", "{").replace("}}", "}")


def _bomb(side: int) -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


@pytest.mark.parametrize("side", [7000, 60_000, 2_000_000_000])
def test_a_picture_bomb_is_refused_before_it_is_unpacked(side: int) -> None:
    with pytest.raises(InvalidDefinition):
        bounded(lambda: definition({"kind": "image", "data": _bomb(side)}), 1)


def test_a_damaged_picture_is_a_sentence() -> None:
    out = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(out, "PNG")
    torn = base64.b64encode(out.getvalue()[:-900]).decode()
    with pytest.raises(InvalidDefinition, match="damaged"):
        definition({"kind": "image", "data": torn})


def test_other_picture_formats_are_refused() -> None:
    out = io.BytesIO()
    Image.new("L", (4, 4)).save(out, "GIF")
    with pytest.raises(InvalidDefinition, match="no PNG or JPEG"):
        definition({"kind": "image", "data": base64.b64encode(out.getvalue()).decode()})


def test_control_characters_and_lone_surrogates_do_no_harm() -> None:
    made = definition({"kind": "text", "name": "t", "text": "{v}"}, fields=[{"name": "v"}])
    assert rendered(made, {"v": "a\x00\x1b\u202e b"}).elements[0].name == "t"


def test_unknown_kinds_of_document_are_refused() -> None:
    documents: tuple[Any, ...] = (None, 3, [], "", "null", {"elements": "x"}, {"elements": [1]}, {"elements": {"a": 1}})
    for given in documents:
        with pytest.raises(InvalidDefinition):
            parse(given)


def test_a_barcode_on_the_widest_roll_is_bounded() -> None:
    made = definition({"kind": "barcode", "value": "{v}"}, media="dk:62", fields=[{"name": "v", "max_length": 2900}])
    rendering = bounded(lambda: rendered(made, {"v": "1" * 2900}, canvas("dk:62")))
    assert rendering.elements[0].details["module_mm"] >= 0.25
