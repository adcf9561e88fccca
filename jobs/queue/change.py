"""One move of one job: a conditional UPDATE and its row in the log, together or not at all."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.errors import NotAllowed
from jobs.models import Attempt, Job, Outcome, in_state
from jobs.states import HELD, PENDING, PROCESSING, STOPPED, TERMINAL, Move, refusal
from jobs.totals import count_many, counting
from printers.doing import doing
from printers.inserts import inserting
from printers.models import Event
from printers.statements import Given, Update, given
from printers.together import Done, Stage, Statement, in_turn

log = logging.getLogger(__name__)

# Who changes what no person does.
WORKER = "hub"
LONGEST_MESSAGE = 2000
CHUNK = 1000
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Behind(Protocol):
    """What is to happen in the same statement, if the move did; `happened` is told what came of it."""

    def stage(self) -> Stage: ...

    def happened(self, done: Done) -> bool: ...


def change(
    job: Job,
    made: Move,
    *,
    source: str,
    actor: str,
    reasons: Sequence[str] = (),
    message: str = "",
    attempt: Attempt | None = None,
    only: Q | None = None,
    checked: Mapping[str, Any] = NOTHING,
    also: Sequence[Statement] = (),
    behind: Behind | None = None,
    **columns: Any,
) -> Done | None:
    """Given when the job was in `source`, and `only` held, and it has now made the move; None: nothing changed.

    `job` is brought up to date on success. `columns` are set beside state, reasons and message. `only` is a constant
    of its module, in which the values of `checked` are `Given`. `also` happens together with the move,
    and `behind` right after it, in the same statement.
    """
    values: dict[str, Any] = {
        "state": made.target,
        "reasons": list(reasons),
        "message": message[:LONGEST_MESSAGE],
        **columns,
    }
    if made.target in TERMINAL:
        values.setdefault("finished_at", timezone.now())
    if made.target != PROCESSING:
        values["token"] = None
    stage = Stage(
        [_statement(made, source, tuple(values), only).filled(this_job=job.pk, **checked, **values)],
        [
            inserting(Event, event_of(job, made, source, actor, values, attempt)),
            *counting(job, made, columns, attempt),
            *also,
        ],
    )
    [done, *rest] = in_turn(stage, *([behind.stage()] if behind is not None else []))
    if not done.passed:
        return None
    for name, value in values.items():
        setattr(job, name, value)
    _tell(job, made, source)
    if behind is not None:
        behind.happened(rest[0])
    return done


def event_of(
    job: Job, made: Move, source: str, actor: str, values: Mapping[str, Any], attempt: Attempt | None
) -> dict[str, Any]:
    """The move's row in the log."""
    data: dict[str, Any] = {"from": str(source), "to": str(made.target), "reasons": values["reasons"]}
    if attempt is not None:
        data["attempt"] = attempt.number
    if values["message"]:
        data["message"] = values["message"]
    if outcome := values.get("outcome"):
        data["outcome"] = str(outcome)
    return {
        "kind": f"job.{made.target}",
        "printer_id": values.get("printer_id", job.printer_id),
        "job_id": job.pk,
        "batch_id": job.batch_id,
        "actor": actor,
        "data": data,
    }


def _tell(job: Job, made: Move, source: str) -> None:
    level = logging.INFO if made.target in {*TERMINAL, STOPPED} else logging.DEBUG
    if log.isEnabledFor(level):
        # Not the message: it may quote what stands on the label.
        with doing("change a job", printer=job.printer_id, job=job.pk):
            log.log(level, "%s → %s: %s", source, made.target, ", ".join([*job.reasons, *filter(None, [job.outcome])]))


def _statement(made: Move, source: str, names: tuple[str, ...], only: Q | None) -> Update:
    # By identity: a Q that is made anew at every call would be a new statement each time.
    key = made.name, source, names, id(only)
    found = _statements.get(key)
    if found is None:

        def rows() -> tuple[QuerySet[Job], dict[str, Given]]:
            where = in_state(source) & Q(**given(Job, {"id": "this_job"}))
            if source == PROCESSING and made.barrier:
                where &= Q(barrier_at__isnull=made.barrier == "before")
            set_to = given(Job, {name: name for name in names})
            return Job.objects.filter(where if only is None else where & only), set_to

        found = _statements[key] = Update(rows)
    return found


_statements: dict[tuple[str, str, tuple[str, ...], int], Update] = {}


def change_many(
    rows: Q, made: Move, *, actor: str, reasons: Sequence[str], message: str, outcome: Outcome | None = None
) -> int:
    """The jobs of `rows` that wait make the move, all at once and each with its row in the log; how many did.

    A job that a worker has in its hands is left out: it is changed one by one, where the barrier is looked at.
    """
    waiting = made.sources & {PENDING, HELD}
    told: dict[str, Any] = {"to": str(made.target), "reasons": list(reasons), "message": message}
    columns: dict[str, Any] = {"state": made.target, "reasons": list(reasons), "message": message}
    if outcome is not None:
        told["outcome"] = columns["outcome"] = str(outcome)
    if made.target in TERMINAL:
        columns["finished_at"] = timezone.now()
    if made.target == PENDING:
        columns["not_before"] = None
    with transaction.atomic():
        found = Job.objects.filter(rows, state__in=waiting).select_for_update().order_by("id")
        jobs = list(found.values_list("id", "state", "printer_id", "batch_id"))
        for start in range(0, len(jobs), CHUNK):
            chunk = jobs[start : start + CHUNK]
            Job.objects.filter(pk__in=[job_id for job_id, *_ in chunk]).update(**columns)
            events = [
                Event(
                    kind=f"job.{made.target}",
                    printer_id=printer_id,
                    job_id=job_id,
                    batch_id=batch_id,
                    actor=actor,
                    data={"from": state, **told},
                )
                for job_id, state, printer_id, batch_id in chunk
            ]
            Event.objects.bulk_create(events)
        count_many(Counter(printer_id for _id, _state, printer_id, _batch in jobs), made, outcome)
    return len(jobs)


def change_waiting(job: Job, verb: str, **columns: Any) -> None:
    """Change what may be changed while a job waits, and only then."""
    if Job.objects.filter(pk=job.pk, state__in=[PENDING, HELD]).update(**columns) != 1:
        raise not_allowed(verb, Job.objects.values_list("state", flat=True).get(pk=job.pk))
    for name, value in columns.items():
        setattr(job, name, value)


def not_allowed(verb: str, state: str) -> NotAllowed:
    return NotAllowed(refusal(verb, state), extra={"state": str(state)})
