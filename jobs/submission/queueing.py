"""The one transaction of a submit: serial numbers, batch, jobs and their rows in the log."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs.artifacts import keep
from jobs.doorbell import ring_on_commit
from jobs.errors import ArtifactUnusable
from jobs.models import Batch, Job, State, time_ordered_id
from jobs.queue.moving import LONGEST_PLACEMENT
from jobs.submission.checking import Order, Wrong, check_tape, prove_rows, refuse_if
from jobs.submission.request import Accepted, AcceptedJob
from printers.doing import doing
from printers.inserts import insert_many, inserting
from printers.models import Event
from printers.together import Statement, together
from templates_app.rendering.values import SERIAL
from templates_app.serials import allocate, used_counters

log = logging.getLogger(__name__)

CHUNK = 500
# Sentences that stand in the story of a label.
MOST_OVERRIDDEN = 20
# Of a row, by name.
Columns = dict[str, Any]
WithAnswer = Callable[[dict[str, Any]], Statement]


def queue(prepared: tuple[Order, list[dict[str, Any]]]) -> Accepted:
    order, rows = prepared
    return queue_one(prepared) or queue_rows(order, rows, len(rows))


def queue_one(prepared: tuple[Order, list[dict[str, Any]]], with_answer: WithAnswer | None = None) -> Accepted | None:
    """What scripts send all day is one label at a time: it is one statement, and so a transaction by itself.

    `with_answer` makes the statement that comes first, of what will have been answered. None where it takes more.
    """
    order, rows = prepared
    if len(rows) != 1 or used_counters(order.definition):
        return None
    [job] = _jobs(order, None, [(0, rows[0])], _pictures(order))
    answer = _answer(order, [AcceptedJob(job["id"], State.PENDING)], None)
    first = [with_answer(as_answer(answer))] if with_answer else []
    together([*first, inserting(Job, job)], [inserting(Event, _event(job, order))])
    ring_on_commit(order.printer.pk)
    return _accepted(order, answer)


def queue_rows(order: Order, rows: Iterable[dict[str, Any]], total: int) -> Accepted:
    """One transaction: serial numbers, batch, jobs and their rows in the log. The wake-up comes after it.

    `rows` are taken some at a time: ten thousand labels never lie in memory together.
    """
    jobs: list[AcceptedJob] = []
    left, pictures = iter(rows), _pictures(order)
    with transaction.atomic():
        batch = _batch(order, total)
        while chunk := list(islice(left, CHUNK)):
            made = _jobs(order, batch, _with_serials(order, list(enumerate(chunk, len(jobs)))), pictures)
            _store(made, [_event(job, order) for job in made])
            jobs += (AcceptedJob(job["id"], State.PENDING) for job in made)
        ring_on_commit(order.printer.pk)
    return _accepted(order, _answer(order, jobs, batch))


def queue_several(labels: Sequence[tuple[Order, dict[str, Any]]]) -> Accepted:
    """The same for labels of several templates, each with the order of its template; all have one printer."""
    first, jobs = labels[0][0], list[AcceptedJob]()
    pictures = {number: name for order in _orders(labels) for number, name in _pictures(order).items()}
    with transaction.atomic():
        batch = _batch(first, len(labels))
        for start in range(0, len(labels), CHUNK):
            by_order: dict[int, tuple[Order, list[tuple[int, dict[str, Any]]]]] = {}
            for position, (order, row) in enumerate(labels[start : start + CHUNK], start):
                by_order.setdefault(id(order), (order, []))[1].append((position, row))
            made, events = list[Columns](), list[Columns]()
            for order, numbered in by_order.values():
                of_order = _jobs(order, batch, _with_serials(order, numbered), pictures)
                made += of_order
                events += (_event(job, order) for job in of_order)
            made.sort(key=lambda job: job["position"])
            _store(made, sorted(events, key=lambda event: str(event["job_id"])))
            jobs += (AcceptedJob(job["id"], State.PENDING) for job in made)
        ring_on_commit(first.printer.pk)
    return _accepted(first, _answer(first, jobs, batch))


def _orders(labels: Sequence[tuple[Order, dict[str, Any]]]) -> Iterable[Order]:
    return {id(order): order for order, _row in labels}.values()


def _pictures(order: Order) -> dict[int, str]:
    """The names of what was drawn, by row: a worker need not draw it again. Where none can be kept, it will."""
    try:
        with order.turns:
            return {number: keep(png) for number, png in order.drawn.items()}
    except ArtifactUnusable as error:
        log.warning("Labels will be drawn when they are printed. %s", error)
        return {}
    finally:
        order.drawn.clear()


def _batch(order: Order, total: int) -> Batch | None:
    if total < 2:
        return None
    return Batch.objects.create(
        printer=order.printer, total=total, options=order.options, requested_by=order.caller.label
    )


def _answer(order: Order, jobs: list[AcceptedJob], batch: Batch | None) -> Accepted:
    pooled: dict[str, Any] = {"printer": order.printer.pk, "placement": order.placement} if order.pool else {}
    return Accepted(jobs, batch.pk if batch else None, **pooled)


def _accepted(order: Order, answer: Accepted) -> Accepted:
    transaction.on_commit(lambda: _tell(order, answer))
    return answer


def _tell(order: Order, answer: Accepted) -> None:
    of = {"batch": answer.batch} if answer.batch else {"job": answer.jobs[0].id}
    with doing("queue labels", printer=order.printer.pk, **of):
        log.info("labels queued: %d", len(answer.jobs))


def _store(jobs: Sequence[Columns], events: Sequence[Columns]) -> None:
    insert_many(Job, jobs)
    insert_many(Event, events)


def _jobs(
    order: Order, batch: Batch | None, numbered: list[tuple[int, dict[str, Any]]], pictures: Mapping[int, str]
) -> list[Columns]:
    request, caller = order.request, order.caller
    same = {
        "batch_id": batch.pk if batch else None,
        "printer_id": order.printer.pk,
        "pool_id": order.pool.pk if order.pool else None,
        "placement": order.placement[:LONGEST_PLACEMENT],
        "template_version_id": order.version.pk,
        "template_key": order.definition.key,
        "copies": request.copies,
        "options": order.options,
        "medium": order.medium.key,
        "priority": request.priority,
        "requested_by": caller.label,
        "user_id": caller.user_id,
        "api_token_id": caller.token_id,
        "source_address": caller.address,
        "created_at": order.now,
        "render_time": order.now,
        "expires_at": request.expires_at,
    }
    return [
        {**same, "id": time_ordered_id(), "position": at, "fields": row, "artifact": pictures.get(at, "")}
        for at, row in numbered
    ]


def _with_serials(order: Order, numbered: list[tuple[int, dict[str, Any]]]) -> list[tuple[int, dict[str, Any]]]:
    """The numbers are given out here; a label that grew since it was checked is checked again."""
    names = [f"{SERIAL}{name}" for name in used_counters(order.definition)]
    if not names:
        return numbered
    rows = allocate(order.definition, [row for _number, row in numbered])
    filled = [(number, row) for (number, _row), row in zip(numbered, rows, strict=True)]
    grown = [each for each in filled if any(len(each[1][name]) > len(order.serials[name]) for name in names)]
    wrong: Wrong = []
    tape = prove_rows(order, grown, wrong)
    refuse_if(wrong, several=order.names_rows)
    check_tape(order, tape)
    return filled


def _event(job: Columns, order: Order) -> Columns:
    overridden = order.overridden.pop(job["position"], None)
    told = {"overridden": overridden[:MOST_OVERRIDDEN]} if overridden else {}
    return {
        "at": job["created_at"],
        "kind": "job.pending",
        "printer_id": job["printer_id"],
        "job_id": job["id"],
        "batch_id": job["batch_id"],
        "actor": order.caller.label,
        "data": {"from": None, "to": str(State.PENDING), "reasons": [], **told},
    }


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
