"""The sweep over all printers, but for those that print: their own workers watch them, and keep what they see."""

import secrets
from collections import Counter
from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from printers import totals
from printers.models import Printer, PrinterStatus
from printers.snmp import read_all
from printers.status import expect, record_many, target_of
from printers.status.store import LONGEST_BACKOFF_S
from printers.totals import Key

# One statement holds them all, below SQLite's 32,766 values.
CHUNK = 1000
TIMEOUT_S = 1.0
# A worker that dies in the middle leaves its printers to the others after this.
CLAIM_S = 30.0


@shared_task(name="printers.tasks.probe_due", ignore_result=True)
def probe_due() -> int:
    """Ask every enabled printer whose time has come, and keep what it said; gives how many were asked.

    Any number of these may run at once: a printer belongs to whoever moved its `next_probe_at` first.
    """
    started = timezone.now()
    expect(Printer.objects.filter(enabled=True, status=None), started)
    asked = 0
    while printers := claim(started, CHUNK):
        answers = read_all([target_of(printer) for printer in printers], TIMEOUT_S)
        record_many(list(zip(printers, answers, strict=True)))
        results = Counter(answer.problem or "answered" for answer in answers)
        totals.add({Key("probes", label=result): count for result, count in results.items()})
        asked += len(printers)
    return asked


def claim(due: datetime, most: int) -> list[Printer]:
    """Printers due by `due`, taken from every other sweep by one conditional UPDATE."""
    now = timezone.now()
    # No rule puts a probe that far ahead; then a clock was set back, and waiting for it would take as long.
    beyond = now + timedelta(seconds=2 * max(LONGEST_BACKOFF_S, settings.PROBE_INTERVAL_S))
    is_due = Q(next_probe_at__lte=due) | Q(next_probe_at__gt=beyond)
    # Whoever holds the turn at a printer asks it several times a second; jobs has the row, by which it is known here.
    watched = Q(printer__lease__expires_at__gt=Now())
    waiting = PrinterStatus.objects.filter(is_due, printer__enabled=True).exclude(watched).order_by("next_probe_at")
    if not waiting.exists():
        # Nearly every ring finds nothing; it should not take the write lock for that.
        return []
    # The instant is also the mark by which the rows of this claim are found again; hence the odd microseconds.
    mark = now + timedelta(seconds=CLAIM_S, microseconds=secrets.randbelow(1_000_000))
    taken = PrinterStatus.objects.filter(is_due, pk__in=waiting.values("pk")[:most]).update(next_probe_at=mark)
    return list(Printer.objects.filter(status__next_probe_at=mark)) if taken else []
