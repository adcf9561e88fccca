import json
from collections import Counter
from typing import Annotated
from uuid import UUID

from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from ninja import Header, Query, Router, Status

from jobs import queue, submission
from jobs.artifacts import read_artifact
from jobs.dispatch.stopping import try_at_once
from jobs.doorbell import ring_on_commit
from jobs.errors import UnknownBatch, UnknownJob
from jobs.layout import render_job
from jobs.models import Batch, Job, JobQuerySet, State
from jobs.sample_label import print_sample
from jobs.schemas import (
    Accepted,
    AcceptedJob,
    BatchJob,
    BatchOut,
    BatchSummary,
    EventList,
    EventOut,
    FindingOut,
    JobList,
    JobOut,
    JobQuery,
    MoveIn,
    PreviewIn,
    PreviewOut,
    PrintIn,
    PriorityIn,
    Resolve,
    event_out,
    job_out,
)
from jobs.submission import Request, preview, submit
from printers.api import answer as printer_answer
from printers.api import printer_of
from printers.callers import caller_of
from printers.inventory import resume_printer
from printers.models import Event
from printers.paging import chosen_fields, list_answer, page
from printers.schemas import PageQuery, PrinterOut
from templates_app.catalog import current_version, definition_of, find_template
from templates_app.lint import lint
from templates_app.rendering import resolve
from templates_app.serials import upcoming

router = Router(tags=["Jobs"])

NEWEST_FIRST = ("-created_at", "-id")
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key with the same body prints nothing new and gets the first answer again.",
    ),
]


@router.post("/print", response={202: Accepted}, operation_id="print_labels", summary="Print labels")
def print_labels(
    request: HttpRequest, response: HttpResponse, body: PrintIn, idempotency_key: IdempotencyKey = None
) -> Status[Accepted]:
    """Check the fields against the template, and queue one label, or one for each of `rows` as a batch."""
    wanted = Request(
        printer=body.printer,
        template=body.template,
        rows=body.rows if body.rows is not None else [body.fields or {}],
        copies=body.copies,
        options=body.options.model_dump(exclude_none=True),
        priority=body.priority,
        expires_at=body.expires_at,
        override_lint=body.override,
        max_tape_mm=body.max_tape_mm,
    )
    done = submit(wanted, caller_of(request), idempotency_key=idempotency_key)
    if done.replayed:
        response["Idempotency-Replayed"] = "true"
    return _accepted(response, done)


@router.get("/jobs", response=JobList, operation_id="list_jobs", summary="List jobs")
def list_jobs(request: HttpRequest, query: Query[JobQuery]) -> HttpResponse:
    """Newest first. Filters that are given all apply."""
    names = chosen_fields(JobOut, query.fields)
    found = page(
        _matching(request, query), NEWEST_FIRST, cursor=query.cursor, limit=query.limit, only=_containing(query.text)
    )
    return list_answer(JobList(items=[job_out(job) for job in found.rows], next_cursor=found.next_cursor), names)


@router.get("/jobs/{uuid:id}", response=JobOut, operation_id="read_job", summary="Read a job")
def read_job(request: HttpRequest, id: UUID) -> JobOut:
    return job_out(job_of(request, id))


@router.get("/jobs/{uuid:id}/events", response=EventList, operation_id="list_job_events", summary="Read a job's story")
def list_job_events(request: HttpRequest, id: UUID, query: Query[PageQuery]) -> HttpResponse:
    """Every change of its state, oldest first."""
    names = chosen_fields(EventOut, query.fields)
    events = Event.objects.filter(job_id=job_of(request, id).id)
    found = page(events, ("id",), cursor=query.cursor, limit=query.limit)
    return list_answer(EventList(items=[event_out(each) for each in found.rows], next_cursor=found.next_cursor), names)


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
def reprint(request: HttpRequest, id: UUID) -> Status[JobOut]:
    """A new job with the same dots; `reprint_of` names this one, which stays as it is."""
    return Status(202, _moved(queue.reprint(job_of(request, id), caller_of(request))))


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


@router.post(
    "/printers/{printer_for:id}/resume",
    response=PrinterOut,
    operation_id="resume_printer",
    summary="Resume a printer",
    tags=["Printers"],
)
def resume_paused(request: HttpRequest, id: str) -> PrinterOut:
    """What waits in its queue begins at once."""
    with transaction.atomic():
        printer = resume_printer(printer_of(request, id), caller_of(request))
        try_at_once(printer.id)
        ring_on_commit(printer.id)
    return printer_answer(printer)


@router.post(
    "/printers/{printer_for:id}/test",
    response={202: Accepted},
    operation_id="print_test_label",
    summary="Print a test label",
    tags=["Printers"],
)
def print_test(request: HttpRequest, response: HttpResponse, id: str) -> Status[Accepted]:
    """A built-in template with its examples, for the tape that is loaded."""
    return _accepted(response, print_sample(printer_of(request, id), caller_of(request)))


@router.post(
    "/preview", response=PreviewOut, operation_id="preview_label", summary="Preview a label", tags=["Templates"]
)
def preview_label(request: HttpRequest, body: PreviewIn) -> HttpResponse:
    """The exact dots as PNG, or, with `Accept: application/json`, what somebody should know before printing them."""
    printer = str(printer_of(request, body.printer).id) if body.printer else None
    rendering = preview(body.template, body.fields, printer=printer, media=body.media)
    raster = rendering.raster
    if request.get_preferred_type(["image/png", "application/json"]) != "application/json":
        return png_answer(request, raster.sha256, raster.png)
    definition = definition_of(current_version(find_template(body.template)))
    values = resolve(definition, {**body.fields, **upcoming(definition)})
    found = [FindingOut.model_validate(finding.as_json()) for finding in lint(rendering, definition, values)]
    answer = PreviewOut(
        findings=found, sha256=raster.sha256, lines=raster.lines, pins=raster.pins, length_mm=raster.length_mm
    )
    return HttpResponse(answer.model_dump_json(), content_type="application/json; charset=utf-8")


@router.get("/batches/{uuid:id}", response=BatchOut, operation_id="read_batch", summary="Read a batch")
def read_batch(request: HttpRequest, id: UUID) -> BatchOut:
    """All its jobs in order, and how many are in which state."""
    caller = caller_of(request)
    batch = Batch.objects.filter(pk=id).first()
    if batch is None or not (batch.printer_id is None or caller.may_use(batch.printer_id)):
        raise UnknownBatch(f"There is no batch {id}.")
    jobs = list(
        _visible(request).filter(batch=batch).order_by("position", "id").values("id", "position", "state", "outcome")
    )
    return BatchOut(
        id=batch.id,
        printer=batch.printer_id,
        requested_by=batch.requested_by,
        created_at=batch.created_at,
        summary=BatchSummary(
            total=batch.total,
            states=Counter(str(job["state"]) for job in jobs),
            outcomes=Counter(str(job["outcome"]) for job in jobs if job["outcome"]),
        ),
        jobs=[BatchJob.model_validate(job) for job in jobs],
    )


def _accepted(response: HttpResponse, done: submission.Accepted) -> Status[Accepted]:
    jobs = [AcceptedJob(id=job.id, state=State(job.state)) for job in done.jobs]
    response["Location"] = f"/api/batches/{done.batch}" if done.batch else f"/api/jobs/{jobs[0].id}"
    return Status(202, Accepted(jobs=jobs, batch=done.batch))


def job_of(request: HttpRequest, job_id: UUID) -> Job:
    """The job with its template version; to a token of other printers it does not exist. Raises UnknownJob."""
    job = _described(_visible(request)).filter(pk=job_id).first()
    if job is None:
        raise UnknownJob(f"There is no job {job_id}.")
    return job


def png_answer(request: HttpRequest, sha256: str, png: bytes) -> HttpResponse:
    etag = f'"{sha256}"'
    named = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
    response = HttpResponseNotModified() if named & {etag, "*"} else HttpResponse(png, content_type="image/png")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def _visible(request: HttpRequest) -> JobQuerySet:
    return Job.objects.all().visible_to(caller_of(request))


def _described(jobs: JobQuerySet) -> JobQuerySet:
    return jobs.select_related("template_version").defer("template_version__definition", "template_version__diff")


def _moved(job: Job) -> JobOut:
    return job_out(_described(Job.objects.all()).get(pk=job.pk))


def _matching(request: HttpRequest, query: JobQuery) -> JobQuerySet:
    jobs = _described(_visible(request))
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


def _containing(text: str | None) -> Q | None:
    if not text:
        return None
    # SQLite keeps JSON with its letters escaped.
    values = Q(values_text__icontains=text) | Q(values_text__icontains=json.dumps(text)[1:-1])
    return values | Q(template_key__icontains=text) | Q(requested_by__icontains=text)
