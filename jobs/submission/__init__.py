"""Labels come into the queue here, and nowhere else: all of them or none, checked against template and printer."""

from collections.abc import Callable
from typing import TypeVar

from jobs.idempotency import fingerprint, once
from jobs.submission.checking import checked
from jobs.submission.queueing import WithAnswer, as_answer, from_answer, queue, queue_one, queue_several
from jobs.submission.request import Accepted, AcceptedJob, Label, Request
from jobs.submission.several import checked_several
from jobs.submission.sketch import preview
from printers.callers import Caller

__all__ = ["Accepted", "AcceptedJob", "Label", "Request", "preview", "submit"]

Checked = TypeVar("Checked")


def submit(request: Request, caller: Caller, *, idempotency_key: str | None = None) -> Accepted:
    """Queue the labels. Nothing is queued where anything is wrong with any of them.

    Raises UnknownPrinter, UnknownPool, UnknownTemplate, InvalidFields, InvalidInput, DoesNotFit, MediumDoesNotFit,
    OptionNotSupported, LabelNotReadable, DuplicateValue, TooMuchTape, PrinterNotUsable, Forbidden for an override by
    somebody who may not; with a key also IdempotencyMismatch, IdempotencyInFlight.
    """
    if request.labels:
        return _once(request, caller, idempotency_key, checked_several, queue_several)
    return _once(request, caller, idempotency_key, checked, queue, queue_one)


def _once(
    request: Request,
    caller: Caller,
    key: str | None,
    check: Callable[[Request, Caller], Checked],
    enqueue: Callable[[Checked], Accepted],
    at_once: Callable[[Checked, WithAnswer], Accepted | None] | None = None,
) -> Accepted:
    if key is None:
        return enqueue(check(request, caller))
    return once(
        caller.key,
        key,
        fingerprint(request),
        prepare=lambda: check(request, caller),
        do=enqueue,
        remember=as_answer,
        recall=from_answer,
        at_once=at_once,
    )
