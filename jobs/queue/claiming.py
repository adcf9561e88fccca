"""How a worker takes a job while it has the printer's lease: the claim, and the barrier before the first byte.

Every change checks the token of the lease.
"""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Now
from django.utils import timezone

from jobs.attempts import writing
from jobs.lease import Lease
from jobs.models import WAITS, Attempt, Job, Phase, PrinterLease, in_state
from jobs.queue.change import WORKER, change, event_of
from jobs.queue.turns import is_first, next_job, note_served
from jobs.states import (
    CLAIM,
    PENDING,
    PROCESSING,
)
from printers.inserts import inserting
from printers.models import Event, Printer
from printers.statements import Update, given
from printers.together import Done, Stage, Statement, together

CLAIM_TRIES = 5


def claim_next(lease: Lease, found: Job | None = None) -> tuple[Job, Attempt] | None:
    """The next job that may print now and its new attempt; None where there is none, or the printer may not print.

    `found` is what `next_job` said a moment ago.
    """
    for _ in range(CLAIM_TRIES):
        job = found or next_job(lease)
        if job is None:
            return None
        found = None
        # Whoever claims it for the first time need not look for earlier attempts.
        number = 1 if job.started_at is None and not job.deaths else Attempt.objects.filter(job=job).count() + 1
        attempt = _attempt(job, lease, number)
        row = inserting(Attempt, {name: getattr(attempt, name) for name in NEW_ATTEMPT}, returning="id")
        claimed = _claim(job, lease, attempt.started_at, row)
        if claimed is None:
            continue
        attempt.pk = claimed.returned
        note_served(lease, job)
        return job, attempt
    return None


def first_attempt(job: Job, lease: Lease) -> Attempt | None:
    """For `Beginning`; None where the job was tried before, and has to be claimed."""
    return _attempt(job, lease, 1) if job.started_at is None and not job.deaths else None


def _attempt(job: Job, lease: Lease, number: int) -> Attempt:
    return Attempt(
        job=job,
        number=number,
        printer_id=lease.printer_id,
        token=lease.token,
        worker=lease.owner,
        started_at=timezone.now(),
    )


NEW_ATTEMPT = ("job_id", "number", "printer_id", "token", "worker", "started_at")
KNOWN_BEFORE = ("stream_sha256", "bytes_total", "tape_mm", "evidence")
BEGUN_ATTEMPT = (*NEW_ATTEMPT, "phase", "barrier_at", *KNOWN_BEFORE)
# No join: PostgreSQL would not look at the job's own state again after it has waited for its row.
PRINTS = Printer.objects.filter(pk=OuterRef("printer_id"), enabled=True, paused=False, config_error="")
USABLE = Q(Exists(PRINTS))
USABLE_AS_SEEN = Q(Exists(PRINTS.filter(**given(Printer, {"updated_at": "seen_at"}))))
HAS_TURN = Q(
    Exists(
        PrinterLease.objects.filter(
            printer_id=OuterRef("printer_id"), expires_at__gt=Now(), **given(PrinterLease, {"token": "lease_token"})
        )
    ),
    # A job that was moved away is another printer's, whose token may be the same number.
    **given(Job, {"printer_id": "lease_printer"}),
)
USABLE_AND_HAS_TURN = USABLE & HAS_TURN
CROSS = Update(
    lambda: (
        Job.objects.filter(
            HAS_TURN, in_state(PROCESSING), barrier_at=None, **given(Job, {"id": "this_job", "token": "claimed_with"})
        ),
        {"barrier_at": Now(), **given(Job, {"artifact": "artifact"})},
    )
)


BEGUN_JOB = ("token", "started_at", "not_before", "outcome", "reasons", "artifact")
BEGIN = Update(
    lambda: (
        Job.objects.filter(
            is_first(),
            HAS_TURN,
            USABLE_AS_SEEN,
            Q(expires_at=None) | Q(expires_at__gt=Now()),
            WAITS,
            **given(Job, {"id": "this_job", "medium": "medium"}),
        ),
        {
            "state": Value(str(PROCESSING)),
            "barrier_at": Now(),
            "message": Value(""),
            **given(
                Job, {name: name for name in ("token", "started_at", "not_before", "outcome", "reasons", "artifact")}
            ),
        },
    )
)


class Beginning:
    """Claim a label and cross its barrier at once: one that was made ready while the one before it was printed.

    It goes behind the end of that one (`ending.complete`), in the same statement. `attempt` is new, and inserted.
    Nothing of it happens where it is not the next one any more, it cannot print now, or `printer` is not as it was
    read.
    """

    def __init__(self, job: Job, attempt: Attempt, lease: Lease, printer: Printer) -> None:
        self._job, self._attempt, self._lease, self._printer = job, attempt, lease, printer
        self._asked_at = 0.0
        self._columns: dict[str, Any] = {}

    def stage(self) -> Stage:
        job, attempt, lease = self._job, self._attempt, self._lease
        self._asked_at, renewing = lease.renewing()
        now = timezone.now()
        self._columns = {"token": lease.token, "started_at": now, "not_before": None, "outcome": None, "reasons": []}
        beginning = BEGIN.filled(
            this_job=job.pk,
            medium=job.medium,
            asked_by=job.requested_by,
            now=now,
            printer=lease.printer_id,
            lease_printer=lease.printer_id,
            lease_token=lease.token,
            seen_at=self._printer.updated_at,
            artifact=job.artifact,
            **self._columns,
        )
        attempt.phase, attempt.started_at, attempt.barrier_at = Phase.SENDING, now, now
        row = inserting(Attempt, {name: getattr(attempt, name) for name in BEGUN_ATTEMPT}, returning="id")
        claimed = event_of(job, CLAIM, PENDING, WORKER, {"reasons": [], "message": ""}, None)
        return Stage([renewing, beginning], [row, inserting(Event, claimed, _sending(job, attempt))])

    def happened(self, done: Done) -> bool:
        if not self._lease.renewed(self._asked_at, done=done.passed > 0) or done.passed < 2:
            return False
        self._attempt.pk = done.returned
        for name, value in {**self._columns, "state": PROCESSING, "message": ""}.items():
            setattr(self._job, name, value)
        self._job.barrier_at = self._attempt.barrier_at
        return True

    @property
    def begun(self) -> bool:
        return self._attempt.pk is not None


def _claim(job: Job, lease: Lease, now: datetime, attempt: Statement) -> Done | None:
    return change(
        job,
        CLAIM,
        source=PENDING,
        actor=WORKER,
        only=USABLE_AND_HAS_TURN,
        checked={"lease_token": lease.token, "lease_printer": lease.printer_id},
        also=[attempt],
        token=lease.token,
        started_at=now,
        not_before=None,
        outcome=None,
    )


def cross_barrier(job: Job, attempt: Attempt, lease: Lease) -> bool:
    """Commit that from now on a label may come out. False: do not send, the job or the turn is no longer ours.

    The token, the lease's end by the database's clock and the job's state are checked in the UPDATE itself.
    """
    # Changes the lease's row first: nobody can take the printer between our check and our commit.
    asked_at, renewing = lease.renewing()
    crossing = CROSS.filled(
        this_job=job.pk,
        claimed_with=lease.token,
        lease_token=lease.token,
        lease_printer=lease.printer_id,
        artifact=job.artifact,
    )
    before, attempt.phase, attempt.barrier_at = attempt.phase, Phase.SENDING, timezone.now()
    known = writing(attempt, "phase", "barrier_at", *KNOWN_BEFORE)
    done = together([renewing, crossing], [known, inserting(Event, _sending(job, attempt))])
    if not lease.renewed(asked_at, done=done.passed > 0) or done.passed < 2:
        attempt.phase, attempt.barrier_at = before, None
        return False
    job.barrier_at = attempt.barrier_at
    return True


def _sending(job: Job, attempt: Attempt) -> dict[str, Any]:
    return {
        "kind": "job.sending",
        "printer_id": job.printer_id,
        "job_id": job.pk,
        "batch_id": job.batch_id,
        "actor": WORKER,
        "data": {"attempt": attempt.number, "bytes": attempt.bytes_total},
    }
