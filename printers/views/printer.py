from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from printers.callers import caller_of
from printers.cards import printer_card, printer_cards
from printers.history import history_of, tiles_of
from printers.inventory import pause_printer
from printers.lookup import visible_to
from printers.models import Printer
from printers.status import due_now, model_mismatch

JOBS_SHOWN = 6


@require_safe
def printers(request: HttpRequest) -> HttpResponse:
    return render(request, "printers/list.html", {"cards": _cards(request)})


@require_safe
def printers_live(request: HttpRequest) -> HttpResponse:
    return render(request, "printers/list_live.html", {"cards": _cards(request)})


@require_safe
def printer_page(request: HttpRequest, printer_id: UUID) -> HttpResponse:
    context = _one(request, printer_id)
    days = history_of(context["printer"])
    return render(request, "printers/printer.html", context | {"days": days, "tiles": tiles_of(days)})


@require_safe
def printer_live(request: HttpRequest, printer_id: UUID) -> HttpResponse:
    return render(request, "printers/printer_live.html", _one(request, printer_id))


@require_POST
def pause(request: HttpRequest, printer_id: UUID) -> HttpResponse:
    printer = _managed(request, printer_id)
    pause_printer(printer, caller_of(request))
    messages.success(
        request, _("%(printer)s is paused: what is running finishes, nothing new begins.") % _name(printer)
    )
    return redirect("printer", printer_id)


@require_POST
def probe(request: HttpRequest, printer_id: UUID) -> HttpResponse:
    printer = _found(printer_id)
    due_now(printer.id)
    messages.success(request, _("%(printer)s is asked within seconds.") % _name(printer))
    return redirect("printer", printer_id)


def _cards(request: HttpRequest) -> object:
    return printer_cards(visible_to(caller_of(request)).select_related("site", "status"))


def _found(printer_id: UUID) -> Printer:
    return get_object_or_404(Printer.objects.select_related("site", "status"), id=printer_id)


def _managed(request: HttpRequest, printer_id: UUID) -> Printer:
    if "manage" not in caller_of(request).scopes:
        raise PermissionDenied
    return _found(printer_id)


def _name(printer: Printer) -> dict[str, str]:
    return {"printer": printer.title}


def _one(request: HttpRequest, printer_id: UUID) -> dict[str, Any]:
    printer = _found(printer_id)
    card = printer_card(printer)
    return {
        "printer": printer,
        "card": card,
        "mismatch": model_mismatch(printer, card.status),
        "may_manage": "manage" in caller_of(request).scopes,
        # Jobs belong to a higher room; the relation is there without importing it.
        "jobs": printer.jobs.select_related("printer", "template_version__template")[:JOBS_SHOWN],
    }
