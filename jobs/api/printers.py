"""What is done to a printer that concerns its queue."""

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from jobs.api.answers import accepted
from jobs.batches import cancel_all
from jobs.dispatch.stopping import try_at_once
from jobs.doorbell import ring_on_commit
from jobs.media_wait import waiting_media
from jobs.sample_label import print_sample
from jobs.schemas.printers import ClearOut, MediaWaitList, MediaWaitOut, MediaWaitQuery
from jobs.schemas.printing import Accepted
from printers.api import answer as printer_answer
from printers.api import printer_of
from printers.callers import caller_of
from printers.inventory import resume_printer
from printers.schemas import PrinterOut

router = Router(tags=["Printers"])


@router.post(
    "/printers/{printer_for:id}/resume",
    response=PrinterOut,
    operation_id="resume_printer",
    summary="Resume a printer",
)
def resume_paused(request: HttpRequest, id: str) -> PrinterOut:
    """What waits in its queue begins at once."""
    with transaction.atomic():
        printer = resume_printer(printer_of(request, id), caller_of(request))
        try_at_once(printer.id)
        ring_on_commit(printer.id)
    return printer_answer(printer)


@router.post(
    "/printers/{printer_for:id}/clear",
    response=ClearOut,
    operation_id="clear_printer",
    summary="Cancel all that waits for a printer",
)
def clear(request: HttpRequest, id: str) -> ClearOut:
    """Jobs of which no byte has left do not come out; what was sent before stays as it is."""
    printer = printer_of(request, id)
    return ClearOut(canceled=cancel_all(Q(printer=printer), caller_of(request)))


@router.post(
    "/printers/{printer_for:id}/test",
    response={202: Accepted},
    operation_id="print_test_label",
    summary="Print a test label",
)
def print_test(request: HttpRequest, id: str) -> HttpResponse:
    """A built-in template with its examples, for the tape that is loaded."""
    return accepted(print_sample(printer_of(request, id), caller_of(request)))


@router.get(
    "/queue/waiting-media",
    response=MediaWaitList,
    operation_id="list_media_waits",
    summary="List tapes that are needed",
)
def list_media_waits(request: HttpRequest, query: Query[MediaWaitQuery]) -> MediaWaitList:
    """Labels that go by themselves as soon as their tape is in the printer; what has waited longest first."""
    printer_id = printer_of(request, query.printer).id if query.printer is not None else None
    found = waiting_media(caller_of(request), printer_id)
    items = sorted((each for waits in found.values() for each in waits), key=lambda each: each.since)
    return MediaWaitList(items=[MediaWaitOut.model_validate(each, from_attributes=True) for each in items])
