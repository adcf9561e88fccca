"""Jobs that a worker left behind. Only whoever has the printer's lease now may touch them."""

import logging
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from jobs import queue
from jobs.artifacts import load
from jobs.dispatch.evidence import Verdict, Watch
from jobs.dispatch.patience import printing_seconds
from jobs.dispatch.reporting import report, settle
from jobs.dispatch.session import Turn
from jobs.dispatch.watching import observe
from jobs.models import Attempt, Job, Outcome, Phase
from jobs.states import NOT_READY, OUTCOME_UNKNOWN, POISON, PROCESSING
from printers import status
from printers.errors import HubError
from printers.media import find_medium, find_model
from printers.statements import Select, given
from printers.status import merge

log = logging.getLogger(__name__)

MOST_DEATHS = 3
# A label that was sent this long ago, beside the time that it takes, may still be seen printing.
RECENT_S = 60.0
CUT_OFF = "The hub was cut off while it sent this label. Look whether it came out."


def recover(printer_id: UUID, turn: Turn) -> None:
    """Settle what an earlier worker had in its hands: printed again only where not a byte can have left."""
    found = [job for job in LEFT.run(printer=printer_id) if job.token != turn.lease.token]
    for job in found:
        attempt = _attempt(job)
        if job.barrier_at is None:
            count_death(job, attempt, "The hub was cut off before it sent anything of this label.")
        elif attempt.phase in {Phase.TERMINAL, Phase.REPORTED} and attempt.outcome is not None:
            settle(job, attempt, attempt.outcome, attempt.reasons, attempt.message)
        elif attempt.phase in {Phase.BYTES_ACKED, Phase.PRINTING_SEEN}:
            _look_again(job, attempt, turn)
        else:
            queue.stop(job, attempt, [OUTCOME_UNKNOWN], CUT_OFF)


LEFT = Select(lambda: Job.objects.filter(state=PROCESSING, **given(Job, {"printer_id": "printer"})).order_by("id"))


def count_death(job: Job, attempt: Attempt, what: str) -> None:
    """Nothing of it was sent: it is tried again, but a job that keeps killing its workers is given up."""
    if job.deaths + 1 >= MOST_DEATHS:
        message = f"{what} That was the {MOST_DEATHS}rd time; it is given up so that others can print."
        queue.abort(job, attempt, [POISON], message)
    else:
        queue.requeue(job, attempt, [NOT_READY], what, died=True)


def _look_again(job: Job, attempt: Attempt, turn: Turn) -> None:
    """The printer had everything. It may still show what became of it: it prints, or its counter went on."""
    watch = _watch_of(job, attempt)
    try:
        raster = load(job.artifact)
        seconds = printing_seconds(find_model(job.printer.model), find_medium(job.medium), raster, job.copies)
    except HubError:
        seconds = 0.0
    recent = attempt.acked_at is not None and timezone.now() - attempt.acked_at < timedelta(seconds=seconds + RECENT_S)
    answer = status.quick_answer(job.printer)
    verdict: Verdict | None = None
    if answer.ok:
        watch.see(0, merge(answer, job.printer.model))
        verdict = watch.verdict()
        if recent and verdict is None and watch.last is not None and watch.last.printing:
            verdict = observe(attempt, turn, job.printer, watch, seconds)
            if verdict is None:
                return
    if not recent and watch.printed_since != watch.pages:
        # What it shows after so long may be somebody else's label.
        verdict = None
    if verdict is not None and verdict.outcome == Outcome.CONFIRMED and watch.counts and watch.printed_since == 0:
        # It was seen to print and is at rest, but counted nothing: it was switched off in the middle.
        verdict = None
    if verdict is None:
        verdict = Verdict(Outcome.UNKNOWN, (OUTCOME_UNKNOWN,), CUT_OFF)
    attempt.evidence = watch.entries
    report(job, attempt, verdict)


def _watch_of(job: Job, attempt: Attempt) -> Watch:
    before = attempt.evidence[0] if attempt.evidence else {}
    return Watch(
        pages=job.copies,
        life_before=before.get("life"),
        listening=bool(before),
        # The session ended with the worker.
        drained=True,
        printing_seen=attempt.phase == Phase.PRINTING_SEEN,
        entries=list(attempt.evidence),
    )


def _attempt(job: Job) -> Attempt:
    if job.token is not None:
        found = job.attempts.filter(token=job.token).order_by("-number").first()
        if found is not None:
            return found
    # Imported or restored: nobody here ever tried it.
    number = job.attempts.count() + 1
    return Attempt.objects.create(job=job, number=number, printer_id=job.printer_id, token=job.token or 0)
