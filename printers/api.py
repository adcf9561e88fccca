from django.http import HttpRequest, HttpResponse
from django.urls import register_converter
from ninja import Query, Router, Status

from printers import inventory
from printers.callers import caller_of
from printers.lookup import find_printer, visible_to
from printers.models import Printer
from printers.paging import chosen_fields, list_answer, page, written
from printers.schemas import (
    PrinterIn,
    PrinterList,
    PrinterOut,
    PrinterPatch,
    PrinterQuery,
    ProbeScheduled,
    StatusOut,
    printer_out,
)
from printers.status import due_now, printer_state, status_view

router = Router(tags=["Printers"])


class PrinterReference:
    """A UUID, or `site/handle`."""

    regex = "[^/]+(?:/[^/]+)?"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: object) -> str:
        return str(value)


class ActionablePrinterReference(PrinterReference):
    """Not one bare word: `main/status` is the printer “status” on the site “main”."""

    regex = "[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[^/]+/[^/]+"


register_converter(PrinterReference, "printer")
register_converter(ActionablePrinterReference, "printer_for")


def printer_of(request: HttpRequest, reference: str) -> Printer:
    """The printer with its site and status in one query; to a token of other printers it does not exist."""
    return find_printer(reference, caller_of(request))


def answer(printer: Printer) -> PrinterOut:
    return printer_out(printer, *printer_state(printer, getattr(printer, "status", None)))


@router.get(
    "/printers/{printer_for:id}/status",
    response=StatusOut,
    operation_id="read_printer_status",
    summary="Read a printer's status",
)
def read_status(request: HttpRequest, id: str) -> HttpResponse:
    """What the device said last, and how old that is. Answered from the cache; no packet is sent."""
    return written(StatusOut.model_validate(status_view(printer_of(request, id))))


@router.post(
    "/printers/{printer_for:id}/pause", response=PrinterOut, operation_id="pause_printer", summary="Pause a printer"
)
def pause(request: HttpRequest, id: str) -> PrinterOut:
    """The label that is running finishes; nothing new begins."""
    return answer(inventory.pause_printer(printer_of(request, id), caller_of(request)))


@router.post(
    "/printers/{printer_for:id}/probe",
    response={202: ProbeScheduled},
    operation_id="probe_printer",
    summary="Ask a printer soon",
)
def probe(request: HttpRequest, id: str) -> Status[ProbeScheduled]:
    """Ask the device soon; the answer arrives in the status and as an event."""
    printer = printer_of(request, id)
    due_now(printer.id)
    return Status(
        202, ProbeScheduled(printer_id=printer.id, detail="It is asked within seconds; read its status then.")
    )


@router.get("/printers", response=PrinterList, operation_id="list_printers", summary="List printers")
def list_printers(request: HttpRequest, query: Query[PrinterQuery]) -> HttpResponse:
    names = chosen_fields(PrinterOut, query.fields)
    printers = visible_to(caller_of(request)).select_related("site", "status")
    if query.site is not None:
        printers = printers.filter(site__key=query.site)
    if query.enabled is not None:
        printers = printers.filter(enabled=query.enabled)
    found = page(printers, ("site__key", "name", "id"), cursor=query.cursor, limit=query.limit)
    return list_answer(PrinterList(items=[answer(each) for each in found.rows], next_cursor=found.next_cursor), names)


@router.post("/printers", response={201: PrinterOut}, operation_id="create_printer", summary="Add a printer")
def create(request: HttpRequest, response: HttpResponse, body: PrinterIn) -> Status[PrinterOut]:
    """Add a printer. A handle that another printer of the site has is refused with `handle-taken`."""
    printer = inventory.create_printer(body.model_dump(), caller_of(request))
    response["Location"] = f"/api/printers/{printer.id}"
    return Status(201, answer(printer))


@router.get("/printers/{printer:id}", response=PrinterOut, operation_id="read_printer", summary="Read a printer")
def read(request: HttpRequest, id: str) -> PrinterOut:
    return answer(printer_of(request, id))


@router.patch("/printers/{printer:id}", response=PrinterOut, operation_id="change_printer", summary="Change a printer")
def change(request: HttpRequest, id: str, body: PrinterPatch) -> PrinterOut:
    """Change what is named; the id stays, also when the address changes."""
    printer = printer_of(request, id)
    return answer(inventory.change_printer(printer, body.model_dump(exclude_unset=True), caller_of(request)))


@router.delete(
    "/printers/{printer:id}", response={204: None}, operation_id="delete_printer", summary="Remove a printer"
)
def delete(request: HttpRequest, id: str) -> Status[None]:
    """Remove a printer that never printed; one with history can only be disabled."""
    inventory.remove_printer(printer_of(request, id), caller_of(request))
    return Status(204, None)
