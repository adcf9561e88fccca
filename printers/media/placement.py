"""Where a medium lies under a print head, in pins and raster lines, and the canvas that follows from it."""

from dataclasses import dataclass

from printers.errors import MediumDoesNotFit
from printers.media.printer_models import MODELS, Model
from printers.media.sizes import MEDIA, Medium


@dataclass(frozen=True, slots=True)
class Placement:
    """`left` + `pins` + `right` = the head's pins; pin 0 is the first bit of a raster line.

    `feed_margin_dots` is the blank feed before and after the label that the printer is told by default, in dots at the
    model's dpi. `length_dots` is the exact number of raster lines of a die-cut label, None where it is continuous;
    then `min_dots` and `max_dots` bound it. All at the model's dpi, not in high resolution.
    """

    left: int
    pins: int
    right: int
    feed_margin_dots: int
    length_dots: int | None
    min_dots: int
    max_dots: int


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a label is drawn on: `pins` dots across, `length_dots` (or `min_lines` to `max_lines`) raster lines along.

    `margin_mm` is the blank that the printer feeds before and after it.
    """

    medium: Medium
    pins: int
    length_dots: int | None
    min_lines: int
    max_lines: int
    dpi_along: int
    dpi_across: int
    two_colour: bool
    margin_mm: float


# Brother "Raster Command Reference" PT-E550W/P750W/P710BT v1.02, 2.3.5: (left, print) of 128 pins. The tubes' rows are
# two pins off the manual's, as ptouch found by measuring prints.
_PINS_180 = {
    "tze:3.5": (52, 24), "tze:6": (48, 32), "tze:9": (39, 50), "tze:12": (29, 70), "tze:18": (8, 112),
    "tze:24": (0, 128),
    "hse:5.8": (52, 28), "hse:8.8": (42, 48), "hse:11.7": (33, 66), "hse:17.7": (13, 106), "hse:23.6": (0, 128),
    "hse3:5.2": (56, 20), "hse3:9.0": (44, 44), "hse3:11.2": (41, 50), "hse3:21.0": (6, 120),
}  # fmt: skip

# The same of PT-P900 series v1.02, 2.3.5: (left, print) of 560 pins; tubes 17 pins off, likewise.
_PINS_360 = {
    "tze:3.5": (248, 48), "tze:6": (240, 64), "tze:9": (219, 106), "tze:12": (197, 150), "tze:18": (155, 234),
    "tze:24": (112, 320), "tze:36": (45, 454),
    "hse:5.8": (261, 56), "hse:8.8": (241, 96), "hse:11.7": (223, 132), "hse:17.7": (183, 212), "hse:23.6": (161, 256),
    "hse3:5.2": (269, 40), "hse3:9.0": (245, 88), "hse3:11.2": (239, 100), "hse3:21.0": (169, 240),
    "hse3:31.0": (109, 360),
}  # fmt: skip

# QL, "Print area" of each reference: (print pins, lines or None, right offset on a 720 pin head). The bits of a line
# run from the right, so that the right offset is what comes before the first print pin.
_DOTS_300: dict[str, tuple[int, int | None, int]] = {
    "dk:12": (106, None, 29), "dk:29": (306, None, 6), "dk:38": (413, None, 12), "dk:50": (554, None, 12),
    "dk:54": (590, None, 0), "dk:62": (696, None, 12), "dk:62red": (696, None, 12),
    "dk:102": (1164, None, 12), "dk:103": (1200, None, 12), "dk:104": (1200, None, -8),
    "dk:17x54": (165, 566, 0), "dk:17x87": (165, 956, 0), "dk:23x23": (202, 202, 42), "dk:29x42": (306, 425, 6),
    "dk:29x90": (306, 991, 6), "dk:38x90": (413, 991, 12), "dk:39x48": (425, 495, 6), "dk:52x29": (578, 271, 0),
    "dk:54x29": (598, 271, 60), "dk:60x86": (672, 954, 18), "dk:62x29": (696, 271, 12), "dk:62x100": (696, 1109, 12),
    "dk:102x51": (1164, 526, 12), "dk:102x152": (1164, 1660, 12), "dk:103x164": (1200, 1822, 12),
    "dk:d12": (94, 94, 113), "dk:d24": (236, 236, 42), "dk:d58": (618, 618, 51),
}  # fmt: skip

_ROLL_MARGIN = 35
# Die-cut labels need none, but the smallest are fed a little.
_LABEL_MARGINS = {"dk:d12": 35}
# 2 mm, the least: ESC i d 14 dots at 180 dpi.
_TAPE_MARGINS = {180: 14, 360: 28}
_ONLY_NEWER_WIDE = {"dk:103", "dk:103x164"}
_NEWER_WIDE = {"ql-1100", "ql-1110nwb", "ql-1115nwb"}
_WITHOUT_TUBES = {"pt-p910bt"}


def placement(model: Model, medium: Medium) -> Placement:
    """Raises MediumDoesNotFit where the model cannot take the medium."""
    found = _PLACEMENTS[model.key].get(medium.key)
    if found is None:
        media = ", ".join(other.key for other in media_for(model))
        raise MediumDoesNotFit(f"A {model.name} cannot take {medium.title} ({medium.key}). It takes: {media}.")
    return found


def media_for(model: Model) -> tuple[Medium, ...]:
    """All that fits the model, in table order."""
    return tuple(MEDIA[key] for key in _PLACEMENTS[model.key])


def canvas_for(model: Model, medium: Medium, *, high_resolution: bool = False) -> Canvas:
    """Raises MediumDoesNotFit. High resolution doubles lines and `dpi_along`; whether the model has it is not asked."""
    place = placement(model, medium)
    factor = 2 if high_resolution else 1
    return Canvas(
        medium=medium,
        pins=place.pins,
        length_dots=None if place.length_dots is None else place.length_dots * factor,
        min_lines=place.min_dots * factor,
        max_lines=place.max_dots * factor,
        dpi_along=model.dpi * factor,
        dpi_across=model.dpi,
        two_colour=model.two_colour and medium.two_colour,
        margin_mm=place.feed_margin_dots / model.dpi * 25.4,
    )


def _placement(model: Model, medium: Medium) -> Placement | None:
    return _on_ql(model, medium) if model.family == "ql" else _on_pt(model, medium)


def _on_pt(model: Model, medium: Medium) -> Placement | None:
    pins = (_PINS_180 if model.dpi == 180 else _PINS_360).get(medium.key)
    if pins is None or (medium.kind != "tze" and model.key in _WITHOUT_TUBES):
        return None
    left, printed = pins
    return Placement(
        left, printed, model.pins - left - printed, _TAPE_MARGINS[model.dpi], None, model.min_dots, model.max_dots
    )


def _on_ql(model: Model, medium: Medium) -> Placement | None:
    if medium.key not in _DOTS_300 or (medium.two_colour and not model.two_colour):
        return None
    if medium.key in _ONLY_NEWER_WIDE and model.key not in _NEWER_WIDE:
        return None
    printed, length, offset = _DOTS_300[medium.key]
    left = offset + model.right_offset
    if left + printed > model.pins:
        return None
    margin = _ROLL_MARGIN if length is None else _LABEL_MARGINS.get(medium.key, 0)
    least, most = (model.min_dots, model.max_dots) if length is None else (length, length)
    return Placement(left, printed, model.pins - left - printed, margin, length, least, most)


_PLACEMENTS = {
    model.key: {
        medium.key: place for medium in MEDIA.values() if (place := _placement(model, medium)) is not None
    }
    for model in MODELS.values()
}  # fmt: skip
