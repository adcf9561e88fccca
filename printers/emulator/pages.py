"""Raster lines into the page that comes out."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
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

    def picture(self, plane: bytearray, first_pin: int, pins: int) -> Image.Image:
        """A plane in feed view: x the line, y the pin, 0 where it burns. Raises StreamError for dots off the tape."""
        head = np.unpackbits(np.frombuffer(plane, np.uint8).reshape(self.count, -1), axis=1)
        under = head[:, first_pin : first_pin + pins]
        if np.count_nonzero(head) > np.count_nonzero(under):
            raise StreamError(f"dots beside the {pins} pins that have tape under them")
        burnt = np.packbits(np.ascontiguousarray(under.T), axis=1)
        return Image.frombytes("1", (self.count, pins), (~burnt).tobytes())
