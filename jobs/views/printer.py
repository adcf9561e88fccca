"""What is done to a printer that concerns its queue."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from jobs.batches import cancel_all
from jobs.dispatch.stopping import try_at_once
from jobs.doorbell import ring
from jobs.lease import acquire
from jobs.models import Job
from jobs.sample_label import print_sample
from jobs.states import HELD, PENDING
from printers.callers import caller_of
from printers.doctor import examine
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


@require_http_methods(["GET", "HEAD", "POST"])
def clear(request: HttpRequest, printer_id: UUID) -> HttpResponse:
    """GET asks once more, POST cancels all that waits."""
    caller = caller_of(request)
    if "manage" not in caller.scopes:
        raise PermissionDenied
    printer = get_object_or_404(Printer, id=printer_id)
    if request.method != "POST":
        waiting = Job.objects.filter(printer=printer, state__in=[PENDING, HELD]).count()
        return render(request, "jobs/clear.html", {"printer": printer, "waiting": waiting})
    count = cancel_all(Q(printer=printer), caller)
    messages.success(request, ngettext("%(n)d job is canceled.", "%(n)d jobs are canceled.", count) % {"n": count})
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


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def doctor(request: HttpRequest, printer_id: UUID) -> HttpResponse:
    """POST looks, and shows what it found; with `insist` it tries the printing port whatever answered before."""
    printer = get_object_or_404(Printer.objects.select_related("site", "status"), id=printer_id)
    steps = None
    if request.method == "POST":
        steps = examine(printer, lambda: _turn_at(printer_id), insist="insist" in request.POST)
    context = {
        "printer": printer,
        "steps": steps,
        "well": steps is not None and all(step.tone == "ok" for step in steps),
        "may_insist": steps is not None and len(steps) > 1 and "insist" not in request.POST and steps[-1].tone == "off",
        "may_manage": "manage" in caller_of(request).scopes,
    }
    return render(request, "jobs/doctor.html", context)


@contextmanager
def _turn_at(printer_id: UUID) -> Iterator[bool]:
    """The lease of the printer, so that no label is sent meanwhile; False where one is."""
    lease = acquire(printer_id)
    try:
        yield lease is not None
    finally:
        if lease is not None:
            lease.release()
            # A label that came in between found the turn taken.
            ring(printer_id)
