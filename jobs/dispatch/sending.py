"""One label on its way: connect, barrier, bytes."""

import hashlib
import time
from functools import partial

from django.utils import timezone

from jobs import failpoints, queue
from jobs.dispatch import patience
from jobs.dispatch.evidence import Verdict, Watch
from jobs.dispatch.obstacles import CannotPrint, HubStopping, TurnLost
from jobs.dispatch.patience import printing_seconds, tape_mm
from jobs.dispatch.preflight import Looked, has_answered, look
from jobs.dispatch.session import Session, Turn, is_stopping
from jobs.dispatch.watching import has_printed, observe
from jobs.layout import print_options
from jobs.lease import Lease
from jobs.models import Attempt, Job, Outcome
from printers import transport
from printers.calibration import offset_for, shifted
from printers.drivers import driver_for
from printers.errors import HubError, TransportError
from printers.media import find_medium, find_model
from printers.models import Printer
from printers.raster import Raster


class Unsettled(Exception):
    """Bytes may have left, and then something broke; the message says what."""


class NothingSent(Exception):
    """The barrier was crossed, and not one byte was handed to the network after it."""


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
    link.deadline = time.monotonic() + patience.SEND_SLACK_S + seconds * patience.SAFETY
    cut_off = driver.chains and options.cuts_at_end
    opens = medium.key if cut_off and len(pages) > last else turn.lease.open_strip
    if not turn.is_mine() or not _cross(job, attempt, turn.lease, printer, open_strip=opens):
        raise TurnLost("It was canceled, or this worker's turn at the printer ended.")
    failpoints.hit("after-barrier")
    try:
        _send(link, pages, attempt, watch, printer, turn)
        session.sent(ended=last, ending=partial(driver.ending, model, medium, options) if cut_off else None)
        attempt.acked_at = timezone.now()
        if not followed:
            # One that has ended its side by now did so before it had everything.
            link.look(patience.EARLY_END_S)
            link.end()
        verdict = observe(attempt, turn, printer, watch, seconds, session)
    except BaseException:
        session.drop()
        raise
    _go_on(session, watch, verdict, followed=followed)
    return verdict


def _cross(job: Job, attempt: Attempt, lease: Lease, printer: Printer, *, open_strip: str) -> bool:
    before, lease.open_strip = lease.open_strip, open_strip
    if attempt.pk is None:
        crossed = queue.begin(job, attempt, lease, printer)
    else:
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
        if number and not has_printed(number, began, watch, printer, turn):
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
