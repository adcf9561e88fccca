"""The one turn at a printer: a row with a token that only grows, and the database's clock.

Two clocks guard it. The database's decides who holds it, and is asked in the same statement as every change that
matters. The holder's own monotonic clock makes it stop by itself before the database would let another one in.
"""

import hashlib
import os
import socket
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import F, Value
from django.db.models.functions import Now

from jobs.models import Job, PrinterLease
from printers.statements import Select, Update, given
from printers.together import Statement

LEASE_S = 30.0
# The holder stops this long before the database's clock would end its turn.
MARGIN_S = 5.0
LONGEST_OWNER = 160


def _monotonic() -> float:
    # Goes on while the machine is suspended; time.monotonic() does not.
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@dataclass(slots=True)
class Lease:
    printer_id: UUID
    token: int
    owner: str
    stops_at: float
    lost: bool = False
    # Given back; nothing has to be written for that any more.
    over: bool = False
    # Whose turn at the printer it is, and how many labels they got in it (jobs/queue/turns.py).
    served_to: str = ""
    served: int = 0
    # In a row, when the turn began.
    failures: int = 0
    # The medium of a strip that has begun and not ended; a label that opens one sets it, its barrier writes it.
    open_strip: str = ""
    # What was next in its turn behind the job that was found last, and that there was nobody's; as it was then.
    ahead: list[Job] = field(default_factory=list)
    none_behind: bool = False

    @property
    def mine(self) -> bool:
        """As far as this process's own clock can tell; never wrong in the dangerous direction."""
        return not self.lost and _monotonic() < self.stops_at

    @property
    def due(self) -> bool:
        """It is time to renew it."""
        return _monotonic() > self.stops_at - (LEASE_S - MARGIN_S) * 2 / 3

    def renew(self) -> bool:
        """False when the turn is over; then nothing more may be written or sent."""
        asked_at = _monotonic()
        return self.renewed(asked_at, done=_renewal(LEASE_S).run(**self._asked()) == 1)

    def renewing(self) -> tuple[float, Statement]:
        """The same to go together with other statements; tell `renewed` when it was asked, and what came of it."""
        return _monotonic(), _renewal(LEASE_S).filled(**self._asked())

    def renewed(self, asked_at: float, *, done: bool) -> bool:
        if done:
            self.stops_at = asked_at + LEASE_S - MARGIN_S
        else:
            self.lost = True
        return not self.lost

    def _asked(self) -> dict[str, Any]:
        return {"printer": self.printer_id, "held_token": self.token, "open_strip": self.open_strip}

    def strip_ended(self) -> bool:
        """Written at once: whoever reads it later would end the strip again. False when the turn is over."""
        self.open_strip = ""
        return self.renew()

    def release(self) -> None:
        if not self.over:
            self.released()
            RELEASE.run(**self._given_back())

    def releasing(self) -> Statement:
        """The same to go together with other statements; tell `released` when it has happened."""
        return RELEASE.filled(**self._given_back())

    def released(self) -> None:
        self.lost = self.over = True

    def _given_back(self) -> dict[str, Any]:
        whose = {"served_to": self.served_to, "served": self.served}
        return {"printer": self.printer_id, "held_token": self.token, **whose}


def acquire(printer_id: UUID) -> Lease | None:
    """The turn at this printer with a new token, or None while another has it."""
    asked_at, owner = _monotonic(), this_owner()
    kept = _taking(LEASE_S, gone=False).one(printer=printer_id, owner=owner)
    if kept is None:
        held = next(iter(HELD.run(printer=printer_id)), None)
        if held is None:
            PrinterLease.objects.bulk_create([PrinterLease(printer_id=printer_id)], ignore_conflicts=True)
        elif not owner_is_gone(held.owner):
            return None
        kept = _taking(LEASE_S, gone=True).one(printer=printer_id, owner=owner, held_token=held.token if held else 0)
        if kept is None:
            return None
    return Lease(printer_id, owner=owner, stops_at=asked_at + LEASE_S - MARGIN_S, **kept)


HELD = Select(lambda: PrinterLease.objects.filter(**given(PrinterLease, {"printer_id": "printer"})))
KEPT = ("token", "served_to", "served", "failures", "open_strip")
RELEASE = Update(
    lambda: (
        PrinterLease.objects.filter(**given(PrinterLease, {"printer_id": "printer", "token": "held_token"})),
        {"expires_at": Now(), "owner": "", **given(PrinterLease, {"served_to": "served_to", "served": "served"})},
    )
)


@cache
def _taking(seconds: float, *, gone: bool) -> Update:
    """When its time is over; `gone`: before that, from an owner that no longer runs."""
    free = given(PrinterLease, {"token": "held_token"}) if gone else {"expires_at__lte": Now()}
    return Update(
        lambda: (
            PrinterLease.objects.filter(**free, **given(PrinterLease, {"printer_id": "printer"})),
            {"token": F("token") + 1, "expires_at": from_now(seconds), **given(PrinterLease, {"owner": "owner"})},
        ),
        returning=KEPT,
    )


@cache
def _renewal(seconds: float) -> Update:
    return Update(
        lambda: (
            PrinterLease.objects.filter(
                expires_at__gt=Now(), **given(PrinterLease, {"printer_id": "printer", "token": "held_token"})
            ),
            {"expires_at": from_now(seconds), **given(PrinterLease, {"open_strip": "open_strip"})},
        )
    )


def is_free(lease: PrinterLease, now: Any) -> bool:
    """Whether somebody could take it; `now` is the database's clock."""
    return lease.expires_at <= now or owner_is_gone(lease.owner)


def held_leases(printer_ids: Collection[UUID]) -> set[UUID]:
    """Those of these printers at which a worker is, as far as can be known."""
    held = PrinterLease.objects.filter(printer_id__in=printer_ids, expires_at__gt=Now())
    return {printer_id for printer_id, owner in held.values_list("printer_id", "owner") if not owner_is_gone(owner)}


def from_now(seconds: float) -> Any:
    """That much later by the database's clock."""
    return Now() + Value(timedelta(seconds=seconds))


def this_owner() -> str:
    """Which thread of which process: enough to see on this machine whether it still lives."""
    mark = f":{_process(os.getpid())}:{threading.get_ident():x}"
    return socket.gethostname()[: LONGEST_OWNER - len(mark)] + mark


@lru_cache(maxsize=1)
def _process(pid: int) -> str:
    return f"{pid}:{_started(pid)}:{_machine()}"


def owner_is_gone(owner: str) -> bool:
    """True only for certain: a process of this very machine that no longer runs. Its lease need not be waited for."""
    parts = owner.rsplit(":", 4)
    if len(parts) != 5 or not _machine() or parts[3] != _machine() or not parts[1].isdecimal():
        return False
    return _started(int(parts[1])) != parts[2]


@lru_cache(maxsize=1)
def _machine() -> str:
    """This boot of this kernel, and this container's view of its processes; empty where that cannot be known."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return hashlib.sha256(f"{boot} {Path('/proc/self/ns/pid').readlink()}".encode()).hexdigest()[:12]
    return ""


def _started(pid: int) -> str:
    """When a process began, in ticks since the boot; empty for one that is not there any more."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    after_name = stat[stat.rindex(")") + 2 :].split()
    # A zombie holds nothing any more.
    return "" if after_name[0] in "ZX" else after_name[19]
