"""What the drivers encode, the emulated printer prints: two readings of the same references that must agree."""

import itertools
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageOps

import printers.emulator
from printers.drivers import driver_for
from printers.drivers.base import PrintOptions
from printers.emulator.interpreter import Interpreter
from printers.emulator.media import load
from printers.emulator.pages import Page
from printers.media import MODELS, Medium, Model, canvas_for, media_for
from printers.raster import Raster
from tests.printers.emulator.streams import picture, same

EVERYTHING = [(model, medium) for model in MODELS.values() for medium in media_for(model)]


def label(model: Model, medium: Medium, *, seed: int = 0, high_resolution: bool = False) -> Raster:
    canvas = canvas_for(model, medium, high_resolution=high_resolution)
    black = picture(canvas.length_dots or canvas.min_lines + 7, canvas.pins, seed)
    red = None
    if canvas.two_colour:
        red = ImageChops.logical_or(picture(*black.size, seed + 1), ImageChops.invert(black))
    return Raster(black, red, canvas.dpi_along, canvas.dpi_across)


def printed(model: Model, medium: Medium, pages: list[Raster], options: PrintOptions) -> list[Page]:
    stream = driver_for(model).encode(pages, model, medium, options)
    loaded = load(model, medium)
    interpreter = Interpreter(model, lambda: loaded)
    result = list(interpreter.feed(stream))
    assert not interpreter.unfinished
    return result


def same_label(one: Raster, other: Raster) -> bool:
    blank = Image.new("1", one.black.size, 255)
    return (
        same(one.black, other.black)
        and same(one.red or blank, other.red or blank)
        and (one.dpi_along, one.dpi_across) == (other.dpi_along, other.dpi_across)
    )


@pytest.mark.parametrize(
    ("model", "medium"), [pytest.param(*each, id=f"{each[0].key}-{each[1].key}") for each in EVERYTHING]
)
def test_every_medium_in_every_model(model: Model, medium: Medium) -> None:
    pages = [label(model, medium, seed=seed) for seed in (0, 2)]
    result = printed(model, medium, pages, PrintOptions())
    assert all(same_label(page.raster, raster) for page, raster in zip(result, pages, strict=True))
    assert [page.last for page in result] == [False, True]
    assert result[-1].cut == ("full" if model.auto_cut else "none")


@pytest.mark.parametrize("model", [model for model in MODELS.values() if model.high_resolution], ids=lambda m: m.key)
def test_high_resolution(model: Model) -> None:
    medium = media_for(model)[0]
    raster = label(model, medium, high_resolution=True)
    [page] = printed(model, medium, [raster], PrintOptions(high_resolution=True))
    assert same_label(page.raster, raster)


def test_two_colours_without_any_red() -> None:
    model = MODELS["ql-820nwb"]
    [medium] = [each for each in media_for(model) if each.two_colour]
    black = Raster(label(model, medium).black, None, 300, 300)
    [page] = printed(model, medium, [black], PrintOptions())
    assert same_label(page.raster, black)


@pytest.mark.parametrize("compress", [True, False])
def test_compression(compress: bool) -> None:
    for key in ("pt-p900w", "ql-820nwb"):
        model = MODELS[key]
        medium = media_for(model)[1]
        raster = label(model, medium)
        [page] = printed(model, medium, [raster], PrintOptions(compress=compress))
        assert same_label(page.raster, raster)


def test_mirror() -> None:
    model = MODELS["pt-p750w"]
    medium = media_for(model)[3]
    raster = label(model, medium)
    [page] = printed(model, medium, [raster], PrintOptions(mirror=True))
    assert page.mirrored
    assert same(page.raster.black, ImageOps.flip(raster.black))


def test_the_emulator_knows_nothing_of_the_drivers() -> None:
    """Otherwise it could only ever agree with them."""
    folder = Path(printers.emulator.__file__).parent
    sources = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
    assert len(sources) > 10
    assert [name for name, source in sources.items() if "printers.drivers" in source] == []


def cuts(key: str, count: int, options: PrintOptions) -> str:
    model = MODELS[key]
    medium = media_for(model)[3]
    pages = printed(model, medium, [label(model, medium)] * count, options)
    return " ".join(page.cut for page in pages)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (PrintOptions(auto_cut=True), "full full full full"),
        (PrintOptions(auto_cut=True, cut_every=2), "none full none full"),
        (PrintOptions(half_cut=True), "half half half full"),
        (PrintOptions(auto_cut=False, half_cut=False, cut_at_end=True), "none none none full"),
        (PrintOptions(copies=2, half_cut=True), "half half half half half half half full"),
    ],
)
def test_cuts_of_a_pt(options: PrintOptions, expected: str) -> None:
    assert cuts("pt-p750w", 4, options) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (PrintOptions(auto_cut=True), "full full full full"),
        (PrintOptions(auto_cut=True, cut_every=3), "none none full full"),
        (PrintOptions(auto_cut=False, cut_at_end=True), "none none none full"),
        (PrintOptions(auto_cut=False), "none none none none"),
    ],
)
def test_cuts_of_a_ql(options: PrintOptions, expected: str) -> None:
    assert cuts("ql-820nwb", 4, options) == expected


def test_page_by_page_is_the_same() -> None:
    model = MODELS["pt-p750w"]
    medium = media_for(model)[3]
    pages, options = [label(model, medium, seed=seed) for seed in range(3)], PrintOptions(half_cut=True)
    chunks = list(driver_for(model).chunks(pages, model, medium, options))
    loaded = load(model, medium)
    interpreter = Interpreter(model, lambda: loaded)
    counts = [len(list(interpreter.feed(chunk))) for chunk in chunks]
    assert list(itertools.accumulate(counts)) == [1, 2, 3]
