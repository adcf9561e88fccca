"""What a worker says of a job that it has claimed. Every change checks the token that it was claimed with."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Q
from django.utils import timezone

from jobs.attempts import writing
from jobs.lease import Lease
from jobs.models import Attempt, Job, Outcome, Phase
from jobs.queue.change import WORKER, Behind, change
from jobs.states import ABORT, COMPLETE, HELD, PROCESSING, RELEASE, REQUEUE, STOP, WAIT, WITHDRAW, Move
from printers.statements import given
from printers.together import Statement

IS_CLAIMED = Q(**given(Job, {"token": "claimed_with"}))
NEVER_CLAIMED = Q(token=None)


def complete(
    job: Job,
    attempt: Attempt,
    outcome: Outcome,
    reasons: Sequence[str],
    message: str = "",
    *,
    giving_back: Lease | None = None,
    behind: Behind | None = None,
) -> bool:
    """`giving_back`: the turn ends with it. `behind`: what begins with its end (claiming.Beginning)."""
    if giving_back is None:
        return _end(job, attempt, COMPLETE, outcome, reasons, message, behind=behind)
    done = _end(job, attempt, COMPLETE, outcome, reasons, message, also=[giving_back.releasing()])
    if done:
        giving_back.released()
    return done


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
    aborted = change(
        job, ABORT, source=job.state, actor=WORKER, reasons=reasons, message=message, outcome=Outcome.NOT_PRINTED
    )
    return aborted is not None


def unhold(job: Job, *, actor: str = WORKER) -> bool:
    """What it was held for is there."""
    only = _held_for(tuple(job.reasons))
    return change(job, RELEASE, source=HELD, actor=actor, only=only, not_before=None) is not None


@cache
def _held_for(reasons: tuple[str, ...]) -> Q:
    """One for each of the few reasons that there are, because statements are kept by it."""
    return Q(reasons=list(reasons))


KNOWN_AT_THE_END = ("outcome", "reasons", "message", "ended_at", "phase", "bytes_acked", "acked_at", "evidence")


def _end(
    job: Job,
    attempt: Attempt,
    made: Move,
    outcome: Outcome | None,
    reasons: Sequence[str],
    message: str,
    also: Sequence[Statement] = (),
    behind: Behind | None = None,
    **columns: Any,
) -> bool:
    """Let go of a job in processing, and close its attempt."""
    attempt.outcome, attempt.reasons, attempt.message = outcome, list(reasons), message
    attempt.ended_at = timezone.now()
    if outcome is not None:
        attempt.phase = Phase.REPORTED
    moved = change(
        job,
        made,
        source=PROCESSING,
        actor=WORKER,
        reasons=reasons,
        message=message,
        attempt=attempt,
        only=NEVER_CLAIMED if job.token is None else IS_CLAIMED,
        checked={} if job.token is None else {"claimed_with": job.token},
        also=[writing(attempt, *KNOWN_AT_THE_END), *also],
        behind=behind,
        outcome=outcome,
        # What was drawn for it is sent by every attempt.
        artifact=job.artifact,
        **columns,
    )
    return moved is not None
