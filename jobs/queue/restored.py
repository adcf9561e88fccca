"""Jobs of a database that was restored from a backup: any of them may have been printed since the backup was made."""

from django.utils import timezone

from jobs.doorbell import ring_on_commit
from jobs.models import Attempt, Job, Outcome, State
from jobs.queue.change import change
from jobs.states import HELD, HELD_AFTER_RESTORE, HOLD, OUTCOME_UNKNOWN, PENDING, PROCESSING, RELEASE, STOP, WAIT

HUB = "hub"
CHUNK = 500
MAY_HAVE_PRINTED = (
    "The hub was restored from a backup; this label may have been printed since that was made. "
    "It goes when the queue is released after the restore; cancel it if it came out."
)
CUT_OFF = "It was being sent when the backup was made that the hub was restored from. Look whether it came out."


def hold_all() -> int:
    """Everything that could print by itself waits for a person; what was being sent is unknown. How many are held."""
    held = 0
    for job in Job.objects.filter(state__in=[PENDING, PROCESSING]).iterator(CHUNK):
        if job.state == PROCESSING and job.barrier_at is not None:
            change(
                job,
                STOP,
                source=PROCESSING,
                actor=HUB,
                reasons=[OUTCOME_UNKNOWN],
                message=CUT_OFF,
                outcome=Outcome.UNKNOWN,
            )
        else:
            made = WAIT if job.state == PROCESSING else HOLD
            held += bool(
                change(job, made, source=job.state, actor=HUB, reasons=[HELD_AFTER_RESTORE], message=MAY_HAVE_PRINTED)
            )
    Attempt.objects.filter(ended_at=None).exclude(job__state=PROCESSING).update(ended_at=timezone.now())
    return held


def release_all(actor: str) -> int:
    """Those that wait for the release, and only those."""
    released, printers = 0, set()
    for job in Job.objects.filter(state=State.HELD, reasons=[HELD_AFTER_RESTORE]).iterator(CHUNK):
        if change(job, RELEASE, source=HELD, actor=actor, not_before=None):
            released += 1
            printers.add(job.printer_id)
    for printer_id in printers:
        ring_on_commit(printer_id)
    return released
