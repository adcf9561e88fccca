from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from jobs import batches
from jobs.errors import UnknownBatch
from jobs.models import Batch, Job
from printers.callers import caller_of
from printers.errors import HubError

# So many labels are shown, beginning with a few that came out.
SHOWN, BEFORE = 30, 3
UNKNOWNS = ("ask", "reprint", "leave")


@require_safe
def batch_page(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    return render(request, "jobs/batch.html", _context(request, _found(request, batch_id)))


@require_safe
def batch_live(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    return render(request, "jobs/batch_live.html", _context(request, _found(request, batch_id)))


@require_POST
def cancel(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    count = batches.cancel_rest(_found(request, batch_id), caller_of(request))
    messages.success(request, ngettext("%(n)d label is canceled.", "%(n)d labels are canceled.", count) % {"n": count})
    return redirect("batch", batch_id)


@require_POST
def resume(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """POST `number` of the label to begin with (1 is the first, empty: the first that did not come out), `again`, and
    `unknown`: what to do with labels of which nobody knows whether they came out."""
    number, unknown = request.POST.get("number", "").strip(), request.POST.get("unknown", "ask")
    if unknown not in UNKNOWNS:
        raise Http404
    if number and not (number.isdecimal() and int(number) >= 1):
        messages.error(request, _("Give the number of a label; 1 is the first."))
        return redirect("batch", batch_id)
    try:
        count = batches.resume(
            _found(request, batch_id),
            caller_of(request),
            start=int(number) - 1 if number else None,
            again="again" in request.POST,
            unknown=unknown,  # type: ignore[arg-type]
        )
    except HubError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, ngettext("%(n)d label goes on.", "%(n)d labels go on.", count) % {"n": count})
    return redirect("batch", batch_id)


def _found(request: HttpRequest, batch_id: UUID) -> Batch:
    try:
        return batches.find_batch(batch_id, caller_of(request))
    except UnknownBatch as error:
        raise Http404(error.detail) from error


def _context(request: HttpRequest, batch: Batch) -> dict[str, object]:
    progress = batches.progress_of(batch, caller_of(request))
    here = max(0, (progress.next_position or 0) - BEFORE)
    near = [label.id for label in progress.labels if label.position >= here][:SHOWN]
    jobs = Job.objects.filter(pk__in=near).select_related("printer", "template_version__template")
    return {"batch": batch, "progress": progress, "jobs": jobs.order_by("position")}
