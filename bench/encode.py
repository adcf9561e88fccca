"""Rasters into printer bytes, against the public encoders, which give the same bytes. `python -m bench.encode`.

Each gets a label in the form that its own callers have: ours the 1-bit feed view, ptouch the same, brother_ql a picture
in greys or colours.
"""

import time
import warnings
from collections.abc import Callable
from typing import Any

import ptouch
from brother_ql.conversion import convert
from brother_ql.raster import BrotherQLRaster
from PIL import Image, ImageDraw, ImageFont

from bench import Row
from printers.drivers import PrintOptions, driver_for
from printers.media import canvas_for, find_medium, find_model
from printers.raster import Raster

ROUNDS, LABELS = 7, 5
RED = (255, 0, 0)


def rows() -> list[Row]:
    """Milliseconds per label, five in a row: the best of rounds in which both take turns, to leave other work out."""
    with warnings.catch_warnings():
        # brother_ql reads colours by a method that Pillow 14 will not have.
        warnings.simplefilter("ignore", DeprecationWarning)
        return [
            _ql("encode QL 62 mm, 696 × 1000, compressed", "dk:62", "≥ 8 × faster"),
            _ql("encode QL 62 mm black/red, 696 × 1000, compressed", "dk:62red", "≥ 10 × faster"),
            _pt("encode PT 12 mm, 600 × 70, compressed", ptouch.PTP750W, ptouch.Tape12mm, 600, "≥ 15 × faster"),
            _pt("encode PT 36 mm, 1500 × 454, compressed", ptouch.PTP900W, ptouch.Tape36mm, 1500, "–"),
        ]


def _ql(work: str, medium_key: str, target: str) -> Row:
    model, medium = find_model("QL-820NWB"), find_medium(medium_key)
    black = picture(1000, 696)
    red = picture(1000, 696, text="Do not open\nHot inside") if medium.two_colour else None
    raster = Raster(black, red, 300, 300)
    portrait = black.convert("L" if red is None else "RGB")
    if red is not None:
        portrait.paste(RED, mask=red.point(lambda dot: 255 - dot))
    portrait = portrait.transpose(Image.Transpose.ROTATE_270)
    label = medium_key.removeprefix("dk:")

    def peer() -> bytes:
        stream: bytes = convert(BrotherQLRaster(model.name), [portrait], label, compress=True, red=red is not None)
        return stream

    return _row(work, "brother_ql-inventree", peer, _ours(raster, model.key, medium_key), target)


def yardstick_ms() -> float:
    """What brother_ql takes for a label now. It took 15 to 17 ms on the machine for which targets were set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return _ql("", "dk:62", "").peer or 0.0


def _pt(work: str, printer_class: Any, tape: Any, lines: int, target: str) -> Row:
    model_key = {ptouch.PTP750W: "pt-p750w", ptouch.PTP900W: "pt-p900w"}[printer_class]
    medium_key = f"tze:{tape.width_mm}"
    canvas = canvas_for(find_model(model_key), find_medium(medium_key))
    raster = Raster(picture(lines, canvas.pins), None, canvas.dpi_along, canvas.dpi_across)

    def peer() -> bytes:
        connection = _Kept()
        printer_class(connection, use_compression=True).print(ptouch.Label(raster.black, tape))
        return connection.data

    return _row(work, "ptouch", peer, _ours(raster, model_key, medium_key), target)


class _Kept:
    """What ptouch takes for a connection."""

    data = b""

    def connect(self, printer: object) -> None: ...

    def write(self, data: bytes) -> None:
        self.data += data


def _ours(raster: Raster, model_key: str, medium_key: str) -> Callable[[], bytes]:
    model, medium = find_model(model_key), find_medium(medium_key)
    driver = driver_for(model)
    return lambda: driver.encode([raster], model, medium, PrintOptions())


def _row(work: str, peer_name: str, peer: Callable[[], bytes], ours: Callable[[], bytes], target: str) -> Row:
    if peer() != ours():
        raise RuntimeError(f"{work}: {peer_name} and LabelHub give different bytes")
    peers, own = [], []
    for _ in range(ROUNDS):
        peers.append(_milliseconds(peer))
        own.append(_milliseconds(ours))
    return Row(work, peer_name, min(peers), min(own), "ms", target)


def _milliseconds(work: Callable[[], bytes]) -> float:
    start = time.perf_counter()
    for _ in range(LABELS):
        work()
    return (time.perf_counter() - start) * 1000 / LABELS


def picture(lines: int, pins: int, text: str = "LabelHub 4711\nRack 12, shelf C\n2026-11-21") -> Image.Image:
    """A label as people print them: a square of modules, three lines of text, a rule. 0 burns."""
    image = Image.new("1", (lines, pins), 255)
    draw = ImageDraw.Draw(image)
    module = max(1, pins // 29)
    for n in range(29 * 29):
        if (n * n * 2654435761 >> 7) & 1:
            x, y = n % 29 * module, n // 29 * module
            draw.rectangle((x, y, x + module - 1, y + module - 1), fill=0)
    rows = text.split("\n")
    size = pins / (len(rows) + 0.5)
    for n, row in enumerate(rows):
        draw.text((pins + module, n * size), row, fill=0, font=ImageFont.load_default(size * 0.8))
    draw.rectangle((pins + module, pins - module, lines - module, pins - 1), fill=0)
    return image


if __name__ == "__main__":
    for row in rows():
        figures = f"{row.peer:8.2f} {row.ours:7.2f} {row.unit} {row.ratio:6.1f} ×"
        print(f"{row.work:50} {row.peer_name:21} {figures}  ({row.target})")
