"""One label on its way: connect, barrier, bytes, and the printer watched until it is known what became of it."""

import hashlib
import logging
import time
from collections.abc import Callable
from functools import partial
from itertools import count

from celery.worker import state as worker_state
from django.db import DatabaseError, connection
from django.utils import timezone

from jobs import failpoints, queue
from jobs.attempts import write
from jobs.dispatch.evidence import Verdict, Watch
from jobs.dispatch.keeping import DATABASE_AWAY, drop_broken_connection, keep_watched
from jobs.dispatch.obstacles import CannotPrint, HubStopping, PrinterNotReachable, TurnLost
from jobs.dispatch.preflight import Looked, has_answered, look
from jobs.layout import print_options
from jobs.lease import Lease
from jobs.models import Attempt, Job, Outcome, Phase
from printers import status, transport
from printers.calibration import offset_for, shifted
from printers.drivers import driver_for
from printers.errors import HubError, TransportError
from printers.media import Medium, Model, canvas_for, find_medium, find_model
from printers.models import Printer
from printers.raster import Raster
from printers.status import Reading, merge
from templates_app.models import TemplateVersion

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
# Between the copies of a label, how long it may take until the one before is printed.
PAGE_S = 10.0
# How long the end of a printer's side may take to get here.
EARLY_END_S = 0.01
# A printer that shows no sign of a page for so long waits for the next one.
HELD_MS = 3000
POLL_PATIENCE_S = 0.5
# A turn that lasts longer than that gives its connection to the database to others in between.
LEND_S = 0.1
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
    """A lease that is kept alive while something else is waited for, and what is known for as long as it lasts.

    `pausing`: the printer was left alone after a failure. `looked_at` and `looked_with` are when (by the monotonic
    clock) and for which medium held jobs were last looked through. `drawn` is what the last label shows, its dots, and
    the name under which they are kept. `lent_at`: others could have its connection to the database, by the same clock.
    """

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.pausing = lease.failures > 0
        self.looked_at = float("-inf")
        self.looked_with: str | None = None
        self.versions: dict[int | None, TemplateVersion | None] = {}
        self.drawn: tuple[tuple[object, ...], Raster, str] | None = None
        self.lent_at = time.monotonic()

    def is_mine(self) -> bool:
        if time.monotonic() - self.lent_at > LEND_S:
            self.lend()
        if self.lease.due and not self.lease.lost:
            try:
                self.lease.renew()
                self.lend()
            except DatabaseError as error:
                # It is tried again at the next look; the lease's own end stops us in time.
                log.warning("The turn at printer %s could not be renewed: %s", self.lease.printer_id, error)
        return self.lease.mine

    def lend(self) -> None:
        """The connection to the database, before a printer is waited for: there are fewer than printers."""
        self.lent_at = time.monotonic()
        release_connection()


def release_connection() -> None:
    """Back to the pool."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close()


class Unsettled(Exception):
    """Bytes may have left, and then something broke; the message says what."""


class NothingSent(Exception):
    """The barrier was crossed, and not one byte was handed to the network after it."""


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
        return self.link is not None and self.rested is not None and self._began_with == _run_of(job, printer)

    def is_followed(self, job: Job, printer: Printer) -> bool:
        """Whether the label after this one is to go over the same connection, as far as anybody can tell now."""
        if self.holds or job.batch_id is None:
            return False
        following = queue.job_behind(self.turn.lease)
        return following is not None and _run_of(following, printer) == _run_of(job, printer)

    def connect(self, job: Job, printer: Printer, looked: Looked) -> transport.Connection:
        """Raises PrinterNotReachable."""
        self._began_with = _run_of(job, printer)
        if self.link is None:
            deadline = time.monotonic() + CONNECT_S
            try:
                self.link = transport.connect(
                    printer.host, printer.port, deadline=deadline, still_mine=self.turn.is_mine
                )
            except TransportError as error:
                raise PrinterNotReachable(error.detail, silent=looked.reading is None) from error
        return self.link

    def knock(self, job: Job, printer: Printer) -> bool:
        """Whether it takes a connection, which is kept for this label: nobody has to write down that it does not."""
        self.turn.lend()
        try:
            self.connect(job, printer, Looked(None))
        except PrinterNotReachable:
            return False
        self.knocked = True
        return True

    def sent(self, *, ended: bool, ending: Callable[[], bytes] | None) -> None:
        """The printer has a whole label, the last of its job or not."""
        self.unended, self._ending, self.knocked = not ended, ending, False

    def rests(self, reading: Reading | None) -> None:
        """The label is printed, and the connection stays for the next one."""
        self.rested = reading

    def end_strip(self) -> bool:
        """Feed and cut what was printed, on a short blank label. False where nothing was sent."""
        unended, self.unended = self.unended, False
        if self.link is None or not unended or self._ending is None or not self.turn.is_mine():
            return False
        self.link.deadline = time.monotonic() + SEND_SLACK_S
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
        self._disconnect(DRAIN_S if ended_now and not is_stopping() else CLOSE_S)

    def drop(self, *, strip_is_gone: bool = False) -> None:
        """Something broke. What is left of a strip is ended over the next connection, where there is still one."""
        self.unended = False
        if strip_is_gone:
            self._forget_strip()
        self._disconnect(CLOSE_S)

    def _forget_strip(self) -> None:
        if not self.turn.lease.open_strip or not self.turn.is_mine():
            return
        try:
            self.turn.lease.strip_ended()
        except DatabaseError as error:
            log.warning("The end of a strip at printer %s could not be noted: %s", self.turn.lease.printer_id, error)
            drop_broken_connection()

    def _disconnect(self, patience: float) -> None:
        link, self.link, self.rested, self.knocked = self.link, None, None, False
        if link is None:
            return
        link.deadline = time.monotonic() + patience
        ended = link.finish(drain_s=patience)
        if ended.bytes_written and not ended.drained and not is_stopping():
            # Some take two sessions that were left open, and then none for a minute.
            time.sleep(COOL_DOWN_S)


def _run_of(job: Job, printer: Printer) -> tuple[object, ...]:
    """What labels have in common that may go over one connection."""
    address = printer.host, printer.port, printer.model, printer.snmp_port, printer.snmp_community
    return (job.batch_id, job.medium, job.options, *address)


def deliver(
    job: Job, attempt: Attempt, session: Session, printer: Printer, raster: Raster, looked: Looked
) -> Verdict | None:
    """Send the label and say what became of it; None where this process has to stop before that is known.

    Raises an Obstacle while it is certain that not a byte has left; behind the barrier NothingSent and Unsettled.
    """
    turn = session.turn
    model, medium = find_model(printer.model), find_medium(job.medium)
    driver, options = driver_for(model), print_options(job.options, job.copies)
    # Nobody could tell when a printer that is silent has printed a label: each gets a session of its own.
    followed = looked.reading is not None and session.is_followed(job, printer)
    last = not (followed and driver.chains)
    try:
        dots = shifted(raster, offset_for(printer, medium))
        pages = driver.page(dots, model, medium, options, first=not session.unended, last=last)
    except HubError as error:
        raise CannotPrint(error.detail) from error
    seconds = printing_seconds(model, medium, raster, job.copies)
    attempt.bytes_total = sum(map(len, pages))
    attempt.stream_sha256 = hashlib.sha256(b"".join(pages)).hexdigest()
    attempt.tape_mm = tape_mm(model, medium, raster, job.copies)
    if session.link is None:
        turn.lend()
    link = session.connect(job, printer, looked)
    failpoints.hit("connected")
    if looked.reading is None and has_answered(printer):
        # Silent a moment ago, and now it takes a connection: it has just been switched on, so it can tell again.
        looked = look(printer, job, still_mine=turn.is_mine)
    watch = Watch(
        pages=job.copies,
        life_before=looked.life_count,
        listening=looked.reading is not None,
        ours=session.rested is not None,
    )
    if looked.reading is not None:
        watch.note(0, looked.reading)
    attempt.evidence = watch.entries
    failpoints.hit("before-barrier")
    if is_stopping():
        raise HubStopping("The hub was stopped before it sent anything of this label.")
    link.deadline = time.monotonic() + SEND_SLACK_S + seconds * SAFETY
    cut_off = driver.chains and options.cuts_at_end
    opens = medium.key if cut_off and len(pages) > last else turn.lease.open_strip
    if not turn.is_mine() or not _cross(job, attempt, turn.lease, open_strip=opens):
        raise TurnLost("It was canceled, or this worker's turn at the printer ended.")
    failpoints.hit("after-barrier")
    try:
        _send(link, pages, attempt, watch, printer, turn)
        session.sent(ended=last, ending=partial(driver.ending, model, medium, options) if cut_off else None)
        attempt.acked_at = timezone.now()
        if not followed:
            # One that has ended its side by now did so before it had everything.
            link.look(EARLY_END_S)
            link.end()
        verdict = observe(attempt, turn, printer, watch, seconds, session)
    except BaseException:
        session.drop()
        raise
    _go_on(session, watch, verdict, followed=followed)
    return verdict


def _cross(job: Job, attempt: Attempt, lease: Lease, *, open_strip: str) -> bool:
    before, lease.open_strip = lease.open_strip, open_strip
    crossed = queue.cross_barrier(job, attempt, lease)
    if not crossed:
        lease.open_strip = before
    return crossed


def _go_on(session: Session, watch: Watch, verdict: Verdict | None, *, followed: bool) -> None:
    if verdict is None:
        return
    if verdict.outcome == Outcome.UNKNOWN:
        # Whoever puts new media in, or takes a jam out, has the strip in their hands.
        session.drop(strip_is_gone=bool(verdict.device))
    elif followed and not session.holds:
        session.rests(watch.last)
    else:
        session.end()


def _send(
    link: transport.Connection, pages: list[bytes], attempt: Attempt, watch: Watch, printer: Printer, turn: Turn
) -> None:
    began = time.monotonic()
    for number, page in enumerate(pages):
        if number and not _has_printed(number, began, watch, printer, turn):
            # What is wrong with it is told by whoever watches the label.
            break
        try:
            sent = link.send(page)
        except TransportError as error:
            # The printer threw the session away before it had taken anything.
            raise NothingSent(error.detail) from error
        attempt.bytes_acked += sent.bytes_acked
        if sent.error and not attempt.bytes_acked and not sent.bytes_written:
            raise NothingSent(sent.error)
        if sent.error or not sent.fully_acked:
            raise Unsettled(sent.error or "The printer did not acknowledge all of the label.")
    failpoints.hit("sent")


def _has_printed(pages: int, began: float, watch: Watch, printer: Printer, turn: Turn) -> bool:
    """Wait until it has printed so many: small memories overflow after two or three labels. False: it is not well."""
    until = time.monotonic() + PAGE_S
    while time.monotonic() < until and turn.is_mine() and not is_stopping():
        if watch.listening:
            answer = status.quick_answer(printer, POLL_PATIENCE_S)
            watch.see(round((time.monotonic() - began) * 1000), merge(answer, printer.model) if answer.ok else None)
            if not watch.last_ready:
                return False
            if watch.has_printed(pages):
                break
        time.sleep(POLLS_S[1])
    return True


def observe(
    attempt: Attempt, turn: Turn, printer: Printer, watch: Watch, seconds: float, session: Session | None = None
) -> Verdict | None:
    """Ask the printer until it is known what became of the label, or the time is over that it could take."""
    link = session.link if session is not None else None
    began = time.monotonic()
    deadline = began + seconds * SAFETY + WATCH_SLACK_S
    if not watch.listening:
        _note_acked(attempt)
        turn.lend()
        # It takes its time even where nobody can see it: the next label would find it busy.
        patience = max(DRAIN_S, seconds * SAFETY)
        while (now := time.monotonic()) < deadline and not is_stopping() and turn.is_mine():
            over = link is None or _is_over(link, watch) or now - began > patience
            if over and now - began > seconds:
                break
            time.sleep(POLLS_S[-1])
        return watch.at_deadline()
    shown = False
    for number in count():
        if number == 1:
            # One that is printed at the first look needs no note of how far it came.
            _note_acked(attempt)
        if seconds_to_wait := POLLS_S[min(number, len(POLLS_S) - 1)]:
            turn.lend()
        _wait(link, watch, seconds_to_wait)
        if (number and is_stopping()) or not turn.is_mine():
            return None
        answer = status.quick_answer(printer, POLL_PATIENCE_S)
        reading = merge(answer, printer.model) if answer.ok else None
        elapsed_ms = round((time.monotonic() - began) * 1000)
        watch.see(elapsed_ms, reading)
        if watch.printing_seen and attempt.phase == Phase.BYTES_ACKED:
            note(attempt, Phase.PRINTING_SEEN, "evidence")
        if (verdict := watch.verdict()) is not None:
            if not number:
                failpoints.hit("acked")
            # People see at once what is wrong with it, and whoever probes sees when it is well again.
            if not watch.last_ready or shown:
                keep_watched(printer, answer, reading)
            return verdict
        if session is not None and watch.shows_nothing_for_ms > HELD_MS and session.end_strip():
            # With the end of the strip it prints what it held back.
            session.holds, watch.pages = True, watch.pages + 1
        if time.monotonic() > deadline:
            return watch.at_deadline()
        if elapsed_ms - (watch.silent_since_ms or 0) > SHOW_AFTER_MS:
            shown = True
            keep_watched(printer, answer, reading)
    return None


def _note_acked(attempt: Attempt) -> None:
    """Whoever finds the label after this worker's death knows by it that the printer has everything."""
    if attempt.phase == Phase.SENDING:
        note(attempt, Phase.BYTES_ACKED, "bytes_acked", "acked_at")
        failpoints.hit("acked")


def _wait(link: transport.Connection | None, watch: Watch, seconds: float) -> None:
    if link is None:
        time.sleep(seconds)
    else:
        link.look(seconds)
        _is_over(link, watch)


def _is_over(link: transport.Connection, watch: Watch) -> bool:
    known = link.look()
    watch.drained, watch.closed_early = known.drained, known.closed_by_peer
    return known.drained or known.closed_by_peer or bool(known.error)


def note(attempt: Attempt, phase: Phase, *columns: str) -> None:
    """How far it came. A database that is away for a moment costs this note, not the label's outcome."""
    attempt.phase = phase
    try:
        write(attempt, "phase", *columns)
    except DATABASE_AWAY as error:
        log.warning("Attempt %s could not be noted as %s: %s", attempt.pk, phase, error)
        drop_broken_connection()


def is_stopping() -> bool:
    """This process was asked to end: begin nothing new, and do not wait for a printer."""
    # Each is None or False until then, and an exit code after it, of which 0 is one.
    said = (worker_state.should_stop, worker_state.should_terminate)
    return any(each is not None and each is not False for each in said)
