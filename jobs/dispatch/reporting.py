"""What is known of a label goes into its attempt and into the job at once: a crash leaves all of it or nothing."""

import logging
import time
from collections.abc import Callable, Sequence

from jobs import failpoints, queue
from jobs.dispatch.evidence import Verdict
from jobs.dispatch.keeping import DATABASE_AWAY, drop_broken_connection
from jobs.dispatch.session import is_stopping
from jobs.lease import Lease
from jobs.models import Attempt, Job, Outcome

log = logging.getLogger(__name__)

# A database that restarts or has no room is waited for: nobody else knows what was seen. Who is to end waits less;
# the next start finds out what can still be known.
PATIENCE_S, PATIENCE_AT_THE_END_S = 600.0, 20.0
STEP_S = 0.5


def report(
    job: Job,
    attempt: Attempt,
    verdict: Verdict,
    *,
    giving_back: Lease | None = None,
    behind: queue.Beginning | None = None,
) -> bool:
    """`giving_back`: the turn that ends with a label that came out. `behind`: the one that begins with it.

    False: the database did not answer at first. What begins with it was left out then, and may have begun all the same.
    """
    failpoints.hit("evidence")
    known = verdict.outcome, verdict.reasons, verdict.message
    tries = 0

    def write() -> None:
        nonlocal tries
        tries += 1
        settle(job, attempt, *known, giving_back=giving_back, behind=behind if tries == 1 else None)

    _persist(write)
    failpoints.hit("reported")
    return tries == 1


def settle(
    job: Job,
    attempt: Attempt,
    outcome: str,
    reasons: Sequence[str],
    message: str,
    *,
    giving_back: Lease | None = None,
    behind: queue.Beginning | None = None,
) -> bool:
    if outcome == Outcome.UNKNOWN:
        return queue.stop(job, attempt, list(reasons), message)
    return queue.complete(
        job, attempt, Outcome(outcome), list(reasons), message, giving_back=giving_back, behind=behind
    )


def _persist(write: Callable[[], object]) -> None:
    began = time.monotonic()
    complained = False
    while True:
        try:
            write()
            return
        except DATABASE_AWAY as error:
            drop_broken_connection()
            patience = PATIENCE_AT_THE_END_S if is_stopping() else PATIENCE_S
            if time.monotonic() - began > patience:
                raise
            if not complained:
                log.warning("The outcome of a label cannot be written yet: %s", error)
                complained = True
            time.sleep(STEP_S)
