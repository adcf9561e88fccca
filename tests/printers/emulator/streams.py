"""Streams for the emulated printer: those of the public encoders, and hand-written ones."""

import logging
import random
import socket
from collections.abc import Sequence
from typing import Any

import ptouch
from brother_ql.conversion import convert
from brother_ql.raster import BrotherQLRaster
from PIL import Image, ImageChops, ImageOps

from printers.emulator import EmulatedPrinter
from printers.raster import Raster

logging.getLogger("brother_ql").setLevel(logging.ERROR)

PT_MODELS = {
    "pt-e550w": ptouch.PTE550W,
    "pt-p750w": ptouch.PTP750W,
    "pt-p900w": ptouch.PTP900W,
    "pt-p950nw": ptouch.PTP950NW,
    "pt-p910bt": ptouch.PTP910BT,
}
PT_TAPES = {
    "tze:3.5": ptouch.Tape3_5mm,
    "tze:6": ptouch.Tape6mm,
    "tze:9": ptouch.Tape9mm,
    "tze:12": ptouch.Tape12mm,
    "tze:18": ptouch.Tape18mm,
    "tze:24": ptouch.Tape24mm,
    "tze:36": ptouch.Tape36mm,
    "hse:5.8": ptouch.HeatShrinkTube5_8mm,
    "hse:11.7": ptouch.HeatShrinkTube11_7mm,
    "hse3:11.2": ptouch.HeatShrinkTube3_1_11_2mm,
}


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    """Mode "1": noise in the middle, runs and empty columns around it, nothing symmetrical."""
    noise = random.Random(seed)
    image = Image.new("1", (width, height), 255)
    for _ in range(12):
        x, y = noise.randrange(width), noise.randrange(height)
        image.paste(noise.choice((0, 0, 255)), (x, y, min(width, x + 30), min(height, y + 40)))
    for x in range(width // 3, width // 3 + 12):
        for y in range(height):
            image.putpixel((x, y), noise.choice((0, 255)))
    image.paste(0, (0, 0, 3, 2))
    return image


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and ImageChops.difference(one.convert("L"), other.convert("L")).getbbox() is None


def to_portrait(feed_view: Image.Image) -> Image.Image:
    """The way brother_ql has it: row 0 is sent first."""
    return feed_view.transpose(Image.Transpose.ROTATE_270)


def to_feed_view(portrait: Image.Image) -> Image.Image:
    return portrait.transpose(Image.Transpose.ROTATE_90)


class _Wire:
    """What ptouch takes for a connection."""

    def __init__(self) -> None:
        self.sent = b""

    def connect(self, printer: object) -> None:
        pass

    def write(self, data: bytes) -> None:
        self.sent += data


def ptouch_stream(model: str, tape: str, images: Sequence[Image.Image], **options: Any) -> bytes:
    wire = _Wire()
    printer = PT_MODELS[model](wire, use_compression=options.pop("compress", True))
    labels = [ptouch.Label(image.convert("RGB"), PT_TAPES[tape]) for image in images]
    if len(labels) == 1:
        printer.print(labels[0], **options)
    else:
        printer.print_multi(labels, **options)
    return wire.sent


def brother_ql_stream(model: str, label: str, images: Sequence[Image.Image], **options: Any) -> bytes:
    """Images in feed view; with `red` they may be RGB."""
    raster = BrotherQLRaster(model)
    portraits = [to_portrait(image) if image.mode == "RGB" else to_portrait(image).convert("L") for image in images]
    return bytes(convert(raster, portraits, label, rotate=0, **options))


def in_two_colours(black: Image.Image, red: Image.Image) -> Image.Image:
    image = Image.new("RGB", black.size, "white")
    image.paste("red", mask=ImageOps.invert(red.convert("L")))
    image.paste("black", mask=ImageOps.invert(black.convert("L")))
    return image


def send(printer: EmulatedPrinter, *pieces: bytes, wait: bool = True) -> None:
    """Send and, unless told otherwise, wait until the printer has hung up."""
    with socket.create_connection((printer.host, printer.port), timeout=10) as connection:
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        while wait and connection.recv(4096):
            pass


def pt_page(raster: Raster, *, width: int = 12, page: int = 0, end: bytes = b"\x1a", **changes: bytes) -> bytes:
    """A PT page by hand, uncompressed lines of a 128-pin head with a 12 mm tape; `changes` replace single parts."""
    lines = raster.lines
    parts = {
        "information": b"\x1biz" + bytes((0x84, 0, width, 0)) + lines.to_bytes(4, "little") + bytes((page, 0)),
        "various": b"\x1biM\x40",
        "expanded": b"\x1biK\x08",
        "margin": b"\x1bid\x0e\x00",
        "compression": b"M\x00",
        "lines": b"".join(b"G\x10\x00" + line for line in wire_lines(raster.black, 29, 16)),
        "end": end,
    }
    return b"".join((parts | changes).values())


def wire_lines(image: Image.Image, first_pin: int, bytes_per_line: int) -> list[bytes]:
    head = Image.new("1", (bytes_per_line * 8, image.width), 255)
    head.paste(image.transpose(Image.Transpose.TRANSPOSE), (first_pin, 0))
    data = bytes(byte ^ 0xFF for byte in head.tobytes())
    return [data[start : start + bytes_per_line] for start in range(0, len(data), bytes_per_line)]


PT_START = b"\0" * 100 + b"\x1b@\x1bia\x01"
