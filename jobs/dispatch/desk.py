"""What lies at a printer, asked in one statement."""

from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from jobs.models import Epoch, Job
from jobs.states import HELD, PROCESSING
from printers.models import Printer
from printers.prepared import Prepared
from printers.statements import Select, given


class Desk(NamedTuple):
    """A printer with its status, and whether jobs of it wait, are held, or were left behind by an earlier worker."""

    printer: Printer
    waiting: bool
    held: bool
    left: bool


def desk_of(printer_id: UUID) -> Desk | None:
    """None where there is no such printer, or nothing prints because the database was restored."""
    for found in DESK(printer_id):
        return Desk(found, found.waiting, found.held, found.left)  # type: ignore[attr-defined]
    return None


def _with_its_jobs(printer_id: UUID) -> QuerySet[Printer]:
    jobs = Job.objects.filter(printer_id=OuterRef("pk")).order_by()
    return (
        Printer.objects.select_related("status")
        .filter(~Exists(Epoch.objects.filter(held_since__isnull=False)), pk=printer_id)
        .order_by()
        .annotate(
            waiting=Exists(jobs.waiting(Now()).order_by()),
            held=Exists(jobs.filter(state=HELD)),
            left=Exists(jobs.filter(state=PROCESSING)),
        )
    )


DESK = Prepared(_with_its_jobs, UUID)


WAITING = Select(lambda: Job.objects.waiting(Now()).filter(**given(Job, {"printer_id": "printer"})).only("id")[:1])


def anything_waits(printer_id: UUID) -> bool:
    return bool(WAITING.run(printer=printer_id))


def may_print(printer: Printer) -> bool:
    return printer.enabled and not printer.paused and not printer.config_error
