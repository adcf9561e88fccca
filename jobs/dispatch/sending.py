"""One label on its way: connect, barrier, bytes, and the printer watched until it is known what became of it."""

import hashlib
import logging
import threading
import time
from itertools import count
from typing import Any

from celery.worker import state as worker_state
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone

from jobs import failpoints, queue
from jobs.dispatch.evidence import Verdict, Watch
from jobs.dispatch.keeping import drop_broken_connection, keep_watched
from jobs.dispatch.obstacles import CannotPrint, HubStopping, PrinterNotReachable, TurnLost
from jobs.dispatch.preflight import Looked, has_answered, look
from jobs.layout import print_options
from jobs.lease import Lease
from jobs.models import Attempt, Job, Phase
from printers import status, transport
from printers.calibration import offset_for, shifted
from printers.drivers import driver_for
from printers.errors import HubError, TransportError
from printers.media import Medium, Model, canvas_for, find_medium, find_model
from printers.models import Printer
from printers.raster import Raster
from printers.status import merge

log = logging.getLogger(__name__)

# PT printers sleep; the first connection may be slow.
CONNECT_S = 10.0
# Beside the time that printing takes: a printer may stop reading while it prints.
SEND_SLACK_S = 15.0
WATCH_SLACK_S = 10.0
CUT_S = 1.5
# The blank at the head of a job is 22.5 mm on PT, less on QL.
HEAD_FEED_MM = 25.0
SAFETY = 1.5
# After all bytes were acknowledged, how long the printer may take to end its side.
DRAIN_S = 10.0
# Where the outcome is known already, how much longer it may take.
CLOSE_S = 1.0
COOL_DOWN_S = 1.0
POLL_PATIENCE_S = 0.5
# A label that takes longer is shown as being printed, a printer that is silent for longer as being away.
SHOW_AFTER_MS = 2000
# Four times a second, quicker at first: a short label is over soon.
POLLS_S = (0.0, 0.03, 0.05, 0.1, 0.15, 0.25)


def tape_mm(model: Model, medium: Medium, raster: Raster, copies: int) -> float:
    """What the copies of this label take of the tape, without the blank at the head."""
    return copies * (raster.length_mm + 2 * canvas_for(model, medium).margin_mm)


def printing_seconds(model: Model, medium: Medium, raster: Raster, copies: int) -> float:
    """What the copies of this label should take at the model's rated speed."""
    length = HEAD_FEED_MM + tape_mm(model, medium, raster, copies)
    return length / model.speed_mm_s + copies * CUT_S


class Turn:
    """A lease that is kept alive while something else is waited for."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease

    def is_mine(self) -> bool:
        if self.lease.due and not self.lease.lost:
            try:
                self.lease.renew()
                release_connection()
            except DatabaseError as error:
                # It is tried again at the next look; the lease's own end stops us in time.
                log.warning("The turn at printer %s could not be renewed: %s", self.lease.printer_id, error)
        return self.lease.mine


def release_connection() -> None:
    """Back to the pool: a printer is waited for much longer than a database needs."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close()


class Unsettled(Exception):
    """Bytes may have left, and then something broke; the message says what."""


class NothingSent(Exception):
    """The barrier was crossed, and not one byte was handed to the network after it."""


def deliver(job: Job, attempt: Attempt, turn: Turn, printer: Printer, raster: Raster, looked: Looked) -> Verdict | None:
    """Send the label and say what became of it; None where this process has to stop before that is known.

    Raises an Obstacle while it is certain that not a byte has left; behind the barrier NothingSent and Unsettled.
    """
    model, medium = find_model(printer.model), find_medium(job.medium)
    try:
        options = print_options(job.options, job.copies, model)
        data = driver_for(model).encode([shifted(raster, offset_for(printer, medium))], model, medium, options)
    except HubError as error:
        raise CannotPrint(error.detail) from error
    seconds = printing_seconds(model, medium, raster, job.copies)
    attempt.bytes_total, attempt.stream_sha256 = len(data), hashlib.sha256(data).hexdigest()
    attempt.tape_mm = tape_mm(model, medium, raster, job.copies)
    release_connection()
    ending = threading.Event()
    with _connect(printer, turn, looked, ending) as link:
        failpoints.hit("connected")
        if looked.reading is None and has_answered(printer):
            # Silent a moment ago, and now it takes a connection: it has just been switched on, so it can tell again.
            looked = look(printer, job, still_mine=turn.is_mine)
        watch = Watch(pages=job.copies, life_before=looked.life_count, listening=looked.reading is not None)
        if looked.reading is not None:
            watch.note(0, looked.reading)
        attempt.evidence = watch.entries
        release_connection()
        failpoints.hit("before-barrier")
        if is_stopping():
            raise HubStopping("The hub was stopped before it sent anything of this label.")
        link.deadline = time.monotonic() + SEND_SLACK_S + seconds * SAFETY
        if not turn.is_mine() or not queue.cross_barrier(job, attempt, turn.lease):
            raise TurnLost("It was canceled, or this worker's turn at the printer ended.")
        release_connection()
        failpoints.hit("after-barrier")
        _send(link, data, attempt)
        finisher = _finish(link, watch, seconds)
        try:
            return observe(attempt, turn, printer, watch, seconds, finisher)
        finally:
            # Its socket has to be closed before the next label's is opened.
            finisher.join(CLOSE_S)
            ending.set()
            finisher.join()
            if not watch.drained and not is_stopping():
                # Some take two sessions that were left open, and then none for a minute.
                time.sleep(COOL_DOWN_S)


def _connect(printer: Printer, turn: Turn, looked: Looked, ending: threading.Event) -> transport.Connection:
    def still_mine() -> bool:
        # While the session ends another thread asks, which must not use this one's turn to talk to the database.
        in_this_thread = threading.get_ident() == sender
        return not ending.is_set() and (turn.is_mine() if in_this_thread else turn.lease.mine)

    sender = threading.get_ident()
    try:
        deadline = time.monotonic() + CONNECT_S
        return transport.connect(printer.host, printer.port, deadline=deadline, still_mine=still_mine)
    except TransportError as error:
        raise PrinterNotReachable(error.detail, silent=looked.reading is None) from error


def _send(link: transport.Connection, data: bytes, attempt: Attempt) -> None:
    try:
        sent = link.send(data)
    except TransportError as error:
        # The printer threw the session away before it had taken anything.
        raise NothingSent(error.detail) from error
    failpoints.hit("sent")
    attempt.bytes_acked = sent.bytes_acked
    if sent.error or not sent.fully_acked:
        raise Unsettled(sent.error or "The printer did not acknowledge all of the label.")
    attempt.acked_at = timezone.now()
    note(attempt, Phase.BYTES_ACKED, bytes_acked=attempt.bytes_acked, acked_at=attempt.acked_at)
    failpoints.hit("acked")
    release_connection()


def _finish(link: transport.Connection, watch: Watch, seconds: float) -> threading.Thread:
    """End the session beside the watching: a printer may end its side only when it has printed."""
    patience = max(DRAIN_S, seconds * SAFETY)
    link.deadline = time.monotonic() + patience

    def finish() -> None:
        ended = link.finish(drain_s=patience)
        watch.drained, watch.closed_early = ended.drained, ended.closed_by_peer

    thread = threading.Thread(target=finish, name="finish", daemon=True)
    thread.start()
    return thread


def observe(
    attempt: Attempt,
    turn: Turn,
    printer: Printer,
    watch: Watch,
    seconds: float,
    finisher: threading.Thread | None = None,
) -> Verdict | None:
    """Ask the printer until it is known what became of the label, or the time is over that it could take."""
    began = time.monotonic()
    deadline = began + seconds * SAFETY + WATCH_SLACK_S
    if not watch.listening:
        # It takes its time even where nobody can see it: the next label would find it busy.
        while time.monotonic() < deadline and not is_stopping() and turn.is_mine():
            if time.monotonic() - began > seconds and not (finisher and finisher.is_alive()):
                break
            time.sleep(POLLS_S[-1])
        return watch.at_deadline()
    shown = False
    for number in count():
        time.sleep(POLLS_S[min(number, len(POLLS_S) - 1)])
        if is_stopping() or not turn.is_mine():
            return None
        answer = status.quick_answer(printer, POLL_PATIENCE_S)
        reading = merge(answer, printer.model) if answer.ok else None
        elapsed_ms = round((time.monotonic() - began) * 1000)
        watch.see(elapsed_ms, reading)
        if watch.printing_seen and attempt.phase != Phase.PRINTING_SEEN:
            note(attempt, Phase.PRINTING_SEEN, evidence=watch.entries)
            release_connection()
        if (verdict := watch.verdict()) is not None:
            # People see at once what is wrong with it, and whoever probes sees when it is well again.
            if not watch.last_ready or shown:
                keep_watched(printer, answer, reading)
            return verdict
        if time.monotonic() > deadline:
            return watch.at_deadline()
        if elapsed_ms - (watch.silent_since_ms or 0) > SHOW_AFTER_MS:
            shown = True
            keep_watched(printer, answer, reading)
            release_connection()
    return None


def note(attempt: Attempt, phase: Phase, **columns: Any) -> None:
    """How far it came. A database that is away for a moment costs this note, not the label's outcome."""
    attempt.phase = phase
    try:
        Attempt.objects.filter(pk=attempt.pk).update(phase=phase, **columns)
    except (OperationalError, InterfaceError) as error:
        log.warning("Attempt %s could not be noted as %s: %s", attempt.pk, phase, error)
        drop_broken_connection()


def is_stopping() -> bool:
    """This process was asked to end: begin nothing new, and do not wait for a printer."""
    # Each is None or False until then, and an exit code after it, of which 0 is one.
    said = (worker_state.should_stop, worker_state.should_terminate)
    return any(each is not None and each is not False for each in said)
