"""What a person or script may do to a job. Each raises NotAllowed, with the state, where the table forbids it."""

from typing import Any

from django.db import transaction

from jobs.doorbell import ring_on_commit
from jobs.models import Job, Outcome
from jobs.queue.again import print_again
from jobs.queue.change import change, change_waiting, not_allowed
from jobs.states import (
    CANCEL,
    CANCELED_BY_PERSON,
    CONFIRM,
    DENY,
    HELD_BY_PERSON,
    HOLD,
    NOT_PRINTED,
    PRINTED,
    RELEASE,
    Move,
)
from printers.callers import Caller
from printers.errors import InvalidInput
from printers.models import record

TRIES = 5
HIGHEST, LOWEST = 1, 100


def cancel(job: Job, caller: Caller) -> Job:
    """Works until the first byte leaves; then the label does not come out."""
    return _do(
        job, CANCEL, "cancel", caller, [CANCELED_BY_PERSON], f"{caller.label} canceled it.", outcome=Outcome.NOT_PRINTED
    )


def hold(job: Job, caller: Caller) -> Job:
    return _do(job, HOLD, "hold", caller, [HELD_BY_PERSON], f"{caller.label} holds it.")


def release(job: Job, caller: Caller) -> Job:
    """Whatever it was held for: it is tried again."""
    with transaction.atomic():
        job = _do(job, RELEASE, "release", caller, not_before=None)
        ring_on_commit(job.printer_id)
    return job


def resolve(job: Job, caller: Caller, *, printed: bool, reprint: bool = False) -> Job:
    """Settle an unknown outcome. `reprint` prints the label again, as a new job, where it did not come out."""
    if printed:
        sentence = f"{caller.label} says that the label came out."
        return _do(job, CONFIRM, "resolve", caller, [PRINTED], sentence, outcome=Outcome.CONFIRMED)
    with transaction.atomic():
        sentence = f"{caller.label} says that no label came out."
        job = _do(job, DENY, "resolve", caller, [NOT_PRINTED], sentence, outcome=Outcome.NOT_PRINTED)
        if reprint:
            print_again(job, caller)
    return job


def set_priority(job: Job, caller: Caller, priority: int) -> Job:
    """1 is most urgent; only jobs that wait have one that matters."""
    if not HIGHEST <= priority <= LOWEST:
        raise InvalidInput(f"A priority is a number from {HIGHEST} (most urgent) to {LOWEST}, not {priority}.")
    with transaction.atomic():
        change_waiting(job, "set_priority", priority=priority)
        record(
            "job.priority",
            printer_id=job.printer_id,
            job_id=job.pk,
            batch_id=job.batch_id,
            actor=caller.label,
            data={"priority": priority},
        )
    return job


def _do(
    job: Job, made: Move, verb: str, caller: Caller, reasons: list[str] | None = None, message: str = "", **columns: Any
) -> Job:
    for _ in range(TRIES):
        state, barrier = Job.objects.values_list("state", "barrier_at").get(pk=job.pk)
        if state not in made.sources or (state == "processing" and barrier is not None):
            raise not_allowed(verb, state)
        job.state = state
        if change(job, made, source=state, actor=caller.label, reasons=reasons or [], message=message, **columns):
            return job
    raise not_allowed(verb, state)
