"""Labels come into the queue here, and nowhere else: all of them or none, checked against template and printer."""

from jobs.idempotency import fingerprint, once
from jobs.submission.checking import checked
from jobs.submission.queueing import as_answer, from_answer, queue
from jobs.submission.request import Accepted, AcceptedJob, Request
from jobs.submission.sketch import preview
from printers.callers import Caller

__all__ = ["Accepted", "AcceptedJob", "Request", "preview", "submit"]


def submit(request: Request, caller: Caller, *, idempotency_key: str | None = None) -> Accepted:
    """Queue the labels. Nothing is queued where anything is wrong with any of them.

    Raises UnknownPrinter, UnknownPool, UnknownTemplate, InvalidFields, InvalidInput, DoesNotFit, MediumDoesNotFit,
    OptionNotSupported, LabelNotReadable, DuplicateValue, TooMuchTape, PrinterNotUsable, Forbidden for an override by
    somebody who may not; with a key also IdempotencyMismatch, IdempotencyInFlight.
    """
    if idempotency_key is None:
        return queue(checked(request, caller))
    return once(
        caller.key,
        idempotency_key,
        fingerprint(request),
        prepare=lambda: checked(request, caller),
        do=queue,
        remember=as_answer,
        recall=from_answer,
    )
