"""What the public encoders send must come out as the picture that they were given."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from brother_ql.reader import BrotherQLReader
from PIL import Image, ImageChops

from printers.emulator.interpreter import Interpreter
from printers.emulator.media import load
from printers.emulator.pages import Page
from printers.media import find_medium, find_model, placement
from tests.printers.emulator import streams
from tests.printers.emulator.streams import brother_ql_stream, in_two_colours, picture, ptouch_stream, same


def printed(model: str, medium: str, stream: bytes) -> list[Page]:
    printer = find_model(model)
    loaded = load(printer, medium)
    interpreter = Interpreter(printer, lambda: loaded)
    pages = list(interpreter.feed(stream))
    assert not interpreter.unfinished
    return pages


def pictures(model: str, medium: str, lines: int, count: int = 1) -> list[Image.Image]:
    pins = placement(find_model(model), find_medium(medium)).pins
    return [picture(lines, pins, seed) for seed in range(count)]


PT = [
    (model, tape)
    for model in streams.PT_MODELS
    for tape in streams.PT_TAPES
    if not (tape.startswith("hse") and model == "pt-p910bt") and not (tape == "tze:36" and "p9" not in model)
]


@pytest.mark.parametrize(("model", "tape"), PT)
@pytest.mark.parametrize("options", [{}, {"compress": False}, {"high_resolution": True}, {"margin_mm": 20}])
def test_ptouch(model: str, tape: str, options: dict[str, Any]) -> None:
    [image] = pictures(model, tape, 130)
    [page] = printed(model, tape, ptouch_stream(model, tape, [image], **options))

    factor = 2 if "high_resolution" in options else 1
    assert same(page.raster.black, image.resize((130 * factor, image.height), Image.Resampling.NEAREST))
    dpi = find_model(model).dpi
    assert (page.raster.dpi_along, page.raster.dpi_across) == (dpi * factor, dpi)
    assert page.margin_mm == pytest.approx(options.get("margin_mm", 2), abs=0.1)
    cuts = options.get("compress", True) or "p9" in model
    assert (page.cut, page.last) == ("full" if cuts else "none", True)


def test_ptouch_strip_with_half_cuts() -> None:
    images = pictures("pt-p750w", "tze:12", 90, 3)
    pages = printed("pt-p750w", "tze:12", ptouch_stream("pt-p750w", "tze:12", images, half_cut=True))
    assert [(page.number, page.cut, page.last) for page in pages] == [
        (1, "half", False),
        (2, "half", False),
        (3, "full", True),
    ]
    assert all(same(page.raster.black, image) for page, image in zip(pages, images, strict=True))


def test_ptouch_full_cuts() -> None:
    images = pictures("pt-p900w", "tze:36", 90, 3)
    pages = printed("pt-p900w", "tze:36", ptouch_stream("pt-p900w", "tze:36", images, half_cut=False))
    assert [page.cut for page in pages] == ["full", "full", "full"]
    assert all(same(page.raster.black, image) for page, image in zip(pages, images, strict=True))


QL = [
    ("ql-500", "62", "dk:62", 300),
    ("ql-570", "29", "dk:29", 200),
    ("ql-650td", "12", "dk:12", 300),
    ("ql-700", "38", "dk:38", 160),
    ("ql-710w", "50", "dk:50", 160),
    ("ql-800", "54", "dk:54", 160),
    ("ql-820nwb", "62", "dk:62", 150),
    ("ql-820nwb", "29x90", "dk:29x90", 991),
    ("ql-820nwb", "62x29", "dk:62x29", 271),
    ("ql-810w", "d24", "dk:d24", 236),
    ("ql-720nw", "d12", "dk:d12", 94),
    ("ql-720nw", "54x29", "dk:54x29", 271),
    ("ql-1050", "102", "dk:102", 310),
    ("ql-1060n", "104", "dk:104", 310),
    ("ql-1110nwb", "62", "dk:62", 310),
    ("ql-1110nwb", "103", "dk:103", 310),
    ("ql-1100", "102x152", "dk:102x152", 1660),
]


@pytest.mark.parametrize(("model", "label", "medium", "lines"), QL)
@pytest.mark.parametrize("options", [{}, {"compress": True}, {"cut": False}])
def test_brother_ql(model: str, label: str, medium: str, lines: int, options: dict[str, Any]) -> None:
    images = pictures(model, medium, lines, 2)
    pages = printed(model, medium, brother_ql_stream(model.upper(), label, images, **options))

    assert all(same(page.raster.black, image) for page, image in zip(pages, images, strict=True))
    assert all(page.raster.red is None for page in pages)
    cut = "full" if options.get("cut", True) and model != "ql-500" else "none"
    assert [page.cut for page in pages] == [cut, cut]
    assert [page.last for page in pages] == [False, True]


@pytest.mark.parametrize("compress", [False, True])
def test_brother_ql_in_high_resolution(compress: bool) -> None:
    pins = 696
    wanted = picture(400, pins)
    given = to_double_width(wanted)
    stream = brother_ql_stream("QL-820NWB", "62", [given], dpi_600=True, compress=compress)
    [page] = printed("ql-820nwb", "dk:62", stream)
    assert same(page.raster.black, wanted)
    assert (page.raster.dpi_along, page.raster.dpi_across) == (600, 300)


def to_double_width(image: Image.Image) -> Image.Image:
    """brother_ql takes 600 dpi both ways and halves the width across."""
    return image.resize((image.width, image.height * 2), Image.Resampling.NEAREST)


@pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated")  # the oracle's own
@pytest.mark.parametrize("model", ["ql-800", "ql-810w", "ql-820nwb"])
def test_brother_ql_in_two_colours(model: str) -> None:
    black, red = pictures(model, "dk:62red", 200, 2)
    # A dot is black or red, not both.
    red = ImageChops.logical_or(red, ImageChops.invert(black))
    stream = brother_ql_stream(model.upper(), "62red", [in_two_colours(black, red)], red=True, compress=True)
    [page] = printed(model, "dk:62red", stream)
    assert page.raster.red is not None
    assert same(page.raster.black, black)
    assert same(page.raster.red, red)


def test_the_black_and_red_roll_prints_red_unless_asked() -> None:
    [image] = pictures("ql-820nwb", "dk:62red", 200)
    [page] = printed("ql-820nwb", "dk:62red", brother_ql_stream("QL-820NWB", "62red", [image]))
    assert page.raster.red is not None
    assert same(page.raster.red, image)
    assert page.raster.black.getextrema() == (255, 255)


@pytest.mark.parametrize(("model", "label", "medium", "lines"), QL)
@pytest.mark.parametrize("compress", [False, True])
def test_brother_ql_reader_reads_the_same(
    model: str, label: str, medium: str, lines: int, compress: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = brother_ql_stream(model.upper(), label, pictures(model, medium, lines), compress=compress)
    [page] = printed(model, medium, stream)
    [read] = as_read_by_brother_ql(stream, tmp_path)
    capsys.readouterr()

    # It mirrors what it read, and has the whole head.
    place = placement(find_model(model), find_medium(medium))
    head = read.transpose(Image.Transpose.ROTATE_90)
    assert same(page.raster.black, head.crop((0, place.left, head.width, place.left + place.pins)))


def as_read_by_brother_ql(stream: bytes, folder: Path) -> Sequence[Image.Image]:
    reader = BrotherQLReader(io.BytesIO(stream))
    reader.filename_fmt = str(folder / "{counter:04d}.png")
    reader.analyse()
    return [Image.open(path).copy() for path in sorted(folder.glob("*.png"))]
