from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jobs import queue, states
from jobs.artifacts import load
from jobs.layout import medium_for, why_not_usable
from jobs.models import PRIORITY_URGENT, Job
from jobs.story import story_of
from jobs.views.back import back_to
from printers.callers import Caller, caller_of
from printers.errors import HubError
from printers.lookup import find_printer, visible_to
from printers.media import canvas_for, find_medium, find_model
from printers.models import Printer
from printers.pictures import margins_of, reading_png
from printers.raster import Raster
from templates_app.catalog import definition_of
from templates_app.definition import Definition

A_YEAR = 365 * 24 * 3600
QUARTERS = (90, 270)
ACTIONS: dict[str, Callable[[Job, Caller], Job]] = {
    "hold": queue.hold,
    "release": queue.release,
    "cancel": queue.cancel,
    "reprint": queue.reprint,
    "redraw": partial(queue.reprint, rerender=True),
    "urgent": partial(queue.set_priority, priority=PRIORITY_URGENT),
}
ANSWERS = {
    "printed": {"printed": True},
    "reprint": {"printed": False, "reprint": True},
    "not-printed": {"printed": False},
}


@require_safe
def job_page(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return render(request, "jobs/job.html", _context(request, job_id) | {"fresh": "fresh" in request.GET})


@require_safe
def job_live(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return render(request, "jobs/job_live.html", _context(request, job_id))


@require_safe
def picture(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The very dots that are printed, in reading direction; they never change once they are stored."""
    job = get_object_or_404(Job.objects.select_related("printer", "template_version"), id=job_id)
    if not job.artifact:
        raise Http404
    try:
        raster = load(job.artifact)
    except HubError as error:
        raise Http404(error.detail) from error
    png = reading_png(raster, across=_across(job), margins=_margins(job, raster))
    response = HttpResponse(png, content_type="image/png")
    response["Cache-Control"] = f"private, max-age={A_YEAR}, immutable" if "v" in request.GET else "private, no-cache"
    return response


@require_POST
def act(request: HttpRequest, job_id: UUID, name: str) -> HttpResponse:
    job = get_object_or_404(Job.objects.select_related("printer"), id=job_id)
    if name not in ACTIONS:
        raise Http404
    try:
        done = ACTIONS[name](job, caller_of(request))
    except HubError as error:
        messages.error(request, error.detail)
        return redirect("job", job_id)
    return redirect("job", done.id)


@require_POST
def move(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """POST `printer`: where it is to be printed instead."""
    job = get_object_or_404(Job.objects.select_related("printer", "template_version"), id=job_id)
    caller = caller_of(request)
    try:
        queue.move(job, caller, find_printer(request.POST.get("printer", ""), caller))
    except HubError as error:
        messages.error(request, error.detail)
    return redirect("job", job_id)


@require_POST
def resolve(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The answer to “did it come out?”; `next` is the list where it was given."""
    job = get_object_or_404(Job.objects.select_related("printer"), id=job_id)
    answer = request.POST.get("answer", "")
    if answer not in ANSWERS:
        raise Http404
    try:
        queue.resolve(job, caller_of(request), **ANSWERS[answer])
    except HubError as error:
        messages.error(request, error.detail)
        return redirect(back_to(request) or reverse("job", args=[job_id]))
    if back := back_to(request):
        messages.success(request, _("Thank you. That is settled."))
        return redirect(back)
    again = job.reprints.order_by("-created_at").first() if answer == "reprint" else None
    return redirect("job", again.id if again is not None else job_id)


def _across(job: Job) -> bool:
    """Whether lines of text run across the tape, with the job's own turn taken into account."""
    definition = _definition(job)
    across = definition is not None and definition.orientation == "across"
    return across is not (job.options.get("rotate") in QUARTERS)


def _margins(job: Job, raster: Raster) -> tuple[int, int]:
    try:
        canvas = canvas_for(find_model(job.printer.model), find_medium(job.medium))
    except HubError:
        return (0, 0)
    return margins_of(raster, canvas.medium, canvas.margin_mm)


def _context(request: HttpRequest, job_id: UUID) -> dict[str, object]:
    jobs = Job.objects.select_related("printer", "template_version__template", "pool__site")
    job = get_object_or_404(jobs, id=job_id)
    caller, definition = caller_of(request), _definition(job)
    movable = job.state in {states.PENDING, states.HELD}
    others = _places_for(definition, caller, job.printer_id) if definition is not None and movable else []
    return {"job": job, "story": story_of(job, definition, caller), "others": others}


def _places_for(definition: Definition, caller: Caller, here: UUID) -> list[Printer]:
    """The other printers that could take such a label."""
    printers = visible_to(caller).exclude(pk=here).select_related("site", "status")
    return [printer for printer in printers if not why_not_usable(printer) and _takes(printer, definition)]


def _takes(printer: Printer, definition: Definition) -> bool:
    try:
        medium_for(definition, printer)
    except HubError:
        return False
    return True


def _definition(job: Job) -> Definition | None:
    version = job.template_version
    if version is None:
        return None
    try:
        return definition_of(version)
    except HubError:
        return None
