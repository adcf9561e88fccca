from collections import Counter
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from jobs.api.answers import visible
from jobs.errors import UnknownBatch
from jobs.models import Batch
from jobs.schemas import BatchJob, BatchOut, BatchSummary
from printers.callers import caller_of

router = Router(tags=["Jobs"])


@router.get("/batches/{uuid:id}", response=BatchOut, operation_id="read_batch", summary="Read a batch")
def read_batch(request: HttpRequest, id: UUID) -> BatchOut:
    """All its jobs in order, and how many are in which state."""
    caller = caller_of(request)
    batch = Batch.objects.filter(pk=id).first()
    if batch is None or not (batch.printer_id is None or caller.may_use(batch.printer_id)):
        raise UnknownBatch(f"There is no batch {id}.")
    jobs = list(
        visible(request).filter(batch=batch).order_by("position", "id").values("id", "position", "state", "outcome")
    )
    return BatchOut(
        id=batch.id,
        printer=batch.printer_id,
        requested_by=batch.requested_by,
        created_at=batch.created_at,
        summary=BatchSummary(
            total=batch.total,
            states=Counter(str(job["state"]) for job in jobs),
            outcomes=Counter(str(job["outcome"]) for job in jobs if job["outcome"]),
        ),
        jobs=[BatchJob.model_validate(job) for job in jobs],
    )
