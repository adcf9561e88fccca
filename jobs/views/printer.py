"""What is done to a printer that concerns its queue."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jobs.dispatch.stopping import try_at_once
from jobs.doorbell import ring
from jobs.sample_label import print_sample
from printers.callers import caller_of
from printers.errors import HubError
from printers.inventory import resume_printer
from printers.models import Printer


@require_POST
def resume(request: HttpRequest, printer_id: UUID) -> HttpResponse:
    caller = caller_of(request)
    if "manage" not in caller.scopes:
        raise PermissionDenied
    printer = get_object_or_404(Printer, id=printer_id)
    resume_printer(printer, caller)
    try_at_once(printer.id)
    ring(printer.id)
    messages.success(request, _("%(printer)s prints again.") % {"printer": printer.title})
    return redirect("printer", printer_id)


@require_POST
def print_test(request: HttpRequest, printer_id: UUID) -> HttpResponse:
    printer = get_object_or_404(Printer.objects.select_related("site", "status"), id=printer_id)
    try:
        accepted = print_sample(printer, caller_of(request))
    except HubError as error:
        messages.error(request, error.detail)
        return redirect("printer", printer_id)
    return redirect("job", accepted.jobs[0].id)
