"""Breaking text into lines and finding the size at which they fit."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from templates_app.fonts import Face
from templates_app.fonts.glyphs import Glyph, advances, glyphs

LARGEST_PX = 1400
# Labels of one batch have many texts in common, and no label has so many.
_KEPT = 128
ELLIPSIS = "…"
Room = tuple[float | None, float | None]
Squeeze = tuple[int, int]


class Style(NamedTuple):
    """`line_height` is a share of the font size; one that `fills` keeps no room for accents beyond its own."""

    wrap: bool = False
    max_lines: int | None = None
    line_height: float = 1.2
    ellipsis: bool = False
    fills: bool = False


class TooLarge(Exception):
    """How much is missing, in dots of the head; `lines` where there are too many of them."""

    def __init__(self, width: float = 0, height: float = 0, lines: int = 0) -> None:
        super().__init__()
        self.width, self.height, self.lines = width, height, lines


@dataclass(frozen=True, slots=True)
class Line:
    """`glyphs` stand at their distance from the line's left edge; the baseline is measured from the text's top.

    `below` is how far ink goes below the baseline.
    """

    text: str
    width: int
    baseline: int
    glyphs: list[tuple[Glyph, int]]
    below: int


@dataclass(frozen=True, slots=True)
class Layout:
    """`above` and `below` are what accents and the like need beyond the height that every text of this size has."""

    lines: list[Line]
    width: int
    height: int
    above: int
    below: int
    px: int
    x_share: float
    below_capitals: int


def length(face: Face, text: str, px: int) -> float:
    """In pixels of the finer resolution, from the first pen position to the last."""
    total = 0.0
    for path, piece in face.runs(text):
        kept = advances(path, px)
        total += sum([kept[c] for c in piece])
    return total


def _broken(face: Face, word: str, px: int, room: float) -> list[str]:
    """A word that is longer than a line, in pieces that are not."""
    pieces, start = [], 0
    for at in range(1, len(word) + 1):
        if at - start > 1 and length(face, word[start:at], px) > room:
            pieces.append(word[start : at - 1])
            start = at - 1
    return [*pieces, word[start:]]


def wrapped(face: Face, text: str, px: int, room: float) -> list[str]:
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if length(face, longer, px) <= room:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _broken(face, word, px, room) if length(face, word, px) > room else [word]
            lines += full
        lines.append(line)
    return lines


def _shortened(face: Face, text: str, px: int, room: float) -> str:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if length(face, text[:middle].rstrip() + ELLIPSIS, px) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


def _drawn(face: Face, text: str, px: int, squeeze: Squeeze) -> tuple[list[tuple[Glyph, int]], int, int, int]:
    """The glyphs of one line, its width in dots, and how far ink goes above and below the baseline."""
    inked: list[tuple[Glyph, int]] = []
    fx, fy = squeeze
    above = below = right = 0
    left = 1 << 30
    pen = 0.0
    for path, piece in face.runs(text):
        for found in glyphs(path, px, fx, fy, piece):
            if found.mask is not None:
                at = round(pen / fx) + found.dx
                inked.append((found, at))
                # Comparing is half the work of asking min and max for each letter.
                left = at if at < left else left
                right = at + found.w if at + found.w > right else right
                above = -found.dy if -found.dy > above else above
                below = found.dy + found.h if found.dy + found.h > below else below
            pen += found.advance
    return [(g, at - left) for g, at in inked], right - left if inked else 0, above, below


def _texts(style: Style, text: str, face: Face, room: float | None, px: int, *, cut: bool) -> list[str]:
    if room is None:
        return text.split("\n")
    lines = wrapped(face, text, px, room) if style.wrap else text.split("\n")
    if not cut:
        return lines
    if style.max_lines and len(lines) > style.max_lines:
        lines = [*lines[: style.max_lines - 1], _shortened(face, lines[style.max_lines - 1], px, room)]
    return [line if length(face, line, px) <= room else _shortened(face, line, px, room) for line in lines]


def _height(style: Style, face: Face, px: int, lines: int, squeeze: Squeeze) -> int:
    return round(((lines - 1) * style.line_height + face.metrics.ascent + face.metrics.descent) * px / squeeze[1])


@lru_cache(_KEPT)
def layout(style: Style, text: str, face: Face, room: Room, px: int, squeeze: Squeeze, *, cut: bool = False) -> Layout:
    """The lines at this size, with an ellipsis where they may be `cut`; raises TooLarge with the dots missing."""
    texts = _texts(style, text, face, room[0], px, cut=cut)
    if style.max_lines and len(texts) > style.max_lines:
        raise TooLarge(lines=len(texts) - style.max_lines)
    if cut and room[0] is not None and room[1] is not None and style.wrap:
        texts = _cut_to_height(style, texts, face, (room[0], room[1]), px)
    height = _height(style, face, px, len(texts), squeeze)
    drawn = [_drawn(face, line, px, squeeze) for line in texts]
    width = max(d[1] for d in drawn)
    ascent = round(face.metrics.ascent * px / squeeze[1])
    step = style.line_height * px / squeeze[1]
    above = max(0, drawn[0][2] - ascent)
    below = max(0, drawn[-1][3] - round(face.metrics.descent * px / squeeze[1]))
    if style.fills:
        # Such a text may fill the label to its edges: nothing is left around it for accents to reach into.
        height, ascent, above, below = height + above + below, ascent + above, 0, 0
    over_x = 0 if room[0] is None else max(0, width - round(room[0] / squeeze[0]))
    over_y = 0 if room[1] is None else max(0, height - round(room[1] / squeeze[1]))
    if over_x or over_y:
        raise TooLarge(over_x, over_y)
    lines = [
        Line(line, d[1], ascent + round(n * step), d[0], d[3])
        for n, (line, d) in enumerate(zip(texts, drawn, strict=True))
    ]
    return Layout(
        lines, width, height, above, below, px, face.metrics.x,
        round((face.metrics.descent + face.metrics.cap - face.metrics.ascent) * px / squeeze[1]),
    )  # fmt: skip


def _cut_to_height(style: Style, texts: list[str], face: Face, room: tuple[float, float], px: int) -> list[str]:
    one = (face.metrics.ascent + face.metrics.descent) * px
    fits = max(1, int((room[1] - one) / (style.line_height * px)) + 1)
    if len(texts) <= fits:
        return texts
    return [*texts[: fits - 1], _shortened(face, texts[fits - 1], px, room[0])]


@lru_cache(_KEPT)
def fitted(style: Style, text: str, face: Face, room: Room, smallest: int, largest: int, squeeze: Squeeze) -> Layout:
    """The layout at the largest size that fits; raises TooLarge as of the smallest."""
    if room[1] is not None:
        one_line = room[1] / (face.metrics.ascent + face.metrics.descent)
        largest = max(smallest, min(largest, int(one_line) + 1))
    if not style.wrap and room[0] is not None:
        # Widths grow with the size almost linearly, so one measurement says where to begin.
        longest = max(length(face, line, 100) for line in text.split("\n"))
        if longest:
            largest = max(smallest, min(largest, int(room[0] / longest * 100) + 2))
    low, best = smallest, None
    probe = largest
    if not style.wrap:
        for px in range(largest, max(smallest, largest - 4) - 1, -1):
            try:
                return layout(style, text, face, room, px, squeeze)
            except TooLarge:
                probe = px - 1
    while low <= probe:
        middle = (low + probe + 1) // 2
        try:
            best = layout(style, text, face, room, middle, squeeze)
            low = middle + 1
        except TooLarge:
            probe = middle - 1
    return best or layout(style, text, face, room, smallest, squeeze, cut=style.ellipsis)
