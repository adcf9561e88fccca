import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from printers.raster import Raster
from tests.printers.drivers.oracles import feed_view


@given(
    lines=st.integers(1, 80),
    pins=st.integers(1, 80),
    seed=st.integers(0, 2**32),
    dpi=st.sampled_from([180, 300, 360, 600, 720]),
)
def test_a_raster_survives_its_png(lines: int, pins: int, seed: int, dpi: int) -> None:
    raster = Raster(feed_view(lines, pins, seed), None, dpi, 180)

    back = Raster.from_png(raster.png)

    assert back.black.tobytes() == raster.black.tobytes()
    assert (back.lines, back.pins, back.red, back.dpi_along, back.dpi_across) == (lines, pins, None, dpi, 180)
    assert back.png == raster.png


@given(lines=st.integers(1, 80), pins=st.integers(1, 80), seed=st.integers(0, 2**32))
def test_red_survives_and_lies_on_top(lines: int, pins: int, seed: int) -> None:
    black, red = feed_view(lines, pins, seed), feed_view(lines, pins, seed + 1)

    back = Raster.from_png(Raster(black, red, 300, 300).png)

    assert back.red is not None
    assert back.red.tobytes() == red.tobytes()
    seen = [b or not r for b, r in zip(black.get_flattened_data(), red.get_flattened_data(), strict=True)]
    assert [bool(dot) for dot in back.black.get_flattened_data()] == [bool(dot) for dot in seen]


def test_a_blank_red_plane_stays_a_plane() -> None:
    blank = Image.new("1", (10, 20), 255)

    back = Raster.from_png(Raster(blank, blank, 300, 300).png)

    assert back.red is not None
    assert back.red.getextrema() == (255, 255)


def test_length_is_along_the_feed() -> None:
    raster = Raster(Image.new("1", (600, 70), 255), None, 300, 180)

    assert (raster.lines, raster.pins) == (600, 70)
    assert raster.length_mm == pytest.approx(50.8)


def test_the_same_dots_have_the_same_digest() -> None:
    one, same, other = (Raster(feed_view(50, 70, seed)) for seed in (1, 1, 2))

    assert one.sha256 == same.sha256 != other.sha256


@pytest.mark.parametrize("size", [(64, 64), (1, 1)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_another_picture_is_refused(mode: str, size: tuple[int, int]) -> None:
    out = io.BytesIO()
    Image.new(mode, size).save(out, "PNG")

    with pytest.raises(ValueError, match="a label image has 1 bit or a palette"):
        Raster.from_png(out.getvalue())


def test_a_png_that_pillow_wrote_is_read() -> None:
    black, out = feed_view(300, 70, 1), io.BytesIO()
    black.save(out, "PNG", dpi=(360, 180))

    back = Raster.from_png(out.getvalue())

    assert back.black.tobytes() == black.tobytes()
    assert (back.red, back.dpi_along, back.dpi_across) == (None, 360, 180)


def test_a_torn_or_foreign_file_is_refused() -> None:
    png = Raster(feed_view(300, 128, 1)).png
    gif = io.BytesIO()
    Image.new("1", (5, 5)).save(gif, "GIF")

    for data in (
        b"",
        png[:20],
        png[:60],
        png[: len(png) // 2],
        gif.getvalue(),
        b"\0" * 100,
        png[:40] + b"x" + png[41:],
    ):
        with pytest.raises(ValueError, match="not a label image"):
            Raster.from_png(data)


def test_a_picture_without_resolution_is_taken_at_180_dpi() -> None:
    out = io.BytesIO()
    Image.new("1", (5, 5), 255).save(out, "PNG", pnginfo=PngImagePlugin.PngInfo())

    assert Raster.from_png(out.getvalue()).dpi_along == 180


def test_everybody_sees_white_black_and_red() -> None:
    black, red = Image.new("1", (11, 3), 255), Image.new("1", (11, 3), 255)
    black.putpixel((1, 0), 0)
    red.putpixel((10, 2), 0)

    png = Raster(black, red, 600, 300).png

    # Reading does not look at every sum.
    Image.open(io.BytesIO(png)).verify()
    seen = Image.open(io.BytesIO(png)).convert("RGB")
    assert sorted(seen.getcolors() or []) == [
        (1, (0, 0, 0)),
        (1, (200, 30, 30)),
        (31, (255, 255, 255)),
    ]
    assert (seen.getpixel((1, 0)), seen.getpixel((10, 2))) == ((0, 0, 0), (200, 30, 30))


@given(lines=st.integers(1, 80), pins=st.integers(1, 80), seed=st.integers(0, 2**32))
def test_a_file_that_pillow_wrote_is_the_same_label(lines: int, pins: int, seed: int) -> None:
    dots, out = feed_view(lines, pins, seed), io.BytesIO()
    dots.save(out, "PNG", dpi=(360, 180))

    assert Raster.from_png(out.getvalue()).png == Raster(dots, None, 360, 180).png
