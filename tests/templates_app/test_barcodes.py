"""Every symbology is read back from the dots that would be burnt, by zxing-cpp and on whole labels."""

from typing import Any

import numpy as np
import pytest
import zxingcpp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from printers.media import Canvas
from templates_app.elements.symbols import SYMBOLOGIES, canonical
from templates_app.errors import DoesNotFit
from tests.templates_app.labels import PT360, canvas, definition, findings, rendered

DIGITS = st.text("0123456789", min_size=1, max_size=14)
LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20)
ANY = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), max_codepoint=0xFFFF), min_size=1, max_size=16)
PAYLOADS: dict[str, st.SearchStrategy[str]] = {
    "qr": ANY,
    "microqr": DIGITS,
    "rmqr": LATIN,
    "datamatrix": ANY,
    "aztec": LATIN,
    "pdf417": LATIN,
    "code128": LATIN,
    "code39": st.text("ABCXYZ0123456789-. $/+%", min_size=1, max_size=10),
    "ean13": st.text("0123456789", min_size=12, max_size=12),
    "ean8": st.text("0123456789", min_size=7, max_size=7),
    "upca": st.text("0123456789", min_size=11, max_size=11),
    "itf": st.text("0123456789", min_size=6, max_size=14),
    "codabar": st.text("0123456789-$:/.+", min_size=3, max_size=10).map(lambda s: f"A{s}B"),
}
CANVASES = {
    "PT": canvas("tze:24"),
    "PT high resolution": canvas("tze:24", high_resolution=True),
    "PT 360": canvas("tze:36", PT360),
    "QL": canvas("dk:62"),
    "QL high resolution": canvas("dk:62", high_resolution=True),
}


def barcode(symbology: str, **more: Any) -> dict[str, Any]:
    return {"kind": "barcode", "name": "code", "symbology": symbology, "value": "{v}", **more}


def made(symbology: str, medium: str, **more: Any) -> Any:
    element = barcode(symbology, anchor="center", max_module=0.6, **more)
    return definition(element, media=medium, fields=[{"name": "v", "type": "text"}], min_length=40)


def read(canvas_: Canvas, rendering: Any, symbology: str) -> str:
    """What an independent look at the whole label finds, dots made square first."""
    image = np.asarray(rendering.raster.black).astype(np.uint8) * 255
    times = canvas_.dpi_along // canvas_.dpi_across
    image = np.repeat(np.repeat(image, 2 * times, axis=0), 2, axis=1)
    image = np.pad(image, 60, constant_values=255)
    formats = zxingcpp.BarcodeFormats(SYMBOLOGIES[symbology].format)
    found = zxingcpp.read_barcode(image, formats=formats, text_mode=zxingcpp.TextMode.Plain)
    assert found is not None
    return str(found.text)


@pytest.mark.parametrize("on", CANVASES)
@pytest.mark.parametrize("symbology", PAYLOADS)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_it_reads_back(symbology: str, on: str, data: st.DataObject) -> None:
    payload = data.draw(PAYLOADS[symbology])
    # Blank ends are no part of a value that people can see.
    assume(payload.strip() == payload)
    target = CANVASES[on]
    label = made(symbology, target.medium.key)
    rendering = rendered(label, {"v": payload}, target)
    expected = canonical(SYMBOLOGIES[symbology], payload)
    assert read(target, rendering, symbology) == ("0" + expected if symbology == "upca" else expected)
    assert [f.message for f in findings(label, {"v": payload}, target) if f.severity == "error"] == []


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("orientation", ["along", "across"])
@pytest.mark.parametrize("high_resolution", [False, True])
@pytest.mark.parametrize("symbology", ["qr", "datamatrix", "code128"])
def test_it_reads_back_turned(symbology: str, high_resolution: bool, orientation: str, rotate: int) -> None:
    element = barcode(symbology, anchor="center", max_module=0.4, rotate=rotate)
    label = definition(element, media="dk:62", orientation=orientation, fields=[{"name": "v"}], min_length=45)
    assert findings(label, {"v": "ABC-12"}, canvas("dk:62", high_resolution=high_resolution)) == []


def test_modules_are_whole_dots_also_in_high_resolution() -> None:
    for target in CANVASES.values():
        placed = next(e for e in rendered(made("qr", target.medium.key), {"v": "x"}, target).elements)
        across, down = placed.details["module_dots"]
        assert across / target.dpi_along == pytest.approx(down / target.dpi_across)
        assert (placed.box[2] % across, placed.box[3] % down) == (0, 0)


def test_a_code_too_dense_is_refused_with_what_would_fit() -> None:
    label = definition(barcode("qr"), media="tze:9", fields=[{"name": "v"}])
    with pytest.raises(DoesNotFit) as refused:
        rendered(label, {"v": "https://inventory.example.org/assets/12345"})
    assert "too dense for this label, it needs" in refused.value.detail
    assert refused.value.extra["suggestion"] == "A DataMatrix fits."
    assert refused.value.extra["element"] == "code"
    other = definition(barcode("datamatrix"), media="tze:9", fields=[{"name": "v"}])
    assert findings(other, {"v": "https://inventory.example.org/assets/12345"}) == []


def test_a_linear_code_too_long_is_refused() -> None:
    label = definition(barcode("code128"), media="tze:12", length=20, fields=[{"name": "v"}])
    with pytest.raises(DoesNotFit, match=r"Code 128 “code”: “ABCDEFGHIJ” needs [\d.]+ mm more width"):
        rendered(label, {"v": "ABCDEFGHIJ"})


@pytest.mark.parametrize(
    ("symbology", "value", "said"),
    [
        ("ean13", "4006381333930", "its check digit is 0, it should be 1"),
        ("ean13", "12", "takes 12 or 13 digits, this has 2"),
        ("ean8", "abc", "digits only"),
        ("code128", "日本", "ISO/IEC 8859-1 only"),
        ("codabar", "123", "does not begin with"),
        ("microqr", "x" * 60, "too long"),
        ("qr", "x" * 999, "too dense"),
    ],
)
def test_what_cannot_be_encoded_is_refused(symbology: str, value: str, said: str) -> None:
    label = definition(barcode(symbology), media="tze:12", fields=[{"name": "v"}])
    with pytest.raises(DoesNotFit) as refused:
        rendered(label, {"v": value})
    assert said in refused.value.detail
    assert "“code”" in refused.value.detail


def test_an_empty_value_draws_nothing() -> None:
    label = definition(barcode("qr"), {"kind": "text", "text": "x"}, media="tze:12", fields=[{"name": "v"}])
    assert [e.kind for e in rendered(label).elements] == ["text"]


def test_modules_have_the_dots_that_were_asked_for() -> None:
    for dots in (4, 7):
        rendering = rendered(
            definition(barcode("qr", module_dots=dots), media="dk:62", fields=[{"name": "v"}]), {"v": "1"}
        )
        assert rendering.elements[0].details["module_dots"] == (dots, dots)
        assert rendering.elements[0].box[2:] == (21 * dots, 21 * dots)


@pytest.mark.parametrize("level", ["L", "M", "Q", "H"])
def test_error_correction_is_what_was_asked_for(level: str) -> None:
    rendering = rendered(made("qr", "dk:62", level=level), {"v": "https://label.invalid/1"})
    image = np.pad(np.asarray(rendering.raster.black).astype(np.uint8) * 255, 60, constant_values=255)
    [found] = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    assert found.ec_level == level


def test_the_quiet_zone_is_the_standards_or_what_was_asked_for() -> None:
    for quiet, blank in ((None, 4), (9, 9)):
        more = {} if quiet is None else {"quiet": quiet}
        elements = [{"kind": "box", "name": "b", "fill": "black", "width": 2}, barcode("qr", module_dots=4, **more)]
        row = {"kind": "group", "name": "row", "gap": 0, "elements": elements}
        rendering = rendered(definition(row, media="dk:62", fields=[{"name": "v"}]), {"v": "1"})
        places = {e.name: e.box for e in rendering.elements}
        assert places["code"][0] - places["b"][0] - places["b"][2] == blank * 4


@pytest.mark.parametrize(
    ("symbology", "value", "letters"),
    [
        ("code128", "Abc-1", "Abc-1"), ("code39", "ABC-1", "ABC-1"), ("ean13", "400638133393", "4006381333931"),
        ("ean8", "1234567", "12345670"), ("upca", "03600029145", "036000291452"), ("itf", "123456", "123456"),
        ("codabar", "A123B", "A123B"),
    ],
)  # fmt: skip
def test_the_letters_below_are_what_a_reader_says(symbology: str, value: str, letters: str) -> None:
    label = made(symbology, "dk:62", readable=True)
    rendering = rendered(label, {"v": value})
    assert findings(label, {"v": value}) == []
    assert rendering.elements[0].details["payload"] == letters
    x, y, w, h = rendering.elements[0].box
    below = ~np.asarray(rendering.raster.black)[y + h :, max(0, x - 20) : x + w + 20]
    alone = rendered(definition({"kind": "text", "name": "t", "text": letters, "size": 1.8}, media="dk:62"))
    # The same letters as a text of that size, wherever they stand.
    assert below.sum() == (~np.asarray(alone.raster.black)).sum()


def test_the_caption_stands_below_the_bars() -> None:
    plain = rendered(made("ean13", "dk:62"), {"v": "400638133393"})
    captioned = rendered(made("ean13", "dk:62", readable=True), {"v": "400638133393"})
    assert captioned.elements[0].box[3] < plain.elements[0].box[3]
    assert findings(made("ean13", "dk:62", readable=True), {"v": "400638133393"}) == []
