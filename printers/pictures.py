"""A raster as people look at it: in reading direction, in the colours of the tape."""

import io
from base64 import b64encode

from PIL import Image

from printers.drawing import BLACK, RED, WHITE
from printers.media import Medium
from printers.raster import Raster


def reading_png(
    raster: Raster,
    *,
    across: bool,
    margins: tuple[int, int] = (0, 0),
    paper: str = WHITE,
    ink: str = BLACK,
) -> bytes:
    """The same dots as a PNG. `across`: the lines of text run across the tape.

    `margins` are the blank dots before and after the label and beside it, along and across the tape.
    """
    image = Image.new("P", raster.black.size, 0)
    image.putpalette([*_rgb(paper), *_rgb(ink), *_rgb(RED)])
    image.paste(1, mask=raster.black.point(lambda v: 255 - v, "1"))
    if raster.red is not None:
        image.paste(2, mask=raster.red.point(lambda v: 255 - v, "1"))
    if any(margins):
        whole = Image.new("P", (image.width + 2 * margins[0], image.height + 2 * margins[1]), 0)
        whole.putpalette(image.getpalette() or [])
        whole.paste(image, margins)
        image = whole
    if raster.dpi_along != raster.dpi_across:
        # Finer along the tape than across it: pixels are square again.
        square = round(image.height * raster.dpi_along / raster.dpi_across)
        image = image.resize((image.width, square), Image.Resampling.NEAREST)
    if across:
        image = image.transpose(Image.Transpose.ROTATE_270)
    out = io.BytesIO()
    image.save(out, "PNG", bits=2)
    return out.getvalue()


def margins_of(raster: Raster, medium: Medium, margin_mm: float) -> tuple[int, int]:
    """The blank of the medium around a raster, in dots along and across the tape."""
    beside = (medium.width_mm / 25.4 * raster.dpi_across - raster.pins) / 2
    before = margin_mm / 25.4 * raster.dpi_along
    if medium.length_mm:
        before = (medium.length_mm / 25.4 * raster.dpi_along - raster.lines) / 2
    return max(0, round(before)), max(0, round(beside))


def data_uri(png: bytes) -> str:
    return "data:image/png;base64," + b64encode(png).decode()


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
