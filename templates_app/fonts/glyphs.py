"""Glyphs as the head will burn them, kept: hinting one costs a hundred times what putting it down does."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeVar

from PIL import Image, ImageDraw

from templates_app.fonts import sized

# Ink from 44 % on: thin strokes of small letters survive, counters stay open.
_INK = [255 if v >= 112 else 0 for v in range(256)]
# Larger ones are few on a label and heavy to keep.
_KEPT_PX = 96
# Characters of a font at one size: enough for what is written with an alphabet.
_KEPT = 600
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Glyph:
    """`mask` is an image core or None for a space; offsets are from pen and baseline in dots, `advance` in pixels."""

    mask: Any
    dx: int
    dy: int
    w: int
    h: int
    advance: float


class Kept(dict[str, T]):
    """What `find` says of a character, found when it is first asked for."""

    def __init__(self, find: Callable[[str], T]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, character: str) -> T:
        if len(self) >= _KEPT:
            self.clear()
        found = self[character] = self._find(character)
        return found


@lru_cache(maxsize=32)
def advances(path: str, px: int) -> Kept[float]:
    """How far the pen moves by character, in pixels."""
    return Kept(sized(path, px).getlength)


def glyphs(path: str, px: int, fx: int, fy: int, text: str) -> list[Glyph]:
    """The letters of `text` at `px` pixels an em, `fx` × `fy` pixels of which make one dot."""
    if px > _KEPT_PX:
        return [_large(path, px, fx, fy, character) for character in text]
    kept = _small(path, px, fx, fy)
    return [kept[character] for character in text]


def _drawn(path: str, px: int, fx: int, fy: int, character: str) -> Glyph:
    font = sized(path, px)
    mask, (dx, dy) = font.getmask2(character, "L", anchor="ls")
    advance = float(font.getlength(character))
    if not mask.size[0] or not mask.size[1]:
        return Glyph(None, 0, 0, 0, 0, advance)
    # Padded so that dots begin on the baseline's grid.
    left, top = dx % fx, dy % fy
    size = (-(-(left + mask.size[0]) // fx) * fx, -(-(top + mask.size[1]) // fy) * fy)
    image = Image.new("L", size, 0)
    ImageDraw.Draw(image).draw.draw_bitmap((left, top), mask, 255)
    if fx > 1 or fy > 1:
        image = image.reduce((fx, fy))
    image = image.point(_INK)
    return Glyph(image.im, (dx - left) // fx, (dy - top) // fy, image.width, image.height, advance)


_large = lru_cache(maxsize=200)(_drawn)


@lru_cache(maxsize=32)
def _small(path: str, px: int, fx: int, fy: int) -> Kept[Glyph]:
    return Kept(partial(_drawn, path, px, fx, fy))
