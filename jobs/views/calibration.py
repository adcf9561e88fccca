"""Where a printer's labels come out, against where they should: print a ruler, read it off, keep the difference."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jobs.ruler import Ruler, draw_ruler, print_ruler
from printers.calibration import Offset, calibrate, offset_for, offsets_of
from printers.callers import caller_of
from printers.cards import PrinterCard, printer_card
from printers.errors import HubError
from printers.media import Medium, find_model, media_for
from printers.models import Printer
from printers.pictures import data_uri, margins_of, reading_png
from printers.words import medium_words


class Measured(forms.Form):
    """What a person reads off the printed ruler, in mm."""

    upright = forms.DecimalField(min_value=0, max_value=400, decimal_places=2, localize=True)
    line = forms.DecimalField(min_value=0, max_value=110, decimal_places=2, localize=True)

    default_error_messages = {"number": gettext_lazy("Give millimetres, such as 20.3.")}


@require_http_methods(["GET", "HEAD", "POST"])
def calibration(request: HttpRequest, printer_id: UUID) -> HttpResponse:
    """POST `step`: `print` queues the ruler, `keep` takes what was read off it, `forget` shifts that medium no more."""
    printer = get_object_or_404(Printer.objects.select_related("site", "status"), id=printer_id)
    card = printer_card(printer)
    try:
        media = media_for(find_model(printer.model))
    except HubError as error:
        messages.error(request, error.detail)
        return redirect("printer", printer_id)
    wanted = request.POST.get("medium") or request.GET.get("medium", "")
    medium = next((each for each in media if each.key == wanted), card.medium if card.medium in media else media[0])
    form = Measured()
    if request.method == "POST":
        form = Measured(request.POST if request.POST.get("step") == "keep" else None)
        if (answer := _acted(request, printer, medium, form)) is not None:
            return answer
    return _page(request, card, medium, media, form, status=422 if form.errors else 200)


def _acted(request: HttpRequest, printer: Printer, medium: Medium, form: Measured) -> HttpResponse | None:
    caller, back = caller_of(request), f"{reverse('printer-calibration', args=[printer.id])}?medium={medium.key}"
    step = request.POST.get("step")
    try:
        if step == "print":
            job = print_ruler(printer, medium, caller)
            messages.success(request, _("The ruler is being printed. Come back here when it is out."))
            return redirect("job", job.id)
        if step == "forget":
            calibrate(printer, medium, Offset(), caller)
            messages.success(request, _("Labels on %(medium)s are not shifted any more.") % _named(medium))
            return redirect(back)
        if not form.is_valid():
            return None
        calibrate(printer, medium, _corrected(printer, draw_ruler(printer, medium), form), caller)
    except HubError as error:
        form.add_error(None, error.detail) if form.is_bound else messages.error(request, error.detail)
        return None
    messages.success(request, _("Kept. Print the ruler once more to see that it is right now."))
    return redirect(back)


def _corrected(printer: Printer, ruler: Ruler, form: Measured) -> Offset:
    """The ruler itself was shifted by what is kept; what it is still beside the mark comes on top."""
    now, read = offset_for(printer, ruler.medium), form.cleaned_data
    return Offset(
        round(now.along_mm + ruler.upright_mm - float(read["upright"]), 2),
        round(now.across_mm + ruler.line_mm - float(read["line"]), 2),
    )


def _page(
    request: HttpRequest, card: PrinterCard, medium: Medium, media: tuple[Medium, ...], form: Measured, *, status: int
) -> HttpResponse:
    ruler = draw_ruler(card.printer, medium)
    margins = margins_of(ruler.raster, medium, ruler.margin_mm)
    context = {
        "printer": card.printer,
        "card": card,
        "medium": medium,
        "medium_title": medium_words(medium),
        "is_loaded": card.medium is not None and card.medium.key == medium.key,
        "media": [(each.key, medium_words(each)) for each in media],
        "ruler": ruler,
        "upright_mm": _mm(ruler.upright_mm),
        "line_mm": _mm(ruler.line_mm),
        "picture": data_uri(reading_png(ruler.raster, across=False, margins=margins)),
        "form": form,
        "offsets": [(each.key, medium_words(each), _told(offset)) for each, offset in offsets_of(card.printer)],
    }
    return render(request, "jobs/calibration.html", context, status=status)


def _told(offset: Offset) -> str:
    along = _("%(mm)s mm to the right") if offset.along_mm > 0 else _("%(mm)s mm to the left")
    across = _("%(mm)s mm down") if offset.across_mm > 0 else _("%(mm)s mm up")
    told = [(along, offset.along_mm), (across, offset.across_mm)]
    return ", ".join(words % {"mm": _mm(abs(mm))} for words, mm in told if mm)


def _mm(value: float) -> str:
    return number_format(f"{value:g}")


def _named(medium: Medium) -> dict[str, str]:
    return {"medium": medium_words(medium)}
