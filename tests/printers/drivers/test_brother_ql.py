from typing import Any

import pytest
from brother_ql.conversion import convert
from brother_ql.raster import BrotherQLRaster
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from printers.drivers import PrintOptions, driver_for
from printers.errors import MediumDoesNotFit, OptionNotSupported
from printers.media import Medium, Model, canvas_for, find_medium, find_model, media_for, placement
from printers.raster import Raster
from tests.printers.drivers.oracles import (
    QL_MODELS,
    brother_ql_stream,
    feed_view,
    in_colour,
    least_lines,
    raster_for,
)

QL500, QL700, QL820, QL1100 = (find_model(name) for name in ("QL-500", "QL-700", "QL-820NWB", "QL-1100"))
ROLL, RED_ROLL, LABELS = find_medium("dk:62"), find_medium("dk:62red"), find_medium("dk:62x29")
SMALLEST = find_medium("dk:d12")
ONE_COLOUR = [(model, medium) for model in QL_MODELS for medium in media_for(model) if not medium.two_colour]
MODES = [
    (model, compress, high_resolution)
    for model in QL_MODELS
    for compress in (False, True)
    for high_resolution in (False, True)
    if model.compression >= compress and model.high_resolution >= high_resolution
]
STATUS_REQUEST = b"\x1biS"


def mode_id(value: Model | bool) -> str:
    return value.key if isinstance(value, Model) else str(value)


def label(model: Model, medium: Medium, *, seed: int = 1, more: int = 0, high_resolution: bool = False) -> Image.Image:
    lines = least_lines(model, medium, high_resolution=high_resolution)
    return feed_view(lines + (0 if medium.length_mm else more), placement(model, medium).pins, seed)


def ours(model: Model, medium: Medium, image: Image.Image, red: Image.Image | None = None, **settings: Any) -> bytes:
    options = PrintOptions(**settings)
    raster = raster_for(model, medium, image, red, high_resolution=options.high_resolution)
    return driver_for(model).encode([raster], model, medium, options)


@pytest.mark.parametrize(("model", "medium"), ONE_COLOUR, ids=lambda row: row.key)
def test_a_label_is_what_brother_ql_sends(model: Model, medium: Medium) -> None:
    image = label(model, medium)

    assert ours(model, medium, image) == brother_ql_stream(model, medium, [image], compress=model.compression)


@pytest.mark.parametrize(("model", "compress", "high_resolution"), MODES, ids=mode_id)
@pytest.mark.parametrize("medium", [ROLL, SMALLEST], ids=lambda row: row.key)
@pytest.mark.parametrize("cut", [True, False])
def test_every_option_is_what_brother_ql_sends(
    model: Model, medium: Medium, *, cut: bool, compress: bool, high_resolution: bool
) -> None:
    image = label(model, medium, high_resolution=high_resolution)
    auto_cut = cut if model.auto_cut else None

    stream = ours(model, medium, image, auto_cut=auto_cut, compress=compress, high_resolution=high_resolution)

    assert stream == brother_ql_stream(
        model, medium, [image], cut=cut, compress=compress, high_resolution=high_resolution
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(pair=st.sampled_from(ONE_COLOUR), seed=st.integers(0, 2**32), more=st.integers(0, 60))
def test_any_picture_is_what_brother_ql_sends(pair: tuple[Model, Medium], seed: int, more: int) -> None:
    model, medium = pair
    image = label(model, medium, seed=seed, more=more)

    assert ours(model, medium, image) == brother_ql_stream(model, medium, [image], compress=model.compression)


@pytest.mark.parametrize(
    ("model", "compress", "high_resolution"), [mode for mode in MODES if mode[0].two_colour], ids=mode_id
)
def test_black_and_red_are_what_brother_ql_sends(model: Model, *, compress: bool, high_resolution: bool) -> None:
    black, red = (label(model, RED_ROLL, seed=seed, high_resolution=high_resolution) for seed in (1, 2))

    stream = ours(model, RED_ROLL, black, red, high_resolution=high_resolution, compress=compress)

    assert stream == brother_ql_stream(
        model, RED_ROLL, [in_colour(black, red)], red=True, high_resolution=high_resolution, compress=compress
    )


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(seed=st.integers(0, 2**32), more=st.integers(0, 60))
def test_any_black_and_red_picture_is_what_brother_ql_sends(seed: int, more: int) -> None:
    black, red = (label(QL820, RED_ROLL, seed=seed + n, more=more) for n in range(2))

    stream = ours(QL820, RED_ROLL, black, red)

    assert stream == brother_ql_stream(QL820, RED_ROLL, [in_colour(black, red)], red=True, compress=True)


def test_cut_at_end_and_cut_every_are_what_brother_ql_builds() -> None:
    theirs = BrotherQLRaster(QL820.name)
    theirs.cut_at_end = True
    theirs.add_expanded_mode()
    assert theirs.data in ours(QL820, ROLL, label(QL820, ROLL), auto_cut=False, cut_at_end=True)

    theirs = BrotherQLRaster(QL820.name)
    theirs.cut_at_end = False
    theirs.add_autocut(True)
    theirs.add_cut_every(7)
    theirs.add_expanded_mode()
    assert theirs.data in ours(QL820, ROLL, label(QL820, ROLL), cut_every=7, cut_at_end=False)


def test_margins_are_what_brother_ql_builds() -> None:
    theirs = BrotherQLRaster(QL820.name)
    theirs.add_margins(118)

    assert theirs.data in ours(QL820, ROLL, label(QL820, ROLL), margin_mm=10)


def test_pages_after_the_first_differ_from_brother_ql() -> None:
    """brother_ql says of each page that it is the first, and asks for the status before each.

    The reference has 1 for other pages (ESC i z, n9), and a printer takes no status request while it prints.
    """
    images = [label(QL820, ROLL, seed=seed) for seed in range(3)]
    theirs = brother_ql_stream(QL820, ROLL, images, compress=True)
    rasters = [raster_for(QL820, ROLL, image) for image in images]
    first, other = (b"\x1biz\xce\x0a\x3e\x00\x96\x00\x00\x00" + bytes([page, 0]) for page in (0, 1))

    stream = driver_for(QL820).encode(rasters, QL820, ROLL, PrintOptions())

    assert (stream.count(first), stream.count(other)) == (1, 2)
    assert (theirs.count(first), theirs.count(other)) == (3, 0)
    head, tail = theirs.split(STATUS_REQUEST, 1)
    assert stream.replace(other, first) == head + STATUS_REQUEST + tail.replace(STATUS_REQUEST, b"")


def test_compression_is_said_also_where_it_is_off() -> None:
    """Older encoders left M out when lines are plain; a printer that kept the mode then printed blank labels."""
    assert b"\x1bid\x23\x00M\x00g\x00\x5a" in ours(QL820, ROLL, label(QL820, ROLL), compress=False)
    assert b"\x1bid\x23\x00g\x00\x5a" in ours(QL700, ROLL, label(QL700, ROLL))


def test_a_label_in_one_colour_on_the_red_roll_has_empty_red_lines() -> None:
    """brother_ql sends such a label in one-colour mode, which this roll prints red."""
    image = label(QL820, RED_ROLL)
    blank = Image.new("1", image.size, 255)

    stream = ours(QL820, RED_ROLL, image)

    assert stream == ours(QL820, RED_ROLL, image, blank)
    assert b"\x1biK\x09" in stream
    assert stream.count(b"w\x02\x02\xa7\x00") >= image.width
    assert stream != brother_ql_stream(QL820, RED_ROLL, [image], compress=True)


def test_where_both_colours_burn_it_is_red() -> None:
    dots = Image.new("1", (150, 696), 0)

    stream = ours(QL820, RED_ROLL, dots, dots)

    # 696 of 720 pins from the 13th on, that is one byte, one half, 86 bytes, one half, one byte.
    black, red = b"w\x01\x02\xa7\x00", b"w\x02\x08\x01\x00\x0f\xab\xff\x01\xf0\x00"
    assert stream.endswith((black + red) * 150 + b"\x1a")


def test_nothing_is_cut_or_expanded_on_the_oldest() -> None:
    stream = ours(QL500, ROLL, label(QL500, ROLL))

    assert stream.startswith(
        bytes(200) + b"\x1b@\x1biS\x1biz\xce\x0a\x3e\x00\x27\x01\x00\x00\x00\x00\x1bid\x23\x00g\x00"
    )


def test_chunks_are_the_stream_label_by_label() -> None:
    rasters = [raster_for(QL820, LABELS, label(QL820, LABELS, seed=seed)) for seed in range(2)]
    driver = driver_for(QL820)

    chunks = list(driver.chunks(iter(rasters), QL820, LABELS, PrintOptions(copies=3)))

    assert [chunk[-1:] for chunk in chunks] == [b"\x0c"] * 5 + [b"\x1a"]
    assert chunks[1] == chunks[2]
    assert [chunk.count(b"\x1b@") for chunk in chunks] == [1] + [0] * 5
    assert b"".join(chunks) == driver.encode(rasters, QL820, LABELS, PrintOptions(copies=3))


def test_brother_ql_crops_or_scales_what_is_refused_here() -> None:
    image = Image.new("1", (150, 700), 255)
    image.paste(0, (0, 0, 150, 20))
    scaled = convert(BrotherQLRaster(QL820.name), [image.transpose(Image.Transpose.ROTATE_270)], "62", rotate=0)

    assert b"\x95\x00\x00\x00" in scaled
    with pytest.raises(MediumDoesNotFit, match=r"150 × 700 dots .* exactly 696 dots \(58\.9 mm\) across"):
        ours(QL820, ROLL, image)


@pytest.mark.parametrize("size", [(270, 696), (272, 696), (271, 695), (696, 271)])
def test_a_die_cut_label_has_one_size(size: tuple[int, int]) -> None:
    with pytest.raises(MediumDoesNotFit, match=r"exactly 271 dots \(22\.9 mm\) along, 696 dots \(58\.9 mm\) across"):
        ours(QL820, LABELS, Image.new("1", size, 255))


def test_a_die_cut_label_has_twice_the_lines_in_high_resolution() -> None:
    assert canvas_for(QL820, LABELS, high_resolution=True).length_dots == 542
    with pytest.raises(MediumDoesNotFit, match="exactly 542 dots"):
        ours(QL820, LABELS, Image.new("1", (271, 696), 255), high_resolution=True)


@pytest.mark.parametrize(("model", "medium"), [(QL700, "dk:62red"), (QL820, "dk:102"), (QL820, "tze:12")])
def test_a_medium_that_the_model_cannot_take_is_refused(model: Model, medium: str) -> None:
    raster = Raster(Image.new("1", (150, 696), 255), None, 300, 300)

    with pytest.raises(MediumDoesNotFit, match=f"A {model.name} cannot take"):
        driver_for(model).check(model, find_medium(medium), raster, PrintOptions())


@pytest.mark.parametrize(
    ("model", "medium", "options", "words"),
    [
        (QL820, ROLL, PrintOptions(half_cut=True), "QL-820NWB cannot half-cut"),
        (QL820, ROLL, PrintOptions(chain=True), "Chain printing is for PT models"),
        (QL820, ROLL, PrintOptions(mirror=True), "QL-820NWB cannot mirror"),
        (QL820, ROLL, PrintOptions(margin_mm=2), r"2 mm is not possible on a QL-820NWB; it is 3 to 127 mm"),
        (QL820, ROLL, PrintOptions(margin_mm=128), "128 mm is not possible"),
        (QL820, LABELS, PrintOptions(margin_mm=5), "their feed is fixed"),
        (QL500, ROLL, PrintOptions(auto_cut=True), "QL-500 has no automatic cutter"),
        (QL500, ROLL, PrintOptions(high_resolution=True), "QL-500 has no high resolution"),
        (QL700, ROLL, PrintOptions(compress=True), "QL-700 does not understand compressed lines"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_option_that_cannot_be_had_is_refused(
    model: Model, medium: Medium, options: PrintOptions, words: str
) -> None:
    image = label(model, medium, high_resolution=options.high_resolution)
    raster = raster_for(model, medium, image, high_resolution=options.high_resolution)

    with pytest.raises(OptionNotSupported, match=words):
        driver_for(model).check(model, medium, raster, options)
