from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from jobs import batches
from jobs.models import Batch
from jobs.schemas.batches import BatchJob, BatchOut, BatchSummary, ResumeIn
from printers.callers import caller_of

router = Router(tags=["Jobs"])


@router.get("/batches/{uuid:id}", response=BatchOut, operation_id="read_batch", summary="Read a batch")
def read_batch(request: HttpRequest, id: UUID) -> BatchOut:
    """All its labels in order, each as its newest job has it, and how many are in which state."""
    return _answer(request, batches.find_batch(id, caller_of(request)))


@router.post(
    "/batches/{uuid:id}/cancel", response=BatchOut, operation_id="cancel_batch", summary="Cancel the rest of a batch"
)
def cancel_batch(request: HttpRequest, id: UUID) -> BatchOut:
    """Labels of which no byte has left do not come out; what was sent before stays as it is."""
    batch = batches.find_batch(id, caller_of(request))
    batches.cancel_rest(batch, caller_of(request))
    return _answer(request, batch)


@router.post("/batches/{uuid:id}/resume", response=BatchOut, operation_id="resume_batch", summary="Resume a batch")
def resume_batch(request: HttpRequest, id: UUID, body: ResumeIn) -> BatchOut:
    """Go on at the first label that did not come out, or at `from`. Labels that came out are not printed again."""
    batch = batches.find_batch(id, caller_of(request))
    batches.resume(batch, caller_of(request), start=body.start, again=body.again, unknown=body.unknown)
    return _answer(request, batch)


def _answer(request: HttpRequest, batch: Batch) -> BatchOut:
    caller = caller_of(request)
    progress = batches.progress_of(batch, caller)
    return BatchOut(
        id=batch.id,
        printer=batch.printer_id if batch.printer_id and caller.may_use(batch.printer_id) else None,
        requested_by=batch.requested_by,
        created_at=batch.created_at,
        summary=BatchSummary(
            total=progress.total,
            states=progress.states,
            outcomes=progress.outcomes,
            confirmed=progress.confirmed,
            came_out=progress.came_out,
            waiting=progress.waiting,
            unknown=len(progress.unknown),
            next_position=progress.next_position,
        ),
        jobs=[BatchJob.model_validate(each, from_attributes=True) for each in progress.labels],
    )
