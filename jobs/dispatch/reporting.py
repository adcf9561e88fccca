"""What is known of a label goes into its attempt and into the job at once: a crash leaves all of it or nothing."""

import logging
import time
from collections.abc import Callable
from typing import Any

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


def report(job: Job, attempt: Attempt, verdict: Verdict, giving_back: Lease | None = None) -> None:
    """`giving_back`: the turn that ends with a label that came out."""
    failpoints.hit("evidence")
    _persist(lambda: settle(job, attempt, verdict.outcome, verdict.reasons, verdict.message, giving_back))
    failpoints.hit("reported")


def settle(
    job: Job, attempt: Attempt, outcome: str, reasons: Any, message: str, giving_back: Lease | None = None
) -> bool:
    if outcome == Outcome.UNKNOWN:
        return queue.stop(job, attempt, list(reasons), message)
    return queue.complete(job, attempt, Outcome(outcome), list(reasons), message, giving_back=giving_back)


def _persist(write: Callable[[], Any]) -> None:
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
