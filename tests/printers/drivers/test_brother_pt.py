from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from printers.drivers import PrintOptions, driver_for
from printers.drivers.raster_lines import SIZE, head_lines, packed
from printers.errors import MediumDoesNotFit, OptionNotSupported
from printers.media import MODELS, Medium, Model, find_medium, find_model, media_for, placement
from printers.raster import Raster
from tests.printers.drivers.oracles import (
    PTOUCH_PRINTERS,
    doubled,
    feed_view,
    least_lines,
    ptouch_label,
    ptouch_printer,
    ptouch_stream,
    raster_for,
)

P750W, P900W, P710BT = (find_model(name) for name in ("PT-P750W", "PT-P900W", "PT-P710BT"))
TAPE = find_medium("tze:12")
EVERY_PAIR = [(MODELS[key], medium) for key in PTOUCH_PRINTERS for medium in media_for(MODELS[key])]
ZEROS_AND_INITIALIZE = bytes(200) + b"\x1b@"


def label(model: Model, medium: Medium, *, seed: int = 1, lines: int | None = None) -> Image.Image:
    return feed_view(lines or least_lines(model, medium), placement(model, medium).pins, seed)


def lines_of(raster: Raster, model: Model, medium: Medium) -> bytes:
    lines = head_lines([raster.black], placement(model, medium).left, model.pins)
    return packed(lines[:, np.newaxis], [(0x47, SIZE, 0)], b"Z")


def information(raster: Raster, *, page: int) -> bytes:
    return b"\x1biz\x86\x00\x0c\x00" + bytes([raster.lines, 0, 0, 0, page, 0])


@pytest.mark.parametrize(("model", "medium"), EVERY_PAIR, ids=lambda row: row.key)
def test_a_label_is_what_ptouch_sends(model: Model, medium: Medium) -> None:
    image = label(model, medium)
    for high_resolution in (False, True):
        raster = raster_for(
            model, medium, doubled(image) if high_resolution else image, high_resolution=high_resolution
        )

        ours = driver_for(model).encode([raster], model, medium, PrintOptions(high_resolution=high_resolution))

        assert ours == ptouch_stream(model, medium, image, compress=True, high_resolution=high_resolution)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(pair=st.sampled_from(EVERY_PAIR), seed=st.integers(0, 2**32), more=st.integers(0, 60))
def test_any_picture_is_what_ptouch_sends(pair: tuple[Model, Medium], seed: int, more: int) -> None:
    model, medium = pair
    image = label(model, medium, seed=seed, lines=least_lines(model, medium) + more)

    ours = driver_for(model).encode([raster_for(model, medium, image)], model, medium, PrintOptions())

    assert ours == ptouch_stream(model, medium, image, compress=True)


@pytest.mark.parametrize("model", [P750W, P900W], ids=lambda model: model.key)
@pytest.mark.parametrize("auto_cut", [True, False])
@pytest.mark.parametrize("half_cut", [True, False])
@pytest.mark.parametrize("margin_mm", [None, 2, 3.3, 50, 127])
@pytest.mark.parametrize("high_resolution", [True, False])
def test_every_option_is_what_ptouch_sends(
    model: Model, *, auto_cut: bool, half_cut: bool, margin_mm: float | None, high_resolution: bool
) -> None:
    image = label(model, TAPE)
    raster = raster_for(model, TAPE, doubled(image) if high_resolution else image, high_resolution=high_resolution)
    cutting = {"auto_cut": auto_cut, "half_cut": half_cut, "margin_mm": margin_mm}

    # ptouch never leaves a label in the printer, whatever else is off.
    options = PrintOptions(high_resolution=high_resolution, cut_at_end=True, **cutting)  # type: ignore[arg-type]
    ours = driver_for(model).encode([raster], model, TAPE, options)

    assert ours == ptouch_stream(model, TAPE, image, compress=True, high_resolution=high_resolution, **cutting)


@pytest.mark.parametrize("high_resolution", [True, False])
def test_uncompressed_lines_are_what_ptouch_sends(*, high_resolution: bool) -> None:
    image = label(P900W, TAPE)
    raster = raster_for(P900W, TAPE, doubled(image) if high_resolution else image, high_resolution=high_resolution)

    options = PrintOptions(compress=False, high_resolution=high_resolution)
    ours = driver_for(P900W).encode([raster], P900W, TAPE, options)

    assert ours == ptouch_stream(P900W, TAPE, image, compress=False, high_resolution=high_resolution)


@pytest.mark.parametrize(("auto_cut", "half_cut", "compress"), list(product([True, False], repeat=3)))
def test_chain_printing_is_what_ptouch_builds(*, auto_cut: bool, half_cut: bool, compress: bool) -> None:
    image = label(P900W, TAPE)
    printer, _ = ptouch_printer(P900W, use_compression=compress)
    pins = printer.get_tape_config(ptouch_label(TAPE, image).tape)
    lines = printer._generate_raster(printer._prepare_image(image, pins), pins)
    theirs = printer._build_page_control_sequence(
        num_lines=image.width,
        margin=28,
        tape=ptouch_label(TAPE, image).tape,
        high_resolution=False,
        is_first_page=True,
        auto_cut=auto_cut,
        half_cut=half_cut,
        chain_printing=True,
    ) + printer._build_raster_data(lines, image.width, False)

    options = PrintOptions(auto_cut=auto_cut, half_cut=half_cut, chain=True, compress=compress)
    ours = driver_for(P900W).encode([raster_for(P900W, TAPE, image)], P900W, TAPE, options)

    assert ours == theirs + b"\x1a"


def test_full_cuts_differ_from_ptouch_in_page_numbers_only() -> None:
    """ptouch says of each page that it is the first; the reference has 0 first, 1 middle, 2 last (ESC i z, n9)."""
    images = [label(P750W, TAPE, seed=seed) for seed in range(3)]
    printer, recorder = ptouch_printer(P750W)
    printer.print_multi([ptouch_label(TAPE, image) for image in images], half_cut=False)

    rasters = [raster_for(P750W, TAPE, image) for image in images]
    ours = driver_for(P750W).encode(rasters, P750W, TAPE, PrintOptions(auto_cut=True, half_cut=False))

    pages = [information(raster, page=page) for page, raster in enumerate(rasters)]
    assert [ours.count(page) for page in pages] == [1, 1, 1]
    for raster, page in zip(rasters, pages, strict=True):
        ours = ours.replace(page, information(raster, page=0))
    assert ours == recorder.data


def test_a_strip_is_one_chain_that_is_cut_off_at_its_end() -> None:
    """ptouch repeats all commands for each page with ESC i K 0C, so that a printer cuts each label off.

    Three other encoders agree on: settings once, auto-cut off and chain printing on, and no chain printing (ESC i K 0C)
    only before the last page, which then feeds and cuts.
    """
    rasters = [raster_for(P750W, TAPE, label(P750W, TAPE, seed=seed)) for seed in range(3)]
    lines = [lines_of(raster, P750W, TAPE) for raster in rasters]

    stream = driver_for(P750W).encode(rasters, P750W, TAPE, PrintOptions())

    assert stream == b"".join(
        (
            ZEROS_AND_INITIALIZE, b"\x1bia\x01", b"\x1bi!\x00", b"\x1biM\x00", b"\x1biK\x04", b"\x1bid\x0e\x00",
            information(rasters[0], page=0), b"M\x02", lines[0], b"\x0c",
            information(rasters[1], page=1), b"M\x02", lines[1], b"\x0c",
            b"\x1biK\x0c", information(rasters[2], page=2), b"M\x02", lines[2], b"\x1a",
        )
    )  # fmt: skip


def test_a_strip_sent_label_by_label_is_the_same() -> None:
    rasters = [raster_for(P750W, TAPE, label(P750W, TAPE, seed=seed)) for seed in range(3)]
    driver, options = driver_for(P750W), PrintOptions(copies=2)

    pieces = [
        driver.page(raster, P750W, TAPE, options, first=number == 0, last=number == 2)
        for number, raster in enumerate(rasters)
    ]

    assert [len(each) for each in pieces] == [2, 2, 2]
    assert b"".join(piece for each in pieces for piece in each) == driver.encode(rasters, P750W, TAPE, options)


def test_a_strip_whose_last_label_does_not_come_ends_with_the_shortest_blank_one() -> None:
    driver = driver_for(P750W)

    blank = b"\x1biz\x86\x00\x0c\x00\x1f\x00\x00\x00\x02\x00M\x02" + b"Z" * 31 + b"\x1a"

    assert driver.ending(P750W, TAPE, PrintOptions(copies=3)) == b"\x1biK\x0c" + blank
    separate = driver.ending(P750W, TAPE, PrintOptions(half_cut=False))
    assert separate == b"\x1bia\x01" + blank[:13] + b"\x1biM\x40\x1biA\x01\x1biK\x08\x1bid\x0e\x00" + blank[13:]
    assert driver.ending(P750W, TAPE, PrintOptions(auto_cut=False)) == b""


def test_a_strip_wins_over_automatic_cuts() -> None:
    rasters = [raster_for(P750W, TAPE, label(P750W, TAPE, seed=seed)) for seed in range(2)]
    driver = driver_for(P750W)

    strip = driver.encode(rasters, P750W, TAPE, PrintOptions(half_cut=True, auto_cut=True))

    assert strip == driver.encode(rasters, P750W, TAPE, PrintOptions())


def test_several_labels_with_cuts_in_between_are_no_strip() -> None:
    rasters = [raster_for(P750W, TAPE, label(P750W, TAPE))] * 3
    driver = driver_for(P750W)

    every_second = driver.encode(rasters, P750W, TAPE, PrintOptions(cut_every=2))
    uncut = driver.encode(rasters, P750W, TAPE, PrintOptions(auto_cut=False))

    assert every_second.count(b"\x1biM\x40\x1biA\x02\x1biK\x08") == 3
    assert uncut.count(b"\x1biM\x00\x1biK\x00") == 3


def test_a_strip_with_every_option() -> None:
    image = label(P900W, TAPE, lines=114)
    options = PrintOptions(copies=2, mirror=True, high_resolution=True, margin_mm=10, compress=False, chain=True)

    stream = driver_for(P900W).encode([raster_for(P900W, TAPE, image, high_resolution=True)], P900W, TAPE, options)

    start = ZEROS_AND_INITIALIZE + b"\x1bia\x01\x1bi!\x00\x1biM\x80\x1biK\x44\x1bid\x1c\x01"
    first = start + b"\x1biz\x86\x00\x0c\x00\x72\x00\x00\x00\x00\x00M\x00"
    assert stream.startswith(first + b"G\x46\x00")
    page = len(stream) - len(start) >> 1
    assert stream[len(start) + page :].startswith(b"\x1biz\x86\x00\x0c\x00\x72\x00\x00\x00\x02\x00M\x00G\x46\x00")
    # Left in the printer: the last page does not end the chain.
    assert stream.count(b"\x1biK") == 1


def test_chunks_are_the_stream_label_by_label() -> None:
    rasters = [raster_for(P750W, TAPE, label(P750W, TAPE, seed=seed)) for seed in range(3)]
    driver = driver_for(P750W)

    chunks = list(driver.chunks(rasters, P750W, TAPE, PrintOptions(copies=2)))

    assert [chunk[-1:] for chunk in chunks] == [b"\x0c"] * 5 + [b"\x1a"]
    assert [chunk.count(b"\x1biz") for chunk in chunks] == [1] * 6
    assert [b"\x1b@" in chunk for chunk in chunks] == [True] + [False] * 5
    assert b"".join(chunks) == driver.encode(rasters, P750W, TAPE, PrintOptions(copies=2))


def test_pages_are_read_no_further_than_one_ahead() -> None:
    read: list[int] = []

    def pages() -> Iterator[Raster]:
        for seed in range(4):
            read.append(seed)
            yield raster_for(P750W, TAPE, label(P750W, TAPE, seed=seed))

    chunks = driver_for(P750W).chunks(pages(), P750W, TAPE, PrintOptions())

    assert read == []
    next(chunks)
    assert read == [0, 1]
    next(chunks)
    assert read == [0, 1, 2]


def test_a_page_that_does_not_fit_stops_before_the_one_ahead_of_it() -> None:
    good = raster_for(P750W, TAPE, label(P750W, TAPE))
    chunks = driver_for(P750W).chunks([good, Raster(good.black.crop((0, 0, 40, 64)))], P750W, TAPE, PrintOptions())

    with pytest.raises(MediumDoesNotFit):
        next(chunks)


def test_no_page_is_nothing() -> None:
    assert driver_for(P750W).encode([], P750W, TAPE, PrintOptions()) == b""


def test_cut_every_is_said_to_the_printer() -> None:
    rasters = [raster_for(P710BT, TAPE, label(P710BT, TAPE))] * 2

    stream = driver_for(P710BT).encode(rasters, P710BT, TAPE, PrintOptions(cut_every=5, mirror=True))

    assert stream.count(b"\x1biM\xc0\x1biA\x05\x1biK\x08") == 2


def test_a_printer_without_half_cutter_cuts_each_label_off() -> None:
    rasters = [raster_for(P710BT, TAPE, label(P710BT, TAPE))] * 2

    stream = driver_for(P710BT).encode(rasters, P710BT, TAPE, PrintOptions())

    assert stream.count(b"\x1biM\x40\x1biA\x01\x1biK\x08") == 2


@pytest.mark.parametrize("pins", [69, 71, 128])
def test_an_image_that_does_not_fill_the_head_is_refused(pins: int) -> None:
    raster = Raster(Image.new("1", (100, pins), 255))

    with pytest.raises(MediumDoesNotFit) as caught:
        driver_for(P750W).encode([raster], P750W, TAPE, PrintOptions())

    assert f"100 × {pins} dots" in caught.value.detail
    assert "exactly 70 dots (9.9 mm) across" in caught.value.detail


@pytest.mark.parametrize("lines", [30, 7087])
def test_a_label_too_short_or_too_long_is_refused(lines: int) -> None:
    raster = Raster(Image.new("1", (lines, 70), 255))

    with pytest.raises(MediumDoesNotFit, match=r"31 to 7086 dots \(4\.4 to 999\.9 mm\) along"):
        driver_for(P750W).check(P750W, TAPE, raster, PrintOptions())


def test_an_image_at_another_resolution_is_refused() -> None:
    raster = Raster(Image.new("1", (100, 70), 255))

    with pytest.raises(MediumDoesNotFit, match=r"180 × 180 dpi .* at 360 × 180 dpi"):
        driver_for(P750W).check(P750W, TAPE, raster, PrintOptions(high_resolution=True))


def test_red_dots_are_refused() -> None:
    blank = Image.new("1", (100, 70), 255)
    driver = driver_for(P750W)

    driver.check(P750W, TAPE, Raster(blank, blank), PrintOptions())
    with pytest.raises(MediumDoesNotFit, match="red"):
        driver.check(P750W, TAPE, Raster(blank, Image.new("1", (100, 70), 0)), PrintOptions())


def test_a_tape_that_the_model_cannot_take_is_refused() -> None:
    with pytest.raises(MediumDoesNotFit, match="PT-P750W cannot take 36 mm tape"):
        driver_for(P750W).check(P750W, find_medium("tze:36"), Raster(Image.new("1", (100, 454), 255)), PrintOptions())


@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        (P710BT, PrintOptions(half_cut=True), "PT-P710BT cannot half-cut"),
        (P750W, PrintOptions(half_cut=True, cut_every=2), "half-cut strip is cut off at its end only"),
        (P750W, PrintOptions(compress=False), "PT-P750W cuts only when lines are sent compressed"),
        (P750W, PrintOptions(margin_mm=1.9), r"1\.9 mm is not possible on a PT-P750W; it is 2 to 127 mm"),
        (P750W, PrintOptions(margin_mm=128), "128 mm is not possible"),
        (P750W, PrintOptions(copies=0), "0 copies"),
        (P750W, PrintOptions(cut_every=0), "every 0 labels"),
        (P750W, PrintOptions(cut_every=256), "every 256 labels"),
        (P750W, PrintOptions(cut_every=2, auto_cut=False), "needs automatic cutting, which is off"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_option_that_cannot_be_had_is_refused(model: Model, options: PrintOptions, words: str) -> None:
    raster = raster_for(model, TAPE, label(model, TAPE))

    with pytest.raises(OptionNotSupported, match=words):
        driver_for(model).check(model, TAPE, raster, options)


def test_uncompressed_is_possible_where_nothing_is_cut() -> None:
    raster = raster_for(P750W, TAPE, label(P750W, TAPE))
    options = PrintOptions(compress=False, auto_cut=False, half_cut=False)

    stream = driver_for(P750W).encode([raster], P750W, TAPE, options)

    assert b"\x1biM\x00\x1biK\x00\x1bid\x0e\x00M\x00G\x10\x00" in stream
