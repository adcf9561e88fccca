"""By how much a printer prints beside the place that it means, and the shift against it.

The picture of a label stays what comes out: the shift is made when its dots are sent, and only then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from PIL import Image

from printers.callers import Caller
from printers.inventory import change_printer
from printers.media import Medium, find_medium
from printers.models import Printer
from printers.raster import WHITE_DOT, Raster


@dataclass(frozen=True, slots=True)
class Offset:
    """In mm, as the tape leaves the printer: `along` towards the label's end, `across` towards its lower edge."""

    along_mm: float = 0.0
    across_mm: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.along_mm or self.across_mm)


def offset_for(printer: Printer, medium: Medium) -> Offset:
    return _offset(printer.calibration.get(medium.key, {}))


def offsets_of(printer: Printer) -> list[tuple[Medium, Offset]]:
    return [(find_medium(key), _offset(said)) for key, said in sorted(printer.calibration.items())]


def calibrate(printer: Printer, medium: Medium, offset: Offset, caller: Caller) -> Printer:
    """Keep the offset of one medium, and leave those of the others. Raises InvalidInput for one that is too far."""
    with transaction.atomic():
        row = Printer.objects.select_for_update(of=("self",)).select_related("site").get(pk=printer.pk)
        kept = {**row.calibration, medium.key: {"along_mm": offset.along_mm, "across_mm": offset.across_mm}}
        return change_printer(row, {"calibration": kept}, caller)


def shifted(raster: Raster, offset: Offset) -> Raster:
    """The same number of dots, moved; what leaves the print head's width, or the label's length, is gone."""
    move = _dots(raster, offset)
    if move == (0, 0):
        return raster
    red = None if raster.red is None else _moved(raster.red, move)
    return replace(raster, black=_moved(raster.black, move), red=red)


def is_cut(raster: Raster, offset: Offset) -> bool:
    """Whether a dot that would be burnt is lost by the shift."""
    along, across = _dots(raster, offset)
    for plane in (raster.black, raster.red):
        box = plane and plane.point(lambda value: WHITE_DOT - value, "1").getbbox()
        if not box:
            continue
        left, top, right, bottom = box
        if left + along < 0 or top + across < 0 or right + along > raster.lines or bottom + across > raster.pins:
            return True
    return False


def _dots(raster: Raster, offset: Offset) -> tuple[int, int]:
    return round(offset.along_mm / 25.4 * raster.dpi_along), round(offset.across_mm / 25.4 * raster.dpi_across)


def _moved(plane: Image.Image, move: tuple[int, int]) -> Image.Image:
    blank = Image.new("1", plane.size, WHITE_DOT)
    blank.paste(plane, move)
    return blank


def _offset(said: Mapping[str, Any]) -> Offset:
    return Offset(float(said.get("along_mm", 0)), float(said.get("across_mm", 0)))
