"""The one transaction of a submit: serial numbers, batch, jobs and their rows in the log."""

from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.doorbell import ring_on_commit
from jobs.models import Batch, Job, State
from jobs.submission.checking import MOST_PROBLEMS, Order, check_rows
from jobs.submission.request import Accepted, AcceptedJob
from printers.callers import Caller
from printers.models import Event
from templates_app.rendering.values import SERIAL
from templates_app.serials import allocate, upcoming, used_counters

CHUNK = 1000


def queue(prepared: tuple[Order, list[dict[str, Any]]]) -> Accepted:
    """One transaction: serial numbers, batch, jobs and their rows in the log. The wake-up comes after it."""
    order, rows = prepared
    request, caller = order.request, order.caller
    with transaction.atomic():
        rows = _with_serials(order, rows)
        batch = None
        if len(rows) > 1:
            batch = Batch.objects.create(
                printer=order.printer, total=len(rows), options=order.options, requested_by=caller.label
            )
        jobs = [
            Job(
                batch=batch,
                position=position,
                printer=order.printer,
                template_version=order.version,
                template_key=order.definition.key,
                fields=row,
                copies=request.copies,
                options=order.options,
                medium=order.medium.key,
                priority=request.priority,
                requested_by=caller.label,
                user_id=caller.user_id,
                api_token_id=caller.token_id,
                source_address=caller.address,
                created_at=order.now,
                render_time=order.now,
                expires_at=request.expires_at,
            )
            for position, row in enumerate(rows)
        ]
        Job.objects.bulk_create(jobs, batch_size=CHUNK)
        events = [_event(job, caller, order.overridden.get(at)) for at, job in enumerate(jobs)]
        Event.objects.bulk_create(events, batch_size=CHUNK)
        ring_on_commit(order.printer.pk)
    return Accepted([AcceptedJob(job.pk, State.PENDING) for job in jobs], batch.pk if batch else None)


def _with_serials(order: Order, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The numbers are given out here; a label that grew since it was checked is checked again."""
    names = used_counters(order.definition)
    if not names:
        return rows
    expected = upcoming(order.definition)
    rows = allocate(order.definition, rows)
    grown = [
        (number, row)
        for number, row in enumerate(rows)
        if any(len(row[f"{SERIAL}{name}"]) != len(expected[f"{SERIAL}{name}"]) for name in names)
    ]
    check_rows(order, grown)
    return rows


def _event(job: Job, caller: Caller, overridden: list[str] | None) -> Event:
    told = {"overridden": overridden[:MOST_PROBLEMS]} if overridden else {}
    return Event(
        at=job.created_at,
        kind="job.pending",
        printer_id=job.printer_id,
        job_id=job.pk,
        batch_id=job.batch_id,
        actor=caller.label,
        data={"from": None, "to": str(State.PENDING), "reasons": [], **told},
    )


def as_answer(accepted: Accepted) -> dict[str, Any]:
    if accepted.batch is not None:
        # Its jobs are found again by their positions: ten thousand ids need not be kept twice.
        return {"batch": str(accepted.batch)}
    return {"jobs": [str(job.id) for job in accepted.jobs]}


def from_answer(answer: dict[str, Any]) -> Accepted:
    if batch := answer.get("batch"):
        ids = list(Job.objects.filter(batch_id=batch).order_by("position", "id").values_list("pk", flat=True))
        return Accepted([AcceptedJob(pk, State.PENDING) for pk in ids], UUID(batch), replayed=True)
    return Accepted([AcceptedJob(UUID(pk), State.PENDING) for pk in answer["jobs"]], None, replayed=True)
