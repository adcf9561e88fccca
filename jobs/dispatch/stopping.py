"""A printer that cannot take labels now: stopped until its status says ready, or left alone for a while."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from jobs.dispatch.preflight import has_answered, trouble_of, wrong_device
from jobs.lease import from_now
from jobs.models import PrinterLease
from printers import status
from printers.models import Printer, PrinterStatus, record
from printers.prepared import Prepared
from printers.status import merge

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
# For what only another try can tell from a printer that is well: the queue is to go on within seconds of its end.
RETRY_PAUSE_S = 2.0
# The same for one that never answered by SNMP: the next try waits a second for its silence, too.
SILENT_PAUSE_S = 1.0
OFFLINE, TIMED_OUT, OTHER = "offline", "timed-out", "other"


def stop_printer(printer: Printer, reasons: Sequence[str], message: str) -> None:
    """While jobs wait for it, its status is asked every other second, and whoever sees it ready rings.

    Under the policy `stop-printer` it is paused as well: only a person lets it go on.
    """
    leave_alone(printer, _longest_pause(printer, reasons))
    changes: dict[str, Any] = {"stop_reasons": list(reasons), "stop_message": message}
    if printer.error_policy == Printer.ErrorPolicy.STOP_PRINTER:
        changes["paused"] = True
    if all(getattr(printer, name) == value for name, value in changes.items()):
        return
    with transaction.atomic():
        Printer.objects.filter(pk=printer.pk).update(**changes)
        data = {"reasons": list(reasons), "message": message}
        record("printer.stopped", printer_id=printer.pk, actor="hub", data=data)
    for name, value in changes.items():
        setattr(printer, name, value)
    status.due_now(printer.pk)


def rest_after_failure(printer: Printer, message: str) -> None:
    """A label failed, and nothing is known to be wrong with the printer: each that follows may fail like it."""
    if printer.error_policy == Printer.ErrorPolicy.STOP_PRINTER:
        stop_printer(printer, [OTHER], message)
    else:
        leave_alone(printer)


def _longest_pause(printer: Printer, reasons: Sequence[str]) -> float:
    if list(reasons) == [TIMED_OUT]:
        return RETRY_PAUSE_S
    # SNMP is off in it, or was never on: no status will ever call us back.
    return LONGEST_PAUSE_S if has_answered(printer) else SILENT_PAUSE_S


def is_away(printer: Printer) -> bool:
    """It took no connection when one was tried last."""
    return printer.stop_reasons in ([OFFLINE], [TIMED_OUT])


def still_away(printer: Printer) -> None:
    leave_alone(printer, _longest_pause(printer, printer.stop_reasons))


def ready_again(printer: Printer) -> None:
    """It printed, or its status says that it can."""
    pausing = PrinterLease.objects.filter(printer_id=printer.pk).exclude(failures=0, not_before=None)
    pausing.update(failures=0, not_before=None)
    if not printer.stop_reasons and not printer.stop_message:
        return
    with transaction.atomic():
        Printer.objects.filter(pk=printer.pk).update(stop_reasons=[], stop_message="")
        record("printer.ready", printer_id=printer.pk, actor="hub")
    printer.stop_reasons, printer.stop_message = [], ""


def try_at_once(printer_id: UUID) -> None:
    """A person says that it is well: no pause is waited for. What its status says still counts."""
    PrinterLease.objects.filter(printer_id=printer_id).update(failures=0, not_before=None)


def leave_alone(printer: Printer, longest_s: float = LONGEST_PAUSE_S) -> None:
    """The next try comes after a pause that doubles with every failure in a row."""
    rows = PrinterLease.objects.filter(printer_id=printer.pk)
    failures = rows.values_list("failures", flat=True).first() or 0
    pause = min(longest_s, FIRST_PAUSE_S * 2.0 ** min(failures, 10))
    rows.update(failures=F("failures") + 1, not_before=from_now(pause))


def may_try(printer: Printer) -> bool:
    """Whether a label may be tried now. A stopped printer is let go when its status says ready, else asked again."""
    pausing = is_pausing(printer.pk)
    if not printer.stop_reasons:
        return not pausing
    if _said_ready(printer):
        ready_again(printer)
        return True
    if pausing:
        return False
    if not has_answered(printer):
        return True
    answer = status.answer_of(printer)
    printer.status = status.record(printer, answer)
    if not answer.ok:
        # It may have SNMP switched off and print all the same: the connection will tell.
        return True
    reading = merge(answer, printer.model)
    if sentence := wrong_device(printer, reading.model_seen):
        stop_printer(printer, printer.stop_reasons, sentence)
        return False
    if not reading.ready:
        stop_printer(printer, reading.reasons, trouble_of(reading))
        return False
    if printer.stop_reasons != [TIMED_OUT]:
        ready_again(printer)
    return True


def _said_ready(printer: Printer) -> bool:
    """By a status that came in since it was stopped: stopping it keeps the status that it was stopped for."""
    known: PrinterStatus | None = getattr(printer, "status", None)
    if known is None or not known.online or known.state == "stopped" or wrong_device(printer, known.model_seen):
        return False
    # Its status was well all the time; only a connection can tell.
    return bool(printer.stop_reasons != [TIMED_OUT])


def let_go_if_ready(printer: Printer) -> None:
    """For a printer whose jobs were taken away while it was stopped: it must not stay so for nobody."""
    if printer.stop_reasons and _said_ready(printer):
        ready_again(printer)


def is_pausing(printer_id: UUID) -> bool:
    return bool(PAUSING(printer_id))


PAUSING = Prepared(
    lambda printer_id: PrinterLease.objects.filter(printer_id=printer_id, not_before__gt=Now()).only("printer_id"), UUID
)
