from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from jobs import queue
from jobs.api.answers import described, job_of, png_answer, visible
from jobs.artifacts import read_artifact
from jobs.history import containing
from jobs.layout import render_job
from jobs.models import Job, JobQuerySet
from jobs.schemas.jobs import (
    EventList,
    EventOut,
    JobList,
    JobOut,
    JobQuery,
    MoveIn,
    PriorityIn,
    ReprintIn,
    Resolve,
    event_out,
    job_out,
)
from printers.api import printer_of
from printers.callers import caller_of
from printers.models import Event
from printers.paging import chosen_fields, list_answer, page
from printers.schemas import PageQuery
from printers.stream import Wanted

router = Router(tags=["Jobs"])

NEWEST_FIRST = ("-created_at", "-id")
AS_IT_WAS = ReprintIn()


@router.get("/jobs", response=JobList, operation_id="list_jobs", summary="List jobs")
def list_jobs(request: HttpRequest, query: Query[JobQuery]) -> HttpResponse:
    """Newest first. Filters that are given all apply."""
    names = chosen_fields(JobOut, query.fields)
    only = containing(query.text) if query.text else None
    jobs = _matching(request, query)
    found = page(jobs, NEWEST_FIRST, cursor=query.cursor, limit=query.limit, only=only)
    return list_answer(JobList(items=[job_out(job) for job in found.rows], next_cursor=found.next_cursor), names)


@router.get("/jobs/{uuid:id}", response=JobOut, operation_id="read_job", summary="Read a job")
def read_job(request: HttpRequest, id: UUID) -> JobOut:
    return job_out(job_of(request, id))


@router.get("/jobs/{uuid:id}/events", response=EventList, operation_id="list_job_events", summary="Read a job's story")
def list_job_events(request: HttpRequest, id: UUID, query: Query[PageQuery]) -> HttpResponse:
    """Every change of its state, oldest first."""
    names = chosen_fields(EventOut, query.fields)
    # What happened before at another printer is not told to a caller who may not know that one.
    wanted = Wanted(job=job_of(request, id).id, only_printers=caller_of(request).printer_ids)
    events = wanted.among(Event.objects.all())
    found = page(events, ("id",), cursor=query.cursor, limit=query.limit)
    items = [event_out(wanted.told(each)) for each in found.rows]
    return list_answer(EventList(items=items, next_cursor=found.next_cursor), names)


@router.get("/jobs/{uuid:id}/image.png", operation_id="read_job_image", summary="Read a job's image")
def read_job_image(request: HttpRequest, id: UUID) -> HttpResponse:
    """The exact dots that were or will be sent, as the label leaves the printer."""
    job = job_of(request, id)
    if job.artifact:
        return png_answer(request, job.artifact, read_artifact(job.artifact))
    # Its turn has not come; the same values at the same instant give the same dots.
    raster = render_job(job)
    return png_answer(request, raster.sha256, raster.png)


@router.post("/jobs/{uuid:id}/cancel", response=JobOut, operation_id="cancel_job", summary="Cancel a job")
def cancel(request: HttpRequest, id: UUID) -> JobOut:
    """Works until the first byte leaves; then the label does not come out."""
    return _moved(queue.cancel(job_of(request, id), caller_of(request)))


@router.post("/jobs/{uuid:id}/hold", response=JobOut, operation_id="hold_job", summary="Hold a job")
def hold(request: HttpRequest, id: UUID) -> JobOut:
    """It waits until somebody releases it."""
    return _moved(queue.hold(job_of(request, id), caller_of(request)))


@router.post("/jobs/{uuid:id}/release", response=JobOut, operation_id="release_job", summary="Release a job")
def release(request: HttpRequest, id: UUID) -> JobOut:
    return _moved(queue.release(job_of(request, id), caller_of(request)))


@router.post("/jobs/{uuid:id}/reprint", response={202: JobOut}, operation_id="reprint_job", summary="Print it again")
def reprint(request: HttpRequest, id: UUID, body: ReprintIn = AS_IT_WAS) -> Status[JobOut]:
    """A new job with the same dots, or drawn anew; `reprint_of` names this one, which stays as it is."""
    return Status(202, _moved(queue.reprint(job_of(request, id), caller_of(request), rerender=body.rerender)))


@router.post("/jobs/{uuid:id}/resolve", response=JobOut, operation_id="resolve_job", summary="Say whether it came out")
def resolve_outcome(request: HttpRequest, id: UUID, body: Resolve) -> JobOut:
    """Settles an unknown outcome; only a person at the printer can know."""
    return _moved(queue.resolve(job_of(request, id), caller_of(request), printed=body.printed, reprint=body.reprint))


@router.post("/jobs/{uuid:id}/priority", response=JobOut, operation_id="set_job_priority", summary="Change its turn")
def set_priority(request: HttpRequest, id: UUID, body: PriorityIn) -> JobOut:
    """Works while it waits; among equals the older one goes first."""
    return _moved(queue.set_priority(job_of(request, id), caller_of(request), body.priority))


@router.post("/jobs/{uuid:id}/move", response=JobOut, operation_id="move_job", summary="Move it to another printer")
def move(request: HttpRequest, id: UUID, body: MoveIn) -> JobOut:
    """Works while it waits: the label is laid out anew for what the other printer has loaded."""
    job, caller = job_of(request, id), caller_of(request)
    return _moved(queue.move(job, caller, printer_of(request, body.printer)))


def _moved(job: Job) -> JobOut:
    return job_out(described(Job.objects.all()).get(pk=job.pk))


def _matching(request: HttpRequest, query: JobQuery) -> JobQuerySet:
    jobs = described(visible(request))
    equal = {
        "state": query.state,
        "outcome": query.outcome,
        "template_key": query.template,
        "batch_id": query.batch,
        "requested_by": query.requested_by,
        "created_at__gte": query.created_from,
        "created_at__lt": query.created_before,
    }
    jobs = jobs.filter(**{name: value for name, value in equal.items() if value is not None})
    if query.printer is not None:
        jobs = jobs.filter(printer=printer_of(request, query.printer))
    return jobs.alias(values_text=Cast("fields", TextField())) if query.text else jobs
