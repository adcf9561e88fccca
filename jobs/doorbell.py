"""Waking a worker for a printer; nothing depends on it.

It is rung by a thread of its own, so that a broker that is down or swallows packets never holds up who rings. Those who
ring while it is busy are answered together, and the database is asked first whether it is of any use: a worker that
finds nothing to do has worked for nothing. What is lost is found by the sweep.
"""

import atexit
import logging
import os
import threading
import time
from contextlib import suppress
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now

from jobs.lease import owner_is_gone
from jobs.models import Job, PrinterLease
from jobs.states import PROCESSING
from printers.bell import bell
from printers.models import Printer
from printers.prepared import Prepared

log = logging.getLogger(__name__)

# With so many printers waiting to be rung the broker is gone; the sweep rings them all.
MOST_WAITING = 10_000
QUIET_S = 60.0
GOODBYE_S = 1.0
# Who rings alone is answered at once; of many, all that came since the last answer.
ROUND_S = 0.02

USABLE = Q(enabled=True, paused=False, config_error="")

_changed = threading.Condition()
_waiting: dict[UUID, None] = {}
_thread: threading.Thread | None = None
_sending = False
_complained_at = float("-inf")


def ring_on_commit(printer_id: UUID) -> None:
    transaction.on_commit(lambda: ring(printer_id), robust=True)


def ring(printer_id: UUID) -> None:
    """Wake a worker for this printer; returns at once, never fails."""
    global _thread
    with _changed:
        if len(_waiting) < MOST_WAITING:
            _waiting[printer_id] = None
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_run, name="doorbell", daemon=True)
            _thread.start()
        _changed.notify_all()


def _run() -> None:
    global _sending
    while True:
        with _changed:
            _sending = False
            _changed.notify_all()
            while not _waiting:
                _changed.wait()
            rung = list(_waiting)
            _waiting.clear()
            _sending = True
        again_at = time.monotonic() + ROUND_S
        if of_use := [str(printer_id) for printer_id in rung if _is_of_use(printer_id)]:
            _put(of_use)
        with suppress(Exception):
            # A thread that died of its database would be missed by the next who rings.
            connection.close_if_unusable_or_obsolete()
        time.sleep(max(0.0, again_at - time.monotonic()))


def _is_of_use(printer_id: UUID) -> bool:
    """Not where a worker is: it looks for new jobs once more after its turn. Not where nothing may be printed: whoever
    changes that rings. What a dead worker left is looked after in either case."""
    try:
        found = TO_RING(printer_id)
    except Exception as error:
        # Without a database there is no harm in ringing.
        log.debug("Nobody could be asked who has to be rung: %s", error)
        return True
    owner = found[0].served_by if found else ""  # type: ignore[attr-defined]
    return bool(found) and (owner is None or owner_is_gone(owner))


def _to_ring(printer_id: UUID) -> QuerySet[Printer]:
    left = Job.objects.filter(printer_id=OuterRef("pk"), state=PROCESSING).order_by()
    lease = PrinterLease.objects.filter(printer_id=OuterRef("pk"), expires_at__gt=Now()).order_by()
    usable = Printer.objects.filter(USABLE | Exists(left), pk=printer_id).order_by()
    return usable.annotate(served_by=Subquery(lease.values("owner")[:1]))


TO_RING = Prepared(_to_ring, UUID)


def _put(printer_ids: list[str]) -> None:
    global _complained_at
    try:
        bell().put(printer_ids)
    except Exception as error:
        # Whatever a broker's library raises. One line a minute: a broker that is down must not fill the log.
        if time.monotonic() - _complained_at > QUIET_S:
            _complained_at = time.monotonic()
            log.warning("No worker could be woken; the sweep will find the jobs. %s: %s", type(error).__name__, error)


def _say_goodbye() -> None:
    """A short-lived process lets its last rings out."""
    end = time.monotonic() + GOODBYE_S
    with _changed:
        while (_waiting or _sending) and _thread is not None and (left := end - time.monotonic()) > 0:
            _changed.wait(left)


def _after_fork() -> None:
    global _changed, _thread, _sending
    _changed, _thread, _sending = threading.Condition(), None, False
    _waiting.clear()


atexit.register(_say_goodbye)
os.register_at_fork(after_in_child=_after_fork)
