"""One label on its way: connect, barrier, bytes."""

import time
from collections.abc import Callable
from functools import partial

from django.utils import timezone

from jobs import failpoints, queue
from jobs.dispatch import patience
from jobs.dispatch.evidence import Verdict, Watch
from jobs.dispatch.obstacles import HubStopping, OtherMediaNeeded, TurnLost
from jobs.dispatch.preflight import Looked, check_medium, has_answered, look
from jobs.dispatch.readying import Label, next_ready
from jobs.dispatch.session import Session, Turn, is_stopping
from jobs.dispatch.watching import has_printed, observe
from jobs.models import Outcome
from printers.errors import TransportError
from printers.models import Printer


class Unsettled(Exception):
    """Bytes may have left, and then something broke; the message says what."""


class NothingSent(Exception):
    """The barrier was crossed, and not one byte was handed to the network after it."""


def cross(label: Label, session: Session, printer: Printer, looked: Looked) -> None:
    """Connect, and commit that from now on the label may come out. Raises an Obstacle; not a byte has left then."""
    turn = session.turn
    link = session.connect(label.job, printer, looked)
    failpoints.hit("connected")
    if looked.reading is None and has_answered(printer):
        # Silent a moment ago, and now it takes a connection: it has just been switched on, so it can tell again.
        looked = look(printer, label.job, still_mine=turn.is_mine)
    label.goes_over(link, looked, ours=session.rested is not None)
    failpoints.hit("before-barrier")
    if is_stopping():
        raise HubStopping("The hub was stopped before it sent anything of this label.")
    lease = turn.lease
    before, lease.open_strip = lease.open_strip, label.opens
    if not turn.is_mine() or not queue.cross_barrier(label.job, label.attempt, lease):
        lease.open_strip = before
        raise TurnLost("It was canceled, or this worker's turn at the printer ended.")


def send(label: Label, session: Session, printer: Printer) -> Verdict | None:
    """Send a label that has crossed the barrier, and say what became of it. None where this process has to stop before
    that is known. Raises NothingSent and Unsettled.
    """
    attempt, watch, turn, link = label.attempt, label.watch, session.turn, label.link
    failpoints.hit("after-barrier")
    link.deadline = time.monotonic() + patience.SEND_SLACK_S + label.seconds * patience.SAFETY
    try:
        session.sends(ended=label.last, ending=label.ending)
        _send(label, printer, turn, meanwhile=partial(_next_ready, label, session, printer) if label.followed else None)
        attempt.acked_at = timezone.now()
        if label.followed:
            _next_ready(label, session, printer, drawing=True)
        else:
            # One that has ended its side by now did so before it had everything.
            link.look(patience.EARLY_END_S)
            link.end()
        verdict = observe(attempt, turn, printer, watch, label.seconds, session)
    except BaseException:
        session.drop()
        raise
    _go_on(session, watch, verdict, followed=label.followed)
    return verdict


def may_follow(label: Label, session: Session) -> bool:
    """Whether this label, which was made ready while the one before it was printed, may cross the barrier now."""
    link, rested = session.link, session.rested
    if link is None or rested is None or is_stopping() or not session.turn.is_mine():
        return False
    try:
        check_medium(rested, label.job)
    except OtherMediaNeeded:
        return False
    label.goes_over(link, Looked(rested), ours=True)
    failpoints.hit("before-barrier")
    return True


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


def _next_ready(label: Label, session: Session, printer: Printer, *, drawing: bool = False) -> None:
    """While the printer is busy with this one. `drawing`: it has all of it, so that there is time for that."""
    if label.behind is None:
        label.behind = next_ready(label, session, printer, drawing=drawing)


def _send(label: Label, printer: Printer, turn: Turn, *, meanwhile: Callable[[], None] | None) -> None:
    """`meanwhile` is called when the last page is on its way."""
    began, attempt = time.monotonic(), label.attempt
    for number, page in enumerate(label.pages, 1):
        if number > 1 and not has_printed(number - 1, began, label.watch, printer, turn):
            # What is wrong with it is told by whoever watches the label.
            break
        try:
            sent = label.link.send(page, meanwhile=meanwhile if number == len(label.pages) else None)
        except TransportError as error:
            # The printer threw the session away before it had taken anything.
            raise NothingSent(error.detail) from error
        attempt.bytes_acked += sent.bytes_acked
        if sent.error and not attempt.bytes_acked and not sent.bytes_written:
            raise NothingSent(sent.error)
        if sent.error or not sent.fully_acked:
            raise Unsettled(sent.error or "The printer did not acknowledge all of the label.")
    failpoints.hit("sent")
