"""One move of one job: a conditional UPDATE and its row in the log, together or not at all."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from jobs.models import Attempt, Job
from jobs.states import PROCESSING, TERMINAL, Move
from jobs.totals import count_move
from printers.models import record

LONGEST_MESSAGE = 2000


def change(
    job: Job,
    made: Move,
    *,
    source: str,
    actor: str,
    reasons: Sequence[str] = (),
    message: str = "",
    attempt: Attempt | None = None,
    only: Q | None = None,
    **columns: Any,
) -> bool:
    """True when the job was in `source`, and `only` held, and it has now made the move; else nothing changed.

    `job` is brought up to date on success. `columns` are set beside state, reasons and message.
    """
    where = Q(pk=job.pk, state=source)
    if source == PROCESSING and made.barrier:
        where &= Q(barrier_at__isnull=made.barrier == "before")
    values: dict[str, Any] = {
        "state": made.target,
        "reasons": list(reasons),
        "message": message[:LONGEST_MESSAGE],
        **columns,
    }
    if made.target in TERMINAL:
        values.setdefault("finished_at", timezone.now())
    if made.target != PROCESSING:
        values["token"] = None
    with transaction.atomic():
        if Job.objects.filter(where if only is None else where & only).update(**values) != 1:
            return False
        data: dict[str, Any] = {"from": str(source), "to": str(made.target), "reasons": list(reasons)}
        if attempt is not None:
            data["attempt"] = attempt.number
        if message:
            data["message"] = message[:LONGEST_MESSAGE]
        if outcome := columns.get("outcome"):
            data["outcome"] = str(outcome)
        record(
            f"job.{made.target}",
            printer_id=columns.get("printer_id", job.printer_id),
            job_id=job.pk,
            batch_id=job.batch_id,
            actor=actor,
            data=data,
        )
        count_move(job, made, columns, attempt)
    for name, value in values.items():
        setattr(job, name, value)
    return True
