"""What the shift of a printer (printers/calibration.py) does to a label."""

from django.utils.translation import gettext as _

from printers.calibration import is_cut, offset_for
from printers.media import Medium
from printers.models import Printer
from printers.raster import Raster
from templates_app.lint import Finding


def cut_by_calibration(printer: Printer, medium: Medium, raster: Raster) -> list[Finding]:
    if not is_cut(raster, offset_for(printer, medium)):
        return []
    return [
        Finding(
            "warning",
            "",
            _("The calibration of %(printer)s shifts this label over the edge: a part of it will be missing.")
            % {"printer": printer.title},
            _("Leave more room at the edge, or calibrate the printer anew."),
            "cut-by-calibration",
        )
    ]
