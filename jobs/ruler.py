"""The label by which a printer is calibrated: two long lines whose places are known, between millimetre ticks."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from jobs.artifacts import keep
from jobs.doorbell import ring_on_commit
from jobs.errors import PrinterNotUsable
from jobs.layout import why_not_usable
from jobs.models import PRIORITY_URGENT, Job
from jobs.states import PENDING
from printers.callers import Caller
from printers.media import Medium, canvas_for, find_model
from printers.models import Printer, record
from printers.pictures import margins_of
from printers.raster import BLACK_DOT, WHITE_DOT, Raster
from templates_app.fonts import FAMILIES, sized

LENGTH_MM, UPRIGHT_MM = 50.0, 20.0
KEY = "calibration"


@dataclass(frozen=True, slots=True)
class Ruler:
    """`upright_mm` is meant to lie that far from the edge that leaves first, `line_mm` from the upper edge."""

    raster: Raster
    medium: Medium
    # The blank before and after it, as the printer feeds it.
    margin_mm: float
    upright_mm: float
    line_mm: float


def draw_ruler(printer: Printer, medium: Medium) -> Ruler:
    """Raises MediumDoesNotFit where the printer's model does not take it."""
    canvas = canvas_for(find_model(printer.model), medium)
    across = canvas.dpi_across / 25.4
    along = canvas.dpi_along / 25.4
    lines = canvas.length_dots or max(canvas.min_lines, round(LENGTH_MM * along))
    image = Image.new("1", (lines, canvas.pins), WHITE_DOT)
    raster = Raster(image, None, canvas.dpi_along, canvas.dpi_across)
    before, beside = margins_of(raster, medium, canvas.margin_mm)
    upright = UPRIGHT_MM if not medium.length_mm else round(medium.length_mm / 2, 1)
    middle = round(medium.width_mm / 2, 2)
    pen = ImageDraw.Draw(image)
    thick = max(1, round(0.2 * across))
    x, y = round(upright * along) - before, round(middle * across) - beside
    pen.rectangle((0, y, lines - 1, y + thick - 1), fill=BLACK_DOT)
    pen.rectangle((x, 0, x + thick - 1, canvas.pins - 1), fill=BLACK_DOT)
    _ticks(pen, y, lines, along, before, across, canvas.pins)
    _words(pen, medium, x, y, thick, canvas.pins, upright, middle)
    return Ruler(raster, medium, canvas.margin_mm, upright, middle)


def print_ruler(printer: Printer, medium: Medium, caller: Caller) -> Job:
    """Queue one, in front of others. Raises PrinterNotUsable, MediumDoesNotFit, ArtifactUnusable."""
    if sentence := why_not_usable(printer):
        raise PrinterNotUsable(sentence)
    artifact = keep(draw_ruler(printer, medium).raster.png)
    with transaction.atomic():
        job = Job.objects.create(
            printer=printer,
            template_key=KEY,
            fields={"label": _("Ruler for calibration")},
            medium=medium.key,
            artifact=artifact,
            priority=PRIORITY_URGENT,
            requested_by=caller.label,
            user_id=caller.user_id,
            api_token_id=caller.token_id,
            source_address=caller.address,
        )
        record(
            "job.pending",
            printer_id=printer.pk,
            job_id=job.pk,
            actor=caller.label,
            data={"from": None, "to": str(PENDING), "reasons": []},
        )
        ring_on_commit(printer.pk)
    return job


def _ticks(pen: ImageDraw.ImageDraw, y: int, lines: int, along: float, before: int, across: float, pins: int) -> None:
    """One a millimetre from the edge that leaves first; every fifth and tenth is longer."""
    for mm in range(int((lines + before) / along) + 1):
        x = round(mm * along) - before
        height = 2.0 if mm % 10 == 0 else 1.4 if mm % 5 == 0 else 0.8
        if 0 <= x < lines:
            pen.line((x, y, x, min(pins - 1, y + round(height * across))), fill=BLACK_DOT)


def _words(
    pen: ImageDraw.ImageDraw, medium: Medium, x: int, y: int, thick: int, pins: int, upright: float, middle: float
) -> None:
    """How far the two lines should lie from the edges, where there is room to say so."""
    size = min(y - 2 * thick, round(pins * 0.3))
    if size < 12 or medium.shape == "round":
        return
    font = sized(str(FAMILIES["sans"][True]), size)
    pen.text((x + 3 * thick, y - 2 * thick), f"x {upright:g}  y {middle:g} mm", font=font, fill=BLACK_DOT, anchor="ls")
    arrow = round(size * 0.35)
    centre = y - 2 * thick - round(size * 0.4)
    pen.polygon([(thick, centre), (thick + 2 * arrow, centre - arrow), (thick + 2 * arrow, centre + arrow)], BLACK_DOT)
