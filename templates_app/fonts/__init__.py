"""Which font draws which character, and how large it is.

Noto Sans is shipped (Latin, Greek, Cyrillic; OFL.txt beside it). The system's Noto CJK and a few others fill in where
they are installed. Metrics are shares of the em, so that a size can be given as the height of a capital letter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from templates_app.fonts.coverage import Coverage, read_coverage

SHIPPED = Path(__file__).parent
FAMILIES = {
    "sans": {False: SHIPPED / "NotoSans-Regular.ttf", True: SHIPPED / "NotoSans-Bold.ttf"},
}
# Fonts that people added, by name; templates_app.house_fonts puts their files here before they are drawn with.
HOUSE: dict[str, str] = {}
# Where distributions put what Noto Sans lacks; the first that has the character draws it.
FALLBACKS: dict[bool, tuple[str, ...]] = {
    False: (
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/truetype/noto/NotoSansSymbols2-Regular.ttf",
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    ),
    True: (
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
        "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc",
        "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Bold.ttc",
        "/usr/share/fonts/truetype/noto/NotoSansSymbols2-Regular.ttf",
        "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    ),
}
_REFERENCE = 1000


@dataclass(frozen=True, slots=True)
class Metrics:
    """Heights as shares of the em, above the baseline unless they say otherwise."""

    cap: float
    x: float
    ascent: float
    descent: float  # below the baseline


@lru_cache(maxsize=512)
def sized(path: str, px: int) -> ImageFont.FreeTypeFont:
    # Basic layout: raqm depends on a system library and would make the dots differ between machines.
    return ImageFont.truetype(path, px, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=64)
def metrics(path: str) -> Metrics:
    font = sized(path, _REFERENCE)

    def edge(letter: str, side: int) -> float:
        return abs(font.getbbox(letter, anchor="ls")[side]) / _REFERENCE

    return Metrics(cap=edge("H", 1), x=edge("x", 1), ascent=edge("d", 1), descent=edge("p", 3))


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One weight of a family with everything that may stand in for it; what was read anew is another one."""

    path: str
    metrics: Metrics
    coverage: Coverage
    bold: bool
    # What a font of the house lacks comes from the shipped one before any other.
    second: tuple[tuple[str, Coverage], ...] = ()

    def runs(self, text: str) -> Iterator[tuple[str, str]]:
        """(font path, piece of text) in order; characters that no font has are left out."""
        if self.coverage.has_all(text):
            yield self.path, text
            return
        path, piece = self.path, ""
        for character in text:
            needed = self._path_for(character) or (path if character.isspace() else None)
            if needed is None:
                continue
            if needed != path and piece:
                yield path, piece
                piece = ""
            path = needed
            piece += character
        if piece:
            yield path, piece

    def missing(self, text: str) -> tuple[str, ...]:
        """The characters that no font here has, once each."""
        if self.coverage.has_all(text):
            return ()
        return tuple(dict.fromkeys(c for c in text if not c.isspace() and self._path_for(c) is None))

    def _path_for(self, character: str) -> str | None:
        if self.coverage.has(character):
            return self.path
        others = (*self.second, *fallbacks(bold=self.bold))
        return next((path for path, coverage in others if coverage.has(character)), None)


@lru_cache(maxsize=2)
def fallbacks(*, bold: bool) -> tuple[tuple[str, Coverage], ...]:
    return tuple((path, read_coverage(path)) for path in FALLBACKS[bold] if Path(path).is_file())


@lru_cache(maxsize=64)
def find_face(family: str, *, bold: bool) -> Face:
    """Raises KeyError for a font that is not here. A font of the house has one weight."""
    if family in FAMILIES:
        path = str(FAMILIES[family][bold])
        return Face(path, metrics(path), read_coverage(path), bold)
    path, shipped = HOUSE[family], str(FAMILIES["sans"][bold])
    return Face(path, metrics(path), read_coverage(path), bold, ((shipped, read_coverage(shipped)),))
