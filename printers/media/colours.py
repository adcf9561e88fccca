"""Colours of tapes and of what is printed on them, by the codes of the status block (bytes 24 and 25)."""

from typing import NamedTuple


class Colour(NamedTuple):
    """`rgb` is sRGB for drawings, by eye from Brother's swatches; None where the code names no colour."""

    name: str
    rgb: str | None


# Brother "Raster Command Reference" PT-P900 series v1.02, status information, "Tape color information".
TAPE_COLOURS: dict[int, Colour] = {
    0x01: Colour("white", "#ffffff"),
    0x02: Colour("other", None),
    0x03: Colour("clear", "#eef2f5"),
    0x04: Colour("red", "#d3202e"),
    0x05: Colour("blue", "#1f5bb5"),
    0x06: Colour("yellow", "#ffd60a"),
    0x07: Colour("green", "#1f9d55"),
    0x08: Colour("black", "#17181a"),
    0x09: Colour("clear (white text)", "#8d98a5"),
    0x20: Colour("matte white", "#f7f7f4"),
    0x21: Colour("matte clear", "#e9eef1"),
    0x22: Colour("matte silver", "#c3c7cb"),
    0x23: Colour("satin gold", "#d8b765"),
    0x24: Colour("satin silver", "#cdd1d5"),
    0x30: Colour("blue (D)", "#1c50a2"),
    0x31: Colour("red (D)", "#c8202c"),
    0x40: Colour("fluorescent orange", "#ff7a1a"),
    0x41: Colour("fluorescent yellow", "#e8ff2a"),
    0x50: Colour("berry pink", "#d6336c"),
    0x51: Colour("light gray", "#c9cdd2"),
    0x52: Colour("lime green", "#b5d334"),
    0x60: Colour("yellow (F)", "#ffe94a"),
    0x61: Colour("pink (F)", "#ff9ac1"),
    0x62: Colour("blue (F)", "#3f8fe0"),
    0x70: Colour("white (heat-shrink)", "#ffffff"),
    0x90: Colour("white (flexible ID)", "#ffffff"),
    0x91: Colour("yellow (flexible ID)", "#ffd60a"),
    0xF0: Colour("cleaning", None),
    0xF1: Colour("stencil", None),
    0xFF: Colour("incompatible", None),
}
TEXT_COLOURS: dict[int, Colour] = {
    0x01: Colour("white", "#ffffff"),
    0x02: Colour("other", None),
    0x04: Colour("red", "#c8141e"),
    0x05: Colour("blue", "#1c50a2"),
    0x08: Colour("black", "#111111"),
    0x0A: Colour("gold", "#c9a24a"),
    0x62: Colour("blue (F)", "#2f7fd0"),
    # A QL-800 with the DK-22251 in it says 81; it burns either.
    0x81: Colour("black/red", "#111111"),
    0xF0: Colour("cleaning", None),
    0xF1: Colour("stencil", None),
    0xFF: Colour("incompatible", None),
}
