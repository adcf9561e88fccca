"""What a worker does with a job while it has the printer's lease. Every change checks the token it was claimed with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from jobs.lease import Lease
from jobs.models import Attempt, Job, Outcome, Phase, PrinterLease
from jobs.queue.change import change
from jobs.queue.turns import next_job, note_served
from jobs.states import (
    ABORT,
    CLAIM,
    COMPLETE,
    HELD,
    PENDING,
    PROCESSING,
    RELEASE,
    REQUEUE,
    STOP,
    WAIT,
    WITHDRAW,
    Move,
)
from printers.models import Printer, record

WORKER = "hub"
CLAIM_TRIES = 5


def claim_next(printer_id: UUID, lease: Lease) -> tuple[Job, Attempt] | None:
    """The next job that may print now and its new attempt; None where there is none, or the printer may not print."""
    for _ in range(CLAIM_TRIES):
        job = next_job(lease)
        if job is None:
            return None
        with transaction.atomic():
            if not _claim(job, lease):
                continue
            attempt = Attempt.objects.create(
                job=job,
                number=Attempt.objects.filter(job=job).count() + 1,
                printer_id=printer_id,
                token=lease.token,
                worker=lease.owner,
            )
        note_served(lease, job)
        return job, attempt
    return None


def _claim(job: Job, lease: Lease) -> bool:
    # No join: PostgreSQL would not look at the job's own state again after it has waited for its row.
    usable = Q(Exists(Printer.objects.filter(pk=OuterRef("printer_id"), enabled=True, paused=False, config_error="")))
    return change(
        job,
        CLAIM,
        source=PENDING,
        actor=WORKER,
        only=usable & _has_turn(lease),
        token=lease.token,
        started_at=timezone.now(),
        not_before=None,
        outcome=None,
    )


def cross_barrier(job: Job, attempt: Attempt, lease: Lease) -> bool:
    """Commit that from now on a label may come out. False: do not send, the job or the turn is no longer ours.

    The token, the lease's end by the database's clock and the job's state are checked in the UPDATE itself.
    """
    with transaction.atomic():
        # Locks the lease's row first: nobody can take the printer between our check and our commit.
        if not lease.renew():
            return False
        rows = Job.objects.filter(pk=job.pk, state=PROCESSING, token=lease.token, barrier_at=None).filter(
            _has_turn(lease)
        )
        if rows.update(barrier_at=Now()) != 1:
            return False
        now = timezone.now()
        Attempt.objects.filter(pk=attempt.pk).update(
            phase=Phase.SENDING,
            barrier_at=now,
            stream_sha256=attempt.stream_sha256,
            bytes_total=attempt.bytes_total,
            tape_mm=attempt.tape_mm,
            evidence=attempt.evidence,
        )
        record(
            "job.sending",
            printer_id=job.printer_id,
            job_id=job.pk,
            batch_id=job.batch_id,
            actor=WORKER,
            data={"attempt": attempt.number, "bytes": attempt.bytes_total},
        )
    job.barrier_at = attempt.barrier_at = now
    attempt.phase = Phase.SENDING
    return True


def _has_turn(lease: Lease) -> Q:
    mine = PrinterLease.objects.filter(printer_id=OuterRef("printer_id"), token=lease.token, expires_at__gt=Now())
    # A job that was moved away is another printer's, whose token may be the same number.
    return Q(Exists(mine), printer_id=lease.printer_id)


def complete(job: Job, attempt: Attempt, outcome: Outcome, reasons: Sequence[str], message: str = "") -> bool:
    return _end(job, attempt, COMPLETE, outcome, reasons, message)


def stop(job: Job, attempt: Attempt, reasons: Sequence[str], message: str) -> bool:
    """Nobody knows whether it came out; a person has to say so."""
    return _end(job, attempt, STOP, Outcome.UNKNOWN, reasons, message)


def requeue(job: Job, attempt: Attempt, reasons: Sequence[str], message: str, *, died: bool = False) -> bool:
    """Back to waiting: not a byte has left. `died` counts towards giving it up as poison."""
    deaths = job.deaths + 1 if died else job.deaths
    return _end(job, attempt, REQUEUE, None, reasons, message, deaths=deaths)


def withdraw(job: Job, attempt: Attempt, reasons: Sequence[str], message: str) -> bool:
    """Back to waiting from behind the barrier. Only where it is proven that nothing was handed to the network."""
    return _end(job, attempt, WITHDRAW, None, reasons, message, barrier_at=None)


def wait(
    job: Job, attempt: Attempt, reasons: Sequence[str], message: str, *, not_before: datetime | None = None
) -> bool:
    """Hold it until what it needs is there; with `not_before` until then."""
    return _end(job, attempt, WAIT, None, reasons, message, not_before=not_before)


def abort(job: Job, attempt: Attempt | None, reasons: Sequence[str], message: str) -> bool:
    """Give it up; it is certain that nothing was printed."""
    if attempt is not None:
        return _end(job, attempt, ABORT, Outcome.NOT_PRINTED, reasons, message)
    return change(
        job, ABORT, source=job.state, actor=WORKER, reasons=reasons, message=message, outcome=Outcome.NOT_PRINTED
    )


def unhold(job: Job, *, actor: str = WORKER) -> bool:
    """What it was held for is there."""
    reasons = Q(reasons=job.reasons)
    return change(job, RELEASE, source=HELD, actor=actor, only=reasons, not_before=None)


def _end(
    job: Job,
    attempt: Attempt,
    made: Move,
    outcome: Outcome | None,
    reasons: Sequence[str],
    message: str,
    **columns: Any,
) -> bool:
    """Let go of a job in processing, and close its attempt."""
    with transaction.atomic():
        moved = change(
            job,
            made,
            source=PROCESSING,
            actor=WORKER,
            reasons=reasons,
            message=message,
            attempt=attempt,
            only=Q(token=job.token),
            outcome=outcome,
            **columns,
        )
        if moved:
            attempt.outcome, attempt.reasons, attempt.message = outcome, list(reasons), message
            attempt.ended_at = timezone.now()
            if outcome is not None:
                attempt.phase = Phase.REPORTED
            attempt.save(update_fields=["outcome", "reasons", "message", "ended_at", "phase"])
    return moved
