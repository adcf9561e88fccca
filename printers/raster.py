"""What the print head burns, dot by dot: the one form in which a label travels from rendering to a driver."""

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bytes = NDArray[np.uint8]

BLACK_DOT, WHITE_DOT = 0, 255

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, PALETTE = 0, 3
WHITE_BLACK_RED = bytes((255, 255, 255, 0, 0, 0, 200, 30, 30))
UP, METRE = 2, 1


@dataclass(frozen=True)
class Raster:
    """One label as the printer sees it.

    `black` (and `red`, on two-colour media) are mode "1" images: 0 is a burnt dot, 255 is blank. Their width is the
    number of raster lines along the feed, the first line that leaves the printer at x = 0; their height is the number
    of print pins across the tape, exactly. `dpi_along` and `dpi_across` turn dots into inches.
    """

    black: Image.Image
    red: Image.Image | None = None
    dpi_along: int = 180
    dpi_across: int = 180

    @property
    def lines(self) -> int:
        return self.black.width

    @property
    def pins(self) -> int:
        return self.black.height

    @property
    def length_mm(self) -> float:
        return self.lines / self.dpi_along * 25.4

    @cached_property
    def encoded(self) -> dict[tuple[object, ...], bytes]:
        """What a driver has made of it beforehand."""
        return {}

    @cached_property
    def black_dots(self) -> Bytes:
        """(pins, lines): 0 where one is burnt. Whoever reads it changes nothing in it; so with the red ones."""
        return dots(self.black)

    @cached_property
    def red_dots(self) -> Bytes | None:
        return None if self.red is None else dots(self.red)

    @cached_property
    def png(self) -> bytes:
        """1-bit PNG, or a palette of white, black and red; the same bytes for the same dots."""
        if self.red_dots is None:
            return self._png(1, GREY, self.black_dots)
        # Red lies on top: two bits for each dot.
        red = self.red_dots == BLACK_DOT
        black = (self.black_dots == BLACK_DOT) & ~red
        both = np.stack((red, black), axis=2).reshape(self.pins, -1)
        return self._png(2, PALETTE, both, _chunk(b"PLTE", WHITE_BLACK_RED))

    def _png(self, depth: int, colours: int, bits: NDArray[Any], palette: bytes = b"") -> bytes:
        """Not by Pillow, whose encoder takes three times as long to be set up as this for a small label."""
        rows = np.packbits(bits, axis=1)
        # Each row as what differs from the one above it, which for strokes and modules is nothing; zlib need then look
        # for nothing but runs, and needs no more memory than that.
        filtered = np.full((self.pins, 1 + rows.shape[1]), UP, np.uint8)
        filtered[0, 1:] = rows[0]
        np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
        packer = zlib.compressobj(1, wbits=12, memLevel=5, strategy=zlib.Z_RLE)
        along, across = (int(dpi / 0.0254 + 0.5) for dpi in (self.dpi_along, self.dpi_across))
        head = _head(self.lines, self.pins, depth, colours, along, across, palette)
        return head + _chunk(b"IDAT", packer.compress(filtered.data) + packer.flush()) + END

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.png).hexdigest()

    @classmethod
    def from_png(cls, data: bytes) -> "Raster":
        """The raster that `png` wrote; raises ValueError for anything else."""
        own = _read_own(data)
        if own is not None:
            return cls(own[0], None, own[1], own[2])
        try:
            image = Image.open(io.BytesIO(data), formats=("PNG",))
            image.load()
        except (OSError, SyntaxError) as error:
            raise ValueError(f"not a label image: {error}") from error
        along, across = (round(v) for v in image.info.get("dpi", (180, 180)))
        if image.mode == "1":
            return cls(image, None, along, across)
        if image.mode != "P":
            raise ValueError(f"a label image has 1 bit or a palette, this one is {image.mode}")
        planes = [image.point([0 if v == n else 255 for v in range(256)], "1") for n in (1, 2)]
        return cls(planes[0], planes[1], along, across)


def dots(plane: Image.Image) -> Bytes:
    """(pins, lines): 0 where a dot is burnt."""
    return np.frombuffer(plane.tobytes("raw", "L"), np.uint8).reshape(plane.height, plane.width)


def _read_own(data: bytes) -> tuple[Image.Image, int, int] | None:
    """Image and dpi of what `png` writes in one colour, without Pillow's reader, which takes longer to be set up.

    None where it is anything else: in two colours, of a former release, damaged.
    """
    try:
        lines, pins, along, across = *struct.unpack_from(">II", data, 16), *struct.unpack_from(">II", data, 41)
    except struct.error:
        return None
    head = _head(lines, pins, 1, GREY, along, across)
    content, width = data[len(head) + 8 : -len(END) - 4], 1 + (lines + 7) // 8
    if not (lines and pins) or data != head + _chunk(b"IDAT", content) + END:
        return None
    unpacker = zlib.decompressobj()
    try:
        filtered = unpacker.decompress(content, pins * width + 1)
    except zlib.error:
        return None
    if not unpacker.eof or len(filtered) != pins * width or filtered[::width] != bytes([UP]) * pins:
        return None
    rows = np.frombuffer(filtered, np.uint8).reshape(pins, width)
    bits = np.add.accumulate(rows, axis=0, dtype=np.uint8)[:, 1:]
    return Image.frombytes("1", (lines, pins), bits.tobytes()), round(along * 0.0254), round(across * 0.0254)


def _head(lines: int, pins: int, depth: int, colours: int, along: int, across: int, palette: bytes = b"") -> bytes:
    """Everything before the dots; `along` and `across` in dots per metre."""
    sizes = _chunk(b"IHDR", struct.pack(">IIBBBBB", lines, pins, depth, colours, 0, 0, 0))
    return SIGNATURE + sizes + palette + _chunk(b"pHYs", struct.pack(">IIB", along, across, METRE))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))


END = _chunk(b"IEND", b"")
