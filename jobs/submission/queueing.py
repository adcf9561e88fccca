"""The one transaction of a submit: serial numbers, batch, jobs and their rows in the log."""

from collections.abc import Iterable
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.doorbell import ring_on_commit
from jobs.models import Batch, Job, State
from jobs.queue.moving import LONGEST_PLACEMENT
from jobs.submission.checking import MOST_PROBLEMS, Order, check_rows
from jobs.submission.request import Accepted, AcceptedJob
from printers.models import Event
from templates_app.rendering.values import SERIAL
from templates_app.serials import allocate, used_counters

CHUNK = 500


def queue(prepared: tuple[Order, list[dict[str, Any]]]) -> Accepted:
    order, rows = prepared
    return queue_rows(order, rows, len(rows))


def queue_rows(order: Order, rows: Iterable[dict[str, Any]], total: int) -> Accepted:
    """One transaction: serial numbers, batch, jobs and their rows in the log. The wake-up comes after it.

    `rows` are taken some at a time: ten thousand labels never lie in memory together.
    """
    jobs: list[AcceptedJob] = []
    left = iter(rows)
    with transaction.atomic():
        batch = None
        if total > 1:
            batch = Batch.objects.create(
                printer=order.printer, total=total, options=order.options, requested_by=order.caller.label
            )
        while chunk := list(islice(left, CHUNK)):
            made = _jobs(order, batch, len(jobs), _with_serials(order, len(jobs), chunk))
            Job.objects.bulk_create(made)
            Event.objects.bulk_create([_event(job, order) for job in made])
            jobs += (AcceptedJob(job.pk, State.PENDING) for job in made)
        ring_on_commit(order.printer.pk)
    pooled: dict[str, Any] = {"printer": order.printer.pk, "placement": order.placement} if order.pool else {}
    return Accepted(jobs, batch.pk if batch else None, **pooled)


def _jobs(order: Order, batch: Batch | None, start: int, rows: list[dict[str, Any]]) -> list[Job]:
    request, caller = order.request, order.caller
    return [
        Job(
            batch=batch,
            position=position,
            printer=order.printer,
            pool=order.pool,
            placement=order.placement[:LONGEST_PLACEMENT],
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
        for position, row in enumerate(rows, start)
    ]


def _with_serials(order: Order, start: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The numbers are given out here; a label that grew since it was checked is checked again."""
    names = [f"{SERIAL}{name}" for name in used_counters(order.definition)]
    if not names:
        return rows
    rows = allocate(order.definition, rows)
    grown = [
        (number, row)
        for number, row in enumerate(rows, start)
        if any(len(row[name]) > len(order.serials[name]) for name in names)
    ]
    check_rows(order, grown)
    return rows


def _event(job: Job, order: Order) -> Event:
    overridden = order.overridden.pop(job.position, None)
    told = {"overridden": overridden[:MOST_PROBLEMS]} if overridden else {}
    return Event(
        at=job.created_at,
        kind="job.pending",
        printer_id=job.printer_id,
        job_id=job.pk,
        batch_id=job.batch_id,
        actor=order.caller.label,
        data={"from": None, "to": str(State.PENDING), "reasons": [], **told},
    )


def as_answer(accepted: Accepted) -> dict[str, Any]:
    pooled = {"printer": str(accepted.printer), "placement": accepted.placement} if accepted.printer else {}
    if accepted.batch is not None:
        # Its jobs are found again by their positions: ten thousand ids need not be kept twice.
        return {"batch": str(accepted.batch), **pooled}
    return {"jobs": [str(job.id) for job in accepted.jobs], **pooled}


def from_answer(answer: dict[str, Any]) -> Accepted:
    batch = answer.get("batch")
    if batch:
        first = Job.objects.filter(batch_id=batch, reprint_of=None).order_by("position", "id")
        ids = [str(pk) for pk in first.values_list("pk", flat=True)]
    else:
        ids = answer["jobs"]
    return Accepted(
        [AcceptedJob(UUID(pk), State.PENDING) for pk in ids],
        UUID(batch) if batch else None,
        replayed=True,
        printer=UUID(answer["printer"]) if "printer" in answer else None,
        placement=answer.get("placement", ""),
    )
