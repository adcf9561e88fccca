"""What /metrics tells of jobs, counted in the transaction of each move; jobs are forgotten, these numbers are not."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.models import Attempt, Job, Outcome
from jobs.states import COMPLETED, STOPPED, TERMINAL, Move
from printers.together import Statement
from printers.totals import Key, add, adding, bucket

# Seconds, the upper ends of the histograms' buckets.
WAIT_S = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)
SEND_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
CONFIRM_S = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
HISTOGRAMS = {"wait": WAIT_S, "send": SEND_S, "confirm": CONFIRM_S}
# An attempt without an outcome: the job went back to waiting, and not a byte had left.
PUT_BACK = "put_back"


def counting(job: Job, made: Move, columns: dict[str, Any], attempt: Attempt | None) -> list[Statement]:
    """What counts a move, to go together with it. `job` as it was before the move; `columns` are what the move sets."""
    subject, amounts = str(job.printer_id), dict[Key, float]()
    outcome = columns.get("outcome")
    if made.target in TERMINAL or made.target == STOPPED:
        amounts[Key("jobs", subject, f"{made.target}/{outcome or ''}")] = 1
    if attempt is not None:
        amounts[Key("attempts", subject, str(outcome or PUT_BACK))] = 1
        if outcome is not None:
            amounts |= _of_attempt(job, attempt, subject, confirmed=outcome == Outcome.CONFIRMED)
    if made.target == COMPLETED:
        amounts[Key("labels", subject)] = job.copies
        amounts[Key("tape_mm", subject)] = attempt.tape_mm if attempt else _tape_of(job)
    return adding(amounts)


def count_many(printers: Mapping[UUID, int], made: Move, outcome: Outcome | None) -> None:
    """The same for jobs that waited, by printer: none of them was tried or printed."""
    if made.target in TERMINAL:
        add({Key("jobs", str(each), f"{made.target}/{outcome or ''}"): n for each, n in printers.items()})


def _of_attempt(job: Job, attempt: Attempt, subject: str, *, confirmed: bool) -> dict[Key, float]:
    amounts = dict[Key, float]()
    if attempt.barrier_at is not None:
        amounts |= _seconds("wait", subject, (attempt.barrier_at - job.created_at).total_seconds())
        amounts[Key("bytes", subject)] = attempt.bytes_acked
        if attempt.acked_at is not None:
            amounts |= _seconds("send", subject, (attempt.acked_at - attempt.barrier_at).total_seconds())
    if confirmed and attempt.acked_at is not None:
        amounts |= _seconds("confirm", subject, (timezone.now() - attempt.acked_at).total_seconds())
    return amounts


def _seconds(name: str, subject: str, seconds: float) -> dict[Key, float]:
    # A clock that was set back must not take anything away.
    seconds = max(0.0, seconds)
    return {
        Key(f"{name}_s", subject, bucket(HISTOGRAMS[name], seconds)): 1,
        Key(f"{name}_s_sum", subject): seconds,
    }


def _tape_of(job: Job) -> float:
    """Of a label that a person saw: what the last attempt at it sent."""
    last = Attempt.objects.filter(job_id=job.pk).order_by("-number").values_list("tape_mm", flat=True).first()
    return last or 0.0
