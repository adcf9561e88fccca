"""Streams of the public encoders, and images for them. Imported by tests and benchmarks only."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import ptouch
from brother_ql.conversion import convert
from brother_ql.raster import BrotherQLRaster
from PIL import Image

from printers.media import MODELS, Medium, Model, canvas_for
from printers.raster import Raster

PTOUCH_PRINTERS = {
    "pt-e550w": ptouch.PTE550W,
    "pt-p750w": ptouch.PTP750W,
    "pt-p900": ptouch.PTP900,
    "pt-p900w": ptouch.PTP900W,
    "pt-p950nw": ptouch.PTP950NW,
    "pt-p910bt": ptouch.PTP910BT,
}
PTOUCH_TAPES = {
    "tze:3.5": ptouch.Tape3_5mm,
    "tze:6": ptouch.Tape6mm,
    "tze:9": ptouch.Tape9mm,
    "tze:12": ptouch.Tape12mm,
    "tze:18": ptouch.Tape18mm,
    "tze:24": ptouch.Tape24mm,
    "tze:36": ptouch.Tape36mm,
    "hse:5.8": ptouch.HeatShrinkTube5_8mm,
    "hse:8.8": ptouch.HeatShrinkTube8_8mm,
    "hse:11.7": ptouch.HeatShrinkTube11_7mm,
    "hse:17.7": ptouch.HeatShrinkTube17_7mm,
    "hse:23.6": ptouch.HeatShrinkTube23_6mm,
    "hse3:5.2": ptouch.HeatShrinkTube3_1_5_2mm,
    "hse3:9.0": ptouch.HeatShrinkTube3_1_9_0mm,
    "hse3:11.2": ptouch.HeatShrinkTube3_1_11_2mm,
    "hse3:21.0": ptouch.HeatShrinkTube3_1_21_0mm,
    "hse3:31.0": ptouch.HeatShrinkTube3_1_31_0mm,
}
QL_MODELS = tuple(model for model in MODELS.values() if model.family == "ql")
RED = (255, 0, 0)


class Recorder:
    """What ptouch takes for a connection."""

    def __init__(self) -> None:
        self.data = b""

    def connect(self, printer: object) -> None: ...

    def write(self, data: bytes) -> None:
        self.data += data


def ptouch_printer(model: Model, **settings: bool) -> tuple[Any, Recorder]:
    recorder = Recorder()
    return PTOUCH_PRINTERS[model.key](recorder, **settings), recorder


def ptouch_label(medium: Medium, image: Image.Image) -> ptouch.Label:
    return ptouch.Label(image, PTOUCH_TAPES[medium.key])


def ptouch_stream(
    model: Model, medium: Medium, image: Image.Image, *, compress: bool, high_resolution: bool = False, **settings: Any
) -> bytes:
    """`image` is a feed view at normal resolution; in high resolution ptouch doubles its lines."""
    printer, recorder = ptouch_printer(model, use_compression=compress, high_resolution=high_resolution)
    printer.print(ptouch_label(medium, image), **settings)
    return recorder.data


def brother_ql_stream(
    model: Model, medium: Medium, images: Sequence[Image.Image], *, high_resolution: bool = False, **settings: Any
) -> bytes:
    """`images` are feed views; brother_ql takes them turned, and in high resolution twice as wide."""
    portraits = [image.transpose(Image.Transpose.ROTATE_270) for image in images]
    if high_resolution:
        portraits = [p.resize((p.width * 2, p.height), Image.Resampling.NEAREST) for p in portraits]
    raster = BrotherQLRaster(model.name)
    with warnings.catch_warnings():
        # It reads colours by a method that Pillow 14 will not have.
        warnings.simplefilter("ignore", DeprecationWarning)
        stream: bytes = convert(
            raster, portraits, brother_ql_label(medium), dpi_600=high_resolution, rotate=0, **settings
        )
    return stream


def brother_ql_label(medium: Medium) -> str:
    name = medium.key.removeprefix("dk:")
    return {"38x90": "39x90"}.get(name, name)


def feed_view(lines: int, pins: int, seed: int) -> Image.Image:
    """Dots as labels have them: blank and black stretches, edges, and noise, all different by seed."""
    random = np.random.default_rng(seed)
    dots = random.random((pins, lines)) < random.choice([0.0, 0.02, 0.3, 1.0], p=[0.1, 0.4, 0.4, 0.1])
    for _ in range(6):
        top, left = random.integers(0, pins), random.integers(0, lines)
        height, width = random.integers(1, pins + 1), random.integers(1, lines + 1)
        dots[top : top + height, left : left + width] = random.random() < 0.5
    return Image.fromarray(np.where(dots, 0, 255).astype(np.uint8)).convert("1", dither=Image.Dither.NONE)


def raster_for(
    model: Model, medium: Medium, image: Image.Image, red: Image.Image | None = None, *, high_resolution: bool = False
) -> Raster:
    canvas = canvas_for(model, medium, high_resolution=high_resolution)
    return Raster(image, red, canvas.dpi_along, canvas.dpi_across)


def doubled(image: Image.Image) -> Image.Image:
    """Every line twice, as ptouch sends a label in high resolution."""
    return image.resize((image.width * 2, image.height), Image.Resampling.NEAREST)


def least_lines(model: Model, medium: Medium, *, high_resolution: bool = False) -> int:
    return canvas_for(model, medium, high_resolution=high_resolution).min_lines


def in_colour(black: Image.Image, red: Image.Image) -> Image.Image:
    """One RGB picture of both planes; red lies on top."""
    picture = black.convert("RGB")
    picture.paste(RED, mask=red.point(lambda dot: 255 - dot))
    return picture
