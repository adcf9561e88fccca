"""Reads the dots that would be printed and says what is wrong with them, before any tape moves."""

import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import zxingcpp

from printers.raster import BLACK_DOT, Bytes
from templates_app.definition import Definition
from templates_app.elements.base import Placed
from templates_app.elements.symbols import SYMBOLOGIES, Symbology
from templates_app.rendering import Rendering, Values

Severity = Literal["error", "warning", "info"]
Dots = npt.NDArray[np.bool_]

LEAST_X_HEIGHT_MM = 1.2
# Pixels of a module that zxing reads best at.
_READING_PX = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable; `element` is empty where the whole label is meant."""

    severity: Severity
    element: str
    message: str
    suggestion: str
    code: str

    def as_json(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("severity", "element", "message", "suggestion", "code")}


def lint(rendering: Rendering, definition: Definition, values: Values) -> list[Finding]:
    """Everything found, errors first. Pure: the same raster has the same findings."""
    raster = rendering.raster
    black = _ink(rendering, raster.black_dots)
    red = _ink(rendering, raster.red_dots) if raster.red_dots is not None else None
    found = [*_label(rendering, definition, values, black, red)]
    for placed in rendering.elements:
        if placed.kind == "barcode":
            either = black if red is None else black | red
            own = red if placed.details["colour"] == "red" and red is not None else black
            if placed.details["colour"] == "white":
                # Light on dark: readers see it as dark on light.
                own = either = ~either
            found += _barcode(rendering, placed, own, either)
        elif placed.kind == "text":
            found += _text(placed)
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda f: order[f.severity])


def _ink(rendering: Rendering, dots: Bytes) -> Dots:
    """True where a dot is burnt, in the reading view."""
    ink = dots == BLACK_DOT
    return np.rot90(ink, -1) if rendering.across else ink


def _label(
    rendering: Rendering, definition: Definition, values: Values, black: Dots, red: Dots | None
) -> Iterator[Finding]:
    either = black if red is None else black | red
    if not either.any():
        yield Finding("error", "", "The label is blank.", "Fill in a field that is shown.", "blank")
    if rendering.canvas.medium.shape == "round" and _outside_circle(either):
        yield Finding(
            "error", "", "Ink lies outside the round label.", "Keep to its middle: use padding.", "off-medium"
        )
    if definition.tape_limit and rendering.tape_mm > definition.tape_limit * 1000:
        yield Finding(
            "error", "",
            f"The label takes {rendering.tape_mm / 1000:.2f} m of tape; the limit is {definition.tape_limit:g} m.",
            "Shorten what is on it.", "too-much-tape",
        )  # fmt: skip
    for name in values.unallocated:
        if name in definition.counters:
            yield Finding(
                "info", "", f"The counter “{name}” shows an example; printing gives the real number.", "", "serial"
            )


def _outside_circle(ink: Dots) -> bool:
    height, width = ink.shape
    y, x = np.ogrid[:height, :width]
    outside = ((x + 0.5) / width - 0.5) ** 2 + ((y + 0.5) / height - 0.5) ** 2 > 0.25
    return bool((ink & outside).any())


def _text(placed: Placed) -> Iterator[Finding]:
    details, name = placed.details, placed.name
    if missing := details.get("missing"):
        shown = ", ".join(f"“{c}” (U+{ord(c):04X})" for c in missing[:8])
        yield Finding(
            "error", name, f"Text “{name}”: no font here has {shown}, so it is left out.",
            "Write it differently, or add a font that has it.", "missing-glyph",
        )  # fmt: skip
    if details.get("off_medium"):
        yield Finding(
            "error",
            name,
            f"Text “{name}” reaches beyond the label.",
            "Make it smaller or give it more room.",
            "off-medium",
        )
    x_height = details["x_height_mm"]
    if x_height < LEAST_X_HEIGHT_MM - 0.005:
        yield Finding(
            "warning", name,
            f"Text “{name}” is small: its small letters are {x_height:.1f} mm high, {LEAST_X_HEIGHT_MM} mm read well.",
            f"Set its size to {_readable_size(details, x_height):g}." if details["size"]
            else "Shorten it or use a larger label.", "small-text",
        )  # fmt: skip
    if not details["text"].isascii() and any(map(_needs_shaping, details["text"])):
        yield Finding(
            "warning", name, f"Text “{name}” is in a script that needs shaping, its letters may stand wrong.",
            "Look at the preview closely.", "complex-script",
        )  # fmt: skip


def _readable_size(details: dict[str, Any], x_height: float) -> float:
    """A tenth of a millimetre that is enough also where a letter loses half a pixel to rounding."""
    size = float(details["size"])
    return math.ceil((size * LEAST_X_HEIGHT_MM / x_height + size / float(details["px"])) * 10) / 10


def _needs_shaping(character: str) -> bool:
    if character < "\u0590":
        return False
    return "\u0900" <= character <= "\u109f" or unicodedata.bidirectional(character) in {"R", "AL"}


def _barcode(rendering: Rendering, placed: Placed, own: Dots, either: Dots) -> Iterator[Finding]:
    details, name = placed.details, placed.name
    symbology = SYMBOLOGIES[details["symbology"]]
    title = f"{symbology.title} “{name}”"
    if details.get("off_medium"):
        yield Finding("error", name, f"{title} reaches beyond the label.", "Give it more room.", "off-medium")
        return
    least = symbology.min_module
    if details["module_mm"] < least - 0.005:
        yield Finding(
            "warning", name,
            f"{title} has modules of {details['module_mm']:.2f} mm; ordinary readers need {least:.2f} mm.",
            details["advice"], "small-module",
        )  # fmt: skip
    turned = bool(details.get("turned"))
    unread = "Use another symbology for this value."
    modules = _modules(placed, own, symbology, turned=turned)
    if modules is None:
        unread = _uncovering(rendering, placed)
        yield Finding("error", name, f"{title} is damaged: something is drawn over it.", unread, "covered")
    yield from _quiet_zone(rendering, placed, either, symbology, title)
    read = None if modules is None or turned else _read_modules(modules, symbology)
    if read is None:
        read = _read_dots(placed, own, symbology, turned=turned)
    if read is None:
        yield Finding(
            "error", name, f"{title} cannot be read back from the printed dots.",
            unread, "unreadable",
        )  # fmt: skip
    elif read != details["payload"]:
        yield Finding(
            "error", name, f"{title} reads back as “{read[:60]}”, not as “{details['payload'][:60]}”.",
            unread, "misread",
        )  # fmt: skip


def _uncovering(rendering: Rendering, code: Placed) -> str:
    x, y, w, h = code.box
    over = [
        f"“{other.name}”"
        for other in rendering.elements
        if other.kind not in {"group", "flag"} and other.box != code.box
        and other.box[0] < x + w and x < other.box[0] + other.box[2]
        and other.box[1] < y + h and y < other.box[1] + other.box[3]
    ]  # fmt: skip
    return f"Move {', '.join(over)} away from it." if over else "Draw nothing over it."


def _modules(placed: Placed, ink: Dots, symbology: Symbology, *, turned: bool) -> Dots | None:
    """One dot of each module; None unless all its others have the same colour."""
    x, y, w, h = placed.box
    across, down = placed.details["module_dots"]
    if symbology.linear:
        across, down = (w, down) if turned else (across, h)
    area = ink[y : y + h, x : x + w]
    if area.shape != (h, w) or h % down or w % across:
        return None
    modules = area[::down, ::across]
    return modules if modules.repeat(across, axis=1).repeat(down, axis=0).tobytes() == area.tobytes() else None


def _quiet_zone(rendering: Rendering, placed: Placed, ink: Dots, symbology: Symbology, title: str) -> Iterator[Finding]:
    x, y, w, h = placed.box
    across, down = placed.details["module_dots"]
    turned = bool(placed.details.get("turned"))
    quiet = symbology.quiet
    zone_x, zone_y = quiet * across, quiet * down
    if symbology.linear:
        zone_x, zone_y = (0, zone_y) if turned else (zone_x, 0)
    height, width = ink.shape
    left, top, right, bottom = (
        max(0, x - zone_x),
        max(0, y - zone_y),
        min(width, x + w + zone_x),
        min(height, y + h + zone_y),
    )
    if np.count_nonzero(ink[top:bottom, left:right]) > np.count_nonzero(ink[y : y + h, x : x + w]):
        yield Finding(
            "warning", placed.name, f"{title}: something stands in its quiet zone of {quiet} modules.",
            f"Keep {quiet * placed.details['module_mm']:.1f} mm free around it.", "quiet-zone",
        )  # fmt: skip
    bleed = rendering.bleed
    short = max(
        zone_x - x - bleed.left, zone_x - (width - x - w) - bleed.right,
        zone_y - y - bleed.top, zone_y - (height - y - h) - bleed.bottom,
    )  # fmt: skip
    # A dot less than the standard's is within its tolerance.
    if short > max(across, down) // 2:
        yield Finding(
            "warning", placed.name, f"{title}: its quiet zone of {quiet} modules is cut by the edge of the label.",
            "Leave out its quiet: the standard's is kept then." if placed.details["quiet"] < quiet
            else "Make the code smaller or add padding.", "quiet-zone",
        )  # fmt: skip


def _read_modules(modules: Dots, symbology: Symbology) -> str | None:
    """What a reader says of an upright symbol that it need not search for, which takes as long as reading it."""
    blank = max(symbology.quiet, 2)
    rows, columns = modules.shape
    picture = np.ones((rows + 2 * blank, columns + 2 * blank), dtype=np.uint8)
    picture[blank:-blank, blank:-blank] = ~modules
    found = zxingcpp.read_barcode(
        picture, formats=zxingcpp.BarcodeFormats(symbology.format), try_downscale=False, try_invert=False,
        try_rotate=False, is_pure=True, binarizer=zxingcpp.Binarizer.BoolCast, text_mode=zxingcpp.TextMode.Plain,
    )  # fmt: skip
    return _text_of(found, symbology) if found and found.valid else None


def _read_dots(placed: Placed, ink: Dots, symbology: Symbology, *, turned: bool) -> str | None:
    """What a reader finds in the printed dots, with blank around them as the medium has it."""
    x, y, w, h = placed.box
    across, down = placed.details["module_dots"]
    if symbology.linear:
        across = down = down if turned else across
    area = ~ink[y : y + h, x : x + w]
    size = max(across, down)
    scale = -(-_READING_PX // size)
    times_x, times_y = scale * size // across, scale * size // down
    if symbology.linear:
        # Bars need no more height than a reader's line.
        times_x, times_y = (1, times_y) if turned else (times_x, 1)
    blank = max(symbology.quiet, 2) * scale * size
    picture = np.full((area.shape[0] * times_y + 2 * blank, area.shape[1] * times_x + 2 * blank), 255, dtype=np.uint8)
    picture[blank:-blank, blank:-blank] *= np.repeat(np.repeat(area, times_y, axis=0), times_x, axis=1)
    formats = zxingcpp.BarcodeFormats(symbology.format)
    found = zxingcpp.read_barcode(
        picture, formats=formats, try_downscale=False, try_invert=False, try_rotate=turned,
        text_mode=zxingcpp.TextMode.Plain,
    )  # fmt: skip
    if found is None or not found.valid:
        found = zxingcpp.read_barcode(picture, formats=formats, text_mode=zxingcpp.TextMode.Plain)
    return _text_of(found, symbology) if found else None


def _text_of(found: zxingcpp.Barcode, symbology: Symbology) -> str:
    text = str(found.text)
    # Readers report a UPC-A as the EAN-13 that it is.
    return text[1:] if symbology.key == "upca" and len(text) == 13 else text
