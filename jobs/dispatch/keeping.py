"""What a worker sees of its printer is kept as its status: while it has the turn, no sweep asks."""

import logging
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection
from django.utils import timezone

from printers import status
from printers.models import Printer, PrinterStatus
from printers.snmp import Answer
from printers.status import Reading

log = logging.getLogger(__name__)

# It restarts, is full, or was made read-only: what it cannot take now it may take later.
DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)
# The kept status is refreshed from here only when it says something else or is this old: sooner than a sweep would ask,
# and not for every other label.
KEEP_AFTER = timedelta(seconds=15)


def keep(printer: Printer, answer: Answer, reading: Reading | None) -> None:
    """`reading` is what the answer means, None where it means silence."""
    known: PrinterStatus | None = getattr(printer, "status", None)
    if known is None or known.captured_at is None or timezone.now() - known.captured_at >= KEEP_AFTER:
        printer.status = status.record(printer, answer)
    elif reading is None:
        if known.online is not False:
            printer.status = status.record(printer, answer)
    elif not known.online or not _says(known, answer, reading):
        printer.status = status.record(printer, answer)


def keep_watched(printer: Printer, answer: Answer, reading: Reading | None) -> None:
    """Like `keep`, behind the barrier: a database that is away must not cost the label's outcome."""
    try:
        keep(printer, answer, reading)
    except (DatabaseError, InterfaceError) as error:
        log.warning("What %s says while it prints could not be kept: %s", printer.id, error)
        drop_broken_connection()


def drop_broken_connection() -> None:
    if not connection.in_atomic_block:
        connection.close()


def _says(known: PrinterStatus, answer: Answer, reading: Reading) -> bool:
    # A partial answer may name no media although there are some.
    told = reading.medium is not None or answer.complete
    same_media = not told or known.media_key == (reading.medium.key if reading.medium else "")
    return same_media and known.state == reading.state and known.reasons == list(reading.reasons)
