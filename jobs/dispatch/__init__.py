"""One printer's jobs from claim to outcome, one after the other, by whoever has the lease."""

import time
from contextlib import suppress
from uuid import UUID

from django.db import DatabaseError
from django.utils import timezone

from jobs import failpoints, queue
from jobs.dispatch.desk import Desk, anything_waits, desk_of, may_print
from jobs.dispatch.evidence import Verdict
from jobs.dispatch.image import image_of
from jobs.dispatch.keeping import drop_broken_connection
from jobs.dispatch.obstacles import Expired, Obstacle
from jobs.dispatch.preflight import Looked, check_medium, look
from jobs.dispatch.putting_back import gives_up, put_back, survive
from jobs.dispatch.readying import Label, make_ready
from jobs.dispatch.recovery import recover
from jobs.dispatch.reporting import report
from jobs.dispatch.sending import NothingSent, Unsettled, cross, may_follow, send
from jobs.dispatch.session import Session, Turn, is_stopping
from jobs.dispatch.stopping import (
    is_away,
    let_go_if_ready,
    may_try,
    ready_again,
    rest_after_failure,
    still_away,
    stop_printer,
)
from jobs.dispatch.strips import end_left_strip
from jobs.dispatch.waiting import release_fitting
from jobs.lease import Lease, acquire
from jobs.models import Attempt, Job, Outcome
from jobs.states import NOT_READY, OUTCOME_UNKNOWN
from printers.doing import doing
from printers.models import Printer
from printers.status import loaded_medium

__all__ = ["drain"]

# Held jobs are looked through this often, and before the first one.
LOOK_AGAIN_S = 1.0


def drain(printer_id: UUID) -> None:
    """Print what waits for this printer. Returns when nothing may be printed now, or another worker is at it.

    Harmless to call at any time, any number of times, from anywhere.
    """
    with doing("serve a printer", printer=printer_id):
        _drain(printer_id)


# Of this process, so that a ring for a printer that is served here costs the database nothing.
_turns: dict[UUID, Lease] = {}


def _drain(printer_id: UUID) -> None:
    while not is_stopping():
        here = _turns.get(printer_id)
        lease = None if here is not None and here.mine else acquire(printer_id)
        if lease is None:
            # Whoever has it looks for new jobs once more after letting go of it.
            return
        _turns[printer_id] = lease
        try:
            _work(printer_id, Turn(lease))
        finally:
            if _turns.get(printer_id) is lease:
                del _turns[printer_id]
            with suppress(DatabaseError):
                lease.release()
        if not _more_to_do(printer_id):
            return


def _more_to_do(printer_id: UUID) -> bool:
    desk = desk_of(printer_id) if anything_waits(printer_id) else None
    if desk is None or not desk.waiting or not may_print(desk.printer):
        return False
    return not desk.printer.stop_reasons and may_try(desk.printer)


def _work(printer_id: UUID, turn: Turn) -> None:
    session = Session(turn)
    try:
        while turn.is_mine() and not is_stopping() and _work_on_next(printer_id, session):
            pass
    finally:
        session.end()


def _work_on_next(printer_id: UUID, session: Session) -> bool:
    """One job, if there is one; whether there may be another in this turn."""
    lease = session.turn.lease
    desk = desk_of(printer_id)
    if desk is not None and desk.left:
        recover(printer_id, session.turn)
        desk = desk_of(printer_id)
    if desk is None or not may_print(desk.printer):
        return False
    job = _next(desk, session)
    if job is None:
        return False
    # What comes in meanwhile is seen by the look behind the turn.
    session.turn.ends = not desk.held and lease.none_behind
    with doing("print a label", job=job.pk):
        claimed = queue.claim_next(lease, job)
    return claimed is not None and _print(*claimed, session, desk.printer) and not session.turn.ends


def _next(desk: Desk, session: Session) -> Job | None:
    """The next job, where it may be begun; what waits for something is let go of where that is there."""
    turn, printer = session.turn, desk.printer
    medium = loaded_medium(printer, getattr(printer, "status", None))
    loaded = medium.key if medium else None
    released = desk.held and _look_through_held(printer, turn, loaded)
    let_go_if_ready(printer)
    job = queue.next_job(turn.lease) if desk.waiting or released else None
    if job is None and desk.held and _look_through_held(printer, turn, loaded, now=True):
        job = queue.next_job(turn.lease)
    left = turn.lease.open_strip and session.link is None
    if job is None and not left:
        return None
    if (turn.pausing or printer.stop_reasons) and not may_try(printer):
        return None
    if job is not None and not left and _stays_away(printer, job, session):
        return None
    if left:
        end_left_strip(printer, turn)
    return job


def _stays_away(printer: Printer, job: Job, session: Session) -> bool:
    """It is tried again and again; only the first time, and when it is back, is a part of the label's history."""
    if not is_away(printer) or printer.error_policy != Printer.ErrorPolicy.RETRY_CURRENT_JOB:
        return False
    if session.knock(job, printer):
        return False
    still_away(printer)
    return True


def _look_through_held(printer: Printer, turn: Turn, medium_key: str | None, *, now: bool = False) -> bool:
    """Whether one may go now. Not before each of many labels: when other media are there, every other moment, and
    before the turn ends.
    """
    if not now and medium_key == turn.looked_with and time.monotonic() - turn.looked_at < LOOK_AGAIN_S:
        return False
    turn.looked_at, turn.looked_with = time.monotonic(), medium_key
    return release_fitting(printer.pk, medium_key) > 0


def _print(job: Job, attempt: Attempt, session: Session, printer: Printer) -> bool:
    """One job, from claim to outcome, and those of its batch that go behind it at once. False: leave the printer alone
    for now.
    """
    job.printer = printer
    label: Label | None = None
    while True:
        with doing("print a label", job=job.pk):
            try:
                if label is None:
                    label = _begun(job, attempt, session, printer)
                verdict = send(label, session, printer)
            except Obstacle as obstacle:
                return put_back(job, attempt, printer, obstacle)
            except NothingSent as error:
                queue.withdraw(job, attempt, [NOT_READY], str(error))
                if gives_up(printer):
                    queue.abort(job, None, [NOT_READY], str(error))
                rest_after_failure(printer, str(error))
                return False
            except Unsettled as error:
                message = f"{error} Look whether the label came out."
                queue.stop(job, attempt, [OUTCOME_UNKNOWN], message)
                rest_after_failure(printer, message)
                return False
            except DatabaseError:
                drop_broken_connection()
                raise
            except Exception as error:
                return survive(job, attempt, printer, error)
            if verdict is None:
                return False
            label = _settled(label, verdict, session, printer)
        if label is None:
            return verdict.outcome != Outcome.UNKNOWN
        job, attempt = label.job, label.attempt


def _begun(job: Job, attempt: Attempt, session: Session, printer: Printer) -> Label:
    """It is ready, and has crossed the barrier. Raises an Obstacle."""
    failpoints.hit("claimed")
    if job.expires_at is not None and job.expires_at <= timezone.now():
        raise Expired("It was not printed in time; it is not wanted any more.")
    raster = image_of(job, attempt, session.turn)
    failpoints.hit("rendered")
    looked = _looked(job, session, printer)
    label = make_ready(job, attempt, session, printer, raster, listening=looked.reading is not None)
    cross(label, session, printer, looked)
    return label


def _settled(label: Label, verdict: Verdict, session: Session, printer: Printer) -> Label | None:
    """Write down what became of it. The label behind it, where that has crossed the barrier with the same statement."""
    turn, behind = session.turn, label.behind
    was_well = not (turn.pausing or printer.stop_reasons or printer.stop_message)
    if behind is not None and was_well and may_follow(behind, session):
        follows = _report_and_begin(label, behind, verdict, turn.lease, printer)
        return behind if follows else None
    ends = turn.ends and session.link is None and was_well and verdict.outcome != Outcome.UNKNOWN
    report(label.job, label.attempt, verdict, giving_back=turn.lease if ends else None)
    if verdict.device:
        stop_printer(printer, verdict.device, verdict.message)
    elif verdict.outcome == Outcome.UNKNOWN:
        rest_after_failure(printer, verdict.message)
    elif not was_well:
        ready_again(printer)
        turn.pausing = False
    return None


def _report_and_begin(label: Label, behind: Label, verdict: Verdict, lease: Lease, printer: Printer) -> bool:
    """Whether the label behind it has crossed the barrier with that."""
    before, lease.open_strip = lease.open_strip, behind.opens
    beginning = queue.Beginning(behind.job, behind.attempt, lease, printer)
    certain = report(label.job, label.attempt, verdict, behind=beginning)
    if not beginning.begun:
        lease.open_strip = before
        lease.ahead.clear()
        # Whoever has the next turn finds it, where it has begun.
        lease.lost = lease.lost or not certain
    return beginning.begun


def _looked(job: Job, session: Session, printer: Printer) -> Looked:
    """How the printer is: as it was seen after the last label of this connection, or by a look before a new one."""
    if session.rested is not None and session.continues(job, printer):
        check_medium(session.rested, job)
        return Looked(session.rested)
    if not session.knocked:
        session.end()
    return look(printer, job, still_mine=session.turn.is_mine)
