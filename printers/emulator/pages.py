"""Raster lines into the page that comes out."""

from dataclasses import dataclass, field
from typing import Literal

from PIL import Image

from printers.emulator.commands import StreamError
from printers.raster import Raster

Cut = Literal["full", "half", "none"]


@dataclass(frozen=True, slots=True)
class Page:
    """One label, complete and about to be printed. `number` counts within a job, from 1; `last` feeds it out."""

    raster: Raster
    cut: Cut
    number: int
    last: bool
    margin_mm: float
    mirrored: bool
    medium_key: str


@dataclass
class Lines:
    """The lines of an unfinished page, as bytes of the whole head, the first pin in the highest bit."""

    bytes_per_line: int
    black: bytearray = field(default_factory=bytearray)
    red: bytearray = field(default_factory=bytearray)

    @property
    def count(self) -> int:
        return len(self.black) // self.bytes_per_line

    def add(self, line: bytes, times: int) -> None:
        """Black lines, with nothing red in them."""
        self.black += line * times
        self.red += bytes(len(line) * times)

    @property
    def waits_for_red(self) -> bool:
        return len(self.red) < len(self.black)

    def picture(self, plane: bytearray, first_pin: int, pins: int) -> Image.Image:
        """A plane in feed view: x the line, y the pin, 0 where it burns. Raises StreamError for dots off the tape."""
        head = Image.frombytes("1", (self.bytes_per_line * 8, self.count), bytes(plane))
        beside = (head.crop((0, 0, first_pin, head.height)), head.crop((first_pin + pins, 0, head.width, head.height)))
        if any(part.width and part.getbbox() for part in beside):
            raise StreamError(f"dots beside the {pins} pins that have tape under them")
        printed = Image.frombytes("1", head.size, bytes(plane), "raw", "1;I")
        printed = printed.crop((first_pin, 0, first_pin + pins, head.height))
        return printed.transpose(Image.Transpose.TRANSPOSE)
