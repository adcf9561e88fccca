"""A batch as a whole: what came out of it, and what a person may do with the rest."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from jobs import queue
from jobs.doorbell import ring_on_commit
from jobs.errors import NotAllowed, OutcomeUnknown, UnknownBatch
from jobs.models import Batch, Job, Outcome
from jobs.queue.again import asked_again, new_job, refuse_impossible
from jobs.queue.change import change_many
from jobs.states import (
    ABORTED,
    CANCEL,
    CANCELED,
    CANCELED_BY_PERSON,
    COMPLETED,
    HELD,
    HELD_BY_PERSON,
    OPEN,
    PROCESSING,
    RELEASE,
    STOPPED,
)
from printers.callers import Caller
from printers.models import Event

CHUNK = 1000
MOST_NAMED = 20
Unknowns = Literal["ask", "reprint", "leave"]


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a batch as its newest job has it; `position` 0 is the first."""

    id: UUID
    position: int
    state: str
    outcome: str | None

    @property
    def came_out(self) -> bool:
        """As far as anybody can know: what the printer has all of, and told nothing more about, counts as printed."""
        return self.state == COMPLETED and self.outcome != Outcome.NOT_PRINTED

    @property
    def is_unknown(self) -> bool:
        return self.state == STOPPED or (self.outcome == Outcome.UNKNOWN and self.state not in OPEN)


@dataclass(frozen=True, slots=True)
class Progress:
    """`labels` in order. A label that was printed again in its place counts once."""

    labels: list[Label]

    @property
    def total(self) -> int:
        return len(self.labels)

    @property
    def states(self) -> Counter[str]:
        return Counter(label.state for label in self.labels)

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(label.outcome for label in self.labels if label.outcome)

    @property
    def confirmed(self) -> int:
        return self.outcomes[Outcome.CONFIRMED]

    @property
    def came_out(self) -> int:
        return sum(label.came_out for label in self.labels)

    @property
    def unknown(self) -> list[Label]:
        return [label for label in self.labels if label.is_unknown]

    @property
    def waiting(self) -> int:
        return sum(label.state in OPEN and label.state != STOPPED for label in self.labels)

    @property
    def next_position(self) -> int | None:
        """Of the first label that did not come out; None where all did."""
        return next((label.position for label in self.labels if not label.came_out), None)

    @property
    def can_resume(self) -> bool:
        return any(label.state in {CANCELED, ABORTED, HELD} for label in self.labels)


def find_batch(batch_id: UUID, caller: Caller) -> Batch:
    """To a caller of other printers it does not exist. Raises UnknownBatch."""
    visible = Job.objects.visible_to(caller).filter(batch=OuterRef("pk"))
    batch = Batch.objects.filter(Exists(visible), pk=batch_id).first()
    if batch is None:
        raise UnknownBatch(f"There is no batch {batch_id}.")
    return batch


def progress_of(batch: Batch, caller: Caller) -> Progress:
    rows = Job.objects.visible_to(caller).filter(batch=batch).order_by("position", "id")
    newest = {row[1]: Label(*row) for row in rows.values_list("id", "position", "state", "outcome")}
    return Progress(list(newest.values()))


def cancel_rest(batch: Batch, caller: Caller) -> int:
    """Cancel all that has not been sent, the label that is being prepared included; how many were canceled."""
    return cancel_all(_mine(batch, caller), caller)


def cancel_all(rows: Q, caller: Caller) -> int:
    """Those of `rows` from which no byte has left."""
    message = f"{caller.label} canceled it."
    count = change_many(
        rows, CANCEL, actor=caller.label, reasons=[CANCELED_BY_PERSON], message=message, outcome=Outcome.NOT_PRINTED
    )
    for job in Job.objects.filter(rows, state=PROCESSING, barrier_at=None):
        try:
            queue.cancel(job, caller)
        except NotAllowed:
            continue
        count += 1
    return count


def resume(
    batch: Batch, caller: Caller, *, start: int | None = None, again: bool = False, unknown: Unknowns = "ask"
) -> int:
    """Let the batch go on at position `start`, or at the first label that did not come out; how many labels go on.

    Held labels are released, canceled and given-up ones come again as new jobs in their places. A label that came out
    is printed again only with `again`. Of one that is unknown a person must have said whether it came out, or say here
    that it did not (`reprint`) or that it is not to be asked about now (`leave`).
    Raises OutcomeUnknown, NotAllowed where nothing is left to print.
    """
    with transaction.atomic():
        # One resume of a batch at a time: the second finds what the first has queued.
        Batch.objects.select_for_update().get(pk=batch.pk)
        progress = progress_of(batch, caller)
        if start is None:
            start = progress.next_position if progress.next_position is not None else progress.total
        rest = [label for label in progress.labels if label.position >= start]
        asked = [label for label in rest if label.is_unknown]
        if asked and unknown == "ask":
            raise OutcomeUnknown(
                f"Nobody knows whether {_labels(asked)} came out. Look, say so, and resume then.",
                extra={"unknown": [str(label.id) for label in asked[:MOST_NAMED]]},
            )
        if asked and unknown == "reprint":
            _deny(asked, caller)
        wanted = {
            label.id
            for label in rest
            if (label.state in {CANCELED, ABORTED} and not label.is_unknown)
            or (label.is_unknown and unknown == "reprint")
            or (label.came_out and again)
        }
        count = _print_again(batch, wanted, caller) + _release(_mine(batch, caller) & Q(position__gte=start), caller)
        if not count and not any(label.state in OPEN and not label.is_unknown for label in rest):
            raise NotAllowed("Nothing is left to print of this batch.", extra={"state": "completed"})
    return count


def _mine(batch: Batch, caller: Caller) -> Q:
    return Q(batch=batch) & (Q(printer_id__in=caller.printer_ids) if caller.printer_ids else Q())


def _labels(labels: list[Label]) -> str:
    numbers = ", ".join(str(label.position + 1) for label in labels[:MOST_NAMED])
    more = f" and {len(labels) - MOST_NAMED} more" if len(labels) > MOST_NAMED else ""
    return f"label{'s' if len(labels) > 1 else ''} {numbers}{more}"


def _deny(labels: list[Label], caller: Caller) -> None:
    for job in Job.objects.filter(pk__in=[label.id for label in labels], state=STOPPED):
        queue.resolve(job, caller, printed=False)


def _print_again(batch: Batch, wanted: set[UUID], caller: Caller) -> int:
    if not wanted:
        return 0
    old = Job.objects.filter(batch=batch).select_related("printer").order_by("position", "id")
    jobs = [
        new_job(job, caller, batch_id=batch.pk, position=job.position)
        for job in old.iterator(chunk_size=CHUNK)
        if job.pk in wanted
    ]
    refuse_impossible(jobs)
    Job.objects.bulk_create(jobs, batch_size=CHUNK)
    Event.objects.bulk_create([Event(kind="job.pending", **asked_again(job)) for job in jobs], batch_size=CHUNK)
    for printer_id in {job.printer_id for job in jobs}:
        ring_on_commit(printer_id)
    return len(jobs)


def _release(rows: Q, caller: Caller) -> int:
    """What a person held; what waits for its tape goes by itself when that is there."""
    held = rows & Q(state=HELD, reasons=[HELD_BY_PERSON])
    printers = set(Job.objects.filter(held).values_list("printer_id", flat=True))
    count = change_many(held, RELEASE, actor=caller.label, reasons=[], message="")
    for printer_id in printers:
        ring_on_commit(printer_id)
    return count
