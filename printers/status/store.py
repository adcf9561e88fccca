"""The status rows: what a success writes, what a failure leaves alone, when to ask again, and whom to tell."""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import models, router, transaction
from django.db.models.constants import OnConflict
from django.utils import timezone

from printers.bell import bell
from printers.models import Event, Printer, PrinterStatus
from printers.snmp import Answer, Target, quick_read, read_here
from printers.status.reading import Reading, merge
from printers.status.telling import tape_loaded

logger = logging.getLogger(__name__)

LONGEST_BACKOFF_S = 300.0
# It answers, and needs a person who may be there already. Where labels wait for that, the sweep of jobs asks sooner.
ATTENTION_S = 10.0

# What people see of a printer; a change of these is an event. A counter or a display's text is not.
VISIBLE = (
    "online", "state", "reasons", "error_state", "media_key", "media_width_mm", "media_length_mm", "media_type",
    "tape_color", "text_color", "model_seen", "note", "last_error",
)  # fmt: skip
MEDIA = ("media_key", "media_width_mm", "media_length_mm")


def target_of(printer: Printer) -> Target:
    return Target(printer.host, printer.snmp_port, printer.snmp_community)


def answer_of(printer: Printer, timeout_s: float = 1.0) -> Answer:
    return read_here(target_of(printer), timeout_s)


def quick_answer(printer: Printer, timeout_s: float = 0.5) -> Answer:
    """Only what changes while it prints; for four times a second."""
    return quick_read(target_of(printer), timeout_s)


def current(printer: Printer) -> PrinterStatus | None:
    """The row as it is in the database now."""
    return PrinterStatus.objects.filter(printer_id=printer.id).first()


def refresh(printer: Printer, timeout_s: float = 1.0) -> PrinterStatus:
    """Ask the device, keep what it said, and give the row."""
    return record(printer, answer_of(printer, timeout_s))


def record(printer: Printer, answer: Answer) -> PrinterStatus:
    return record_many([(printer, answer)])[0]


def record_many(answers: Sequence[tuple[Printer, Answer]]) -> list[PrinterStatus]:
    """Keep the answers, append an event for each visible change, and ring for printers that became ready.

    The number of statements does not depend on the number of printers.
    """
    now = timezone.now()
    with transaction.atomic():
        ids = [printer.id for printer, _ in answers]
        known = {s.printer_id: s for s in _locked(ids)}
        # A printer may have been deleted while it was asked.
        living = set(Printer.objects.filter(id__in=ids).values_list("id", flat=True)) if len(known) < len(ids) else None
        rows, events, ready = [], [], []
        for printer, answer in answers:
            before = known.get(printer.id)
            row = row_from(printer, before, answer, now)
            rows.append(row)
            if before is None and living is not None and printer.id not in living:
                continue
            known[printer.id] = row
            if _visible(row) != _visible(before):
                events.append(_event(row, now))
            if _rings(printer, before, row):
                ready.append(printer.id)
        _upsert([row for row in rows if row.printer_id in known])
        _append(events)
        if ready:
            transaction.on_commit(lambda: _ring(ready), robust=True)
    return rows


def due_now(*printer_ids: UUID) -> None:
    """Have these asked at once, whatever their backoff is; for a job that arrives and for a person who asks."""
    now = timezone.now()
    PrinterStatus.objects.filter(printer_id__in=printer_ids, next_probe_at__gt=now).update(next_probe_at=now)
    transaction.on_commit(_probe, robust=True)


def ask_soon(*printer_ids: UUID) -> None:
    """Have these asked by the next sweep, whatever their backoff is; for printers whose jobs wait for a person there.

    To be called every other second for as long as they wait: nothing here remembers it.
    """
    now = timezone.now()
    PrinterStatus.objects.filter(printer_id__in=printer_ids, next_probe_at__gt=now).update(next_probe_at=now)


def expect(printers: models.QuerySet[Printer], due: datetime) -> None:
    """Rows for printers that were never asked, due at that instant."""
    rows = [PrinterStatus(printer_id=id, next_probe_at=due) for id in printers.values_list("id", flat=True)]
    _insert(PrinterStatus, rows, on_conflict=OnConflict.IGNORE)


def next_probe(now: datetime, failures: int, *, attention: bool) -> datetime:
    interval = float(settings.PROBE_INTERVAL_S)
    if attention:
        wait = min(ATTENTION_S, interval)
    elif failures > 1:
        wait = max(interval, min(LONGEST_BACKOFF_S, interval * 2.0 ** min(failures - 1, 16)))
    else:
        wait = interval
    return now + timedelta(seconds=wait)


def _locked(printer_ids: Sequence[UUID]) -> models.QuerySet[PrinterStatus]:
    # In one order for everybody, or two sweeps could wait for each other.
    return PrinterStatus.objects.select_for_update().filter(printer_id__in=printer_ids).order_by("printer_id")


def row_from(printer: Printer, before: PrinterStatus | None, answer: Answer, now: datetime) -> PrinterStatus:
    """The row, not saved, that follows `before` after this answer."""
    row = PrinterStatus(printer_id=printer.id) if before is None else _copy(before)
    row.captured_at = now
    if not answer.ok:
        # What it said last stays, and so does when: the reader can see how old it is.
        row.online = False
        row.last_error = answer.error
        row.failures = (before.failures if before else 0) + 1
        row.next_probe_at = next_probe(now, row.failures, attention=False)
        return row
    reading = merge(answer, printer.model)
    row.online, row.last_error, row.failures, row.last_seen_at = True, "", 0, now
    _take(row, reading, partial=not answer.complete)
    row.next_probe_at = next_probe(now, 0, attention=not reading.ready)
    return row


def _take(row: PrinterStatus, reading: Reading, *, partial: bool) -> None:
    """A partial answer says nothing about what was not asked; that stays."""
    row.life_count = reading.life_count
    row.raw_block = reading.block
    if partial and reading.block is None:
        if reading.printing:
            row.state = "processing"
        elif row.state == "processing":
            row.state = "idle"
        return
    row.state, row.reasons = reading.state, list(reading.reasons)
    row.error_state = list(reading.error_state)
    if not partial or "media" in reading.sources or not reading.ready:
        row.media_key = reading.medium.key if reading.medium else ""
        row.media_width_mm, row.media_length_mm = reading.width_mm, reading.length_mm
        row.media_type, row.tape_color, row.text_color = reading.media_type, reading.tape_color, reading.text_color
    if partial:
        return
    row.model_seen, row.display = reading.model_seen, reading.display
    row.source, row.sources = reading.source, dict(reading.sources)
    row.note = " ".join(reading.notes)


def _copy(row: PrinterStatus) -> PrinterStatus:
    fields = PrinterStatus._meta.concrete_fields
    return PrinterStatus.from_db(None, [f.attname for f in fields], [getattr(row, f.attname) for f in fields])


def _visible(row: PrinterStatus | None) -> list[Any]:
    # The first answer of a device is news, also when it says nothing of itself.
    return [row is not None and row.captured_at is not None, *(getattr(row, name, None) for name in VISIBLE)]


def _event(row: PrinterStatus, now: datetime) -> Event:
    data = {
        "online": row.online,
        "state": row.state,
        "reasons": row.reasons,
        "error_state": row.error_state,
        "tape_loaded": tape_loaded(row),
        "last_error": row.last_error,
    }
    return Event(at=now, kind="printer.status", printer_id=row.printer_id, actor="", data=data)


def _rings(printer: Printer, before: PrinterStatus | None, row: PrinterStatus) -> bool:
    """Whether jobs that wait may go on: it became ready, other media came in, or the queue still holds it stopped."""
    if not row.online or row.state == "stopped":
        return False
    if before is None or not before.online or before.state == "stopped" or printer.stop_reasons:
        return True
    return any(getattr(before, name) != getattr(row, name) for name in MEDIA)


def _upsert(rows: Sequence[PrinterStatus]) -> None:
    fields = [f for f in PrinterStatus._meta.concrete_fields if not f.primary_key]
    _insert(
        PrinterStatus,
        sorted(rows, key=lambda row: str(row.printer_id)),
        on_conflict=OnConflict.UPDATE,
        update_fields=fields,
        unique_fields=[PrinterStatus._meta.get_field("printer")],
    )


def _append(events: Sequence[Event]) -> None:
    _insert(Event, events)


def _insert(model: type[models.Model], rows: Sequence[Any], **conflict: Any) -> None:
    """One statement, where bulk_create makes one for every 999 values on SQLite, whose limit has long been 32,766."""
    if not rows:
        return
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    for row in rows:
        row._prepare_related_fields_for_save("record")
    query: Any = model._base_manager.all()
    query._insert(list(rows), fields=fields, using=router.db_for_write(model), **conflict)


def _ring(printer_ids: Collection[UUID]) -> None:
    _tell_workers(lambda: bell().put([str(printer_id) for printer_id in printer_ids]))


def _probe() -> None:
    _tell_workers(lambda: current_app.send_task("printers.tasks.probe_due"))


def _tell_workers(send: Callable[[], object]) -> None:
    try:
        send()
    except Exception as e:
        # Whatever a broker's library raises. The sweeps find what nobody was told of.
        logger.warning("The broker did not take a message: %s", e)
