"""The connection to a printer, and the turn at it."""

import logging
import time
from collections.abc import Callable
from typing import Any

from celery.worker import state as worker_state
from django.db import DatabaseError, connection

from jobs import queue
from jobs.dispatch import patience
from jobs.dispatch.keeping import drop_broken_connection
from jobs.dispatch.obstacles import PrinterNotReachable
from jobs.dispatch.preflight import Looked
from jobs.lease import Lease
from jobs.models import Job
from printers import transport
from printers.errors import TransportError
from printers.models import Printer
from printers.raster import Raster
from printers.status import Reading
from templates_app.models import TemplateVersion

log = logging.getLogger(__name__)


class Turn:
    """A lease that is kept alive while something else is waited for, and what is known for as long as it lasts.

    `pausing`: the printer was left alone after a failure. `looked_at` and `looked_with` are when (by the monotonic
    clock) and for which medium held jobs were last looked through. `drawn` is what the last label shows, its dots, and
    the name under which they are kept; `read` are the dots that were read ahead, by their names. `took_s`: the seconds
    that the last label took, by those that it should have. `lent_at`: others could have its connection to the database,
    or nobody wanted it, by the same clock. `ends`: nothing waits or is held behind the label that is printed now.
    """

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.pausing = lease.failures > 0
        self.looked_at = float("-inf")
        self.looked_with: str | None = None
        self.versions: dict[int | None, TemplateVersion | None] = {}
        self.drawn: tuple[tuple[object, ...], Raster, str] | None = None
        self.read: dict[str, Raster] = {}
        self.took_s: dict[float, float] = {}
        self.lent_at = time.monotonic()
        self.ends = False

    def is_mine(self) -> bool:
        if time.monotonic() - self.lent_at > patience.LEND_S:
            self._lend_if_wanted()
        if self.lease.due and not self.lease.lost:
            try:
                self.lease.renew()
                self._lend_if_wanted()
            except DatabaseError as error:
                # It is tried again at the next look; the lease's own end stops us in time.
                log.warning("The turn at printer %s could not be renewed: %s", self.lease.printer_id, error)
        return self.lease.mine

    def lend(self) -> None:
        """The connection to the database, before a printer is waited for: there are fewer than printers."""
        self.lent_at = time.monotonic()
        release_connection()

    def _lend_if_wanted(self) -> None:
        if is_wanted():
            self.lend()
        else:
            self.lent_at = time.monotonic()


def is_wanted() -> bool:
    """Whether another thread of this process waits for a connection to the database."""
    pool: Any = getattr(connection, "pool", None)
    return pool is not None and pool.get_stats()["requests_waiting"] > 0


def release_connection() -> None:
    """Back to the pool."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close()


class Session:
    """The connection to a printer during a turn: none at first, then one for a label, or for the labels of a batch.

    Where the printer chains, these are pages of one job, a strip where it half-cuts: `unended` while its last page was
    not sent. What is printed of it is still in the printer then, and `end` feeds it out and cuts it off, unless the
    labels are not to be cut at all.
    """

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.link: transport.Connection | None = None
        self.unended = False
        # What the printer showed after the last label; it printed that, so that nobody else's comes between.
        self.rested: Reading | None = None
        # It prints a page only when the next one comes, so that no label could be told from the one behind it.
        self.holds = False
        # The connection is open, and nothing was sent over it.
        self.knocked = False
        self._ending: Callable[[], bytes] | None = None
        self._began_with: tuple[object, ...] = ()

    def continues(self, job: Job, printer: Printer) -> bool:
        """Whether this label goes over the open connection, behind the last one."""
        return self.rested is not None and self.is_for(job, printer)

    def is_for(self, job: Job, printer: Printer) -> bool:
        """Whether it is open, and this label may go over it."""
        return self.link is not None and self._began_with == _run_of(job, printer)

    def is_followed(self, job: Job, printer: Printer) -> bool:
        """Whether the label after this one is to go over the same connection, as far as anybody can tell now."""
        if self.holds or job.batch_id is None:
            return False
        following = queue.job_behind(self.turn.lease, job)
        return following is not None and _run_of(following, printer) == _run_of(job, printer)

    def connect(self, job: Job, printer: Printer, looked: Looked) -> transport.Connection:
        """Raises PrinterNotReachable."""
        self._began_with = _run_of(job, printer)
        if self.link is None:
            deadline = time.monotonic() + patience.CONNECT_S
            try:
                self.link = transport.connect(
                    printer.host,
                    printer.port,
                    deadline=deadline,
                    still_mine=self.turn.is_mine,
                    before_wait=self.turn.lend,
                )
            except TransportError as error:
                raise PrinterNotReachable(error.detail, silent=looked.reading is None) from error
        return self.link

    def knock(self, job: Job, printer: Printer) -> bool:
        """Whether it takes a connection, which is kept for this label: nobody has to write down that it does not."""
        try:
            self.connect(job, printer, Looked(None))
        except PrinterNotReachable:
            return False
        self.knocked = True
        return True

    def sends(self, *, ended: bool, ending: Callable[[], bytes] | None) -> None:
        """A label is on its way, the last of its print job or not; where not all arrives, the session is dropped."""
        self.unended, self._ending, self.knocked = not ended, ending, False

    def rests(self, reading: Reading | None) -> None:
        """The label is printed, and the connection stays for the next one."""
        self.rested = reading

    def end_strip(self) -> bool:
        """Feed and cut what was printed, on a short blank label. False where nothing was sent."""
        unended, self.unended = self.unended, False
        if self.link is None or not unended or self._ending is None or not self.turn.is_mine():
            return False
        self.link.deadline = time.monotonic() + patience.SEND_SLACK_S
        sent = self.link.send(self._ending())
        if sent.error or not sent.fully_acked:
            return False
        self.link.end()
        return True

    def end(self) -> None:
        """All went well: end the strip, where it has not ended yet, and the connection."""
        if self.link is None:
            return
        ended_now = self.end_strip()
        self._forget_strip()
        self._disconnect(patience.DRAIN_S if ended_now and not is_stopping() else patience.CLOSE_S)

    def drop(self, *, strip_is_gone: bool = False) -> None:
        """Something broke. What is left of a strip is ended over the next connection, where there is still one."""
        self.unended = False
        if strip_is_gone:
            self._forget_strip()
        self._disconnect(patience.CLOSE_S)

    def _forget_strip(self) -> None:
        if not self.turn.lease.open_strip or not self.turn.is_mine():
            return
        try:
            self.turn.lease.strip_ended()
        except DatabaseError as error:
            log.warning("The end of a strip at printer %s could not be noted: %s", self.turn.lease.printer_id, error)
            drop_broken_connection()

    def _disconnect(self, seconds: float) -> None:
        link, self.link, self.rested, self.knocked = self.link, None, None, False
        if link is None:
            return
        link.deadline = time.monotonic() + seconds
        ended = link.finish(drain_s=seconds)
        if ended.bytes_written and not ended.drained and not is_stopping():
            # Some take two sessions that were left open, and then none for a minute.
            time.sleep(patience.COOL_DOWN_S)


def _run_of(job: Job, printer: Printer) -> tuple[object, ...]:
    """What labels have in common that may go over one connection."""
    address = printer.host, printer.port, printer.model, printer.snmp_port, printer.snmp_community
    return (job.batch_id, job.medium, job.options, *address)


def is_stopping() -> bool:
    """This process was asked to end: begin nothing new, and do not wait for a printer."""
    # Each is None or False until then, and an exit code after it, of which 0 is one.
    said = (worker_state.should_stop, worker_state.should_terminate)
    return any(each is not None and each is not False for each in said)
