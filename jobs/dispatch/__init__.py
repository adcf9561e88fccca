"""One printer's jobs from claim to outcome, one after the other, by whoever has the lease."""

import logging
import time
from contextlib import suppress
from uuid import UUID

from django.db import DatabaseError
from django.utils import timezone

from jobs import failpoints, queue
from jobs.dispatch.desk import PRINTER, Desk, desk_of, may_print
from jobs.dispatch.image import image_of
from jobs.dispatch.keeping import drop_broken_connection
from jobs.dispatch.obstacles import (
    CannotPrint,
    HubStopping,
    ImageNotKept,
    Obstacle,
    OtherMediaNeeded,
    PrinterBusy,
    PrinterNeedsSomebody,
    PrinterNotReachable,
    TurnLost,
)
from jobs.dispatch.preflight import Looked, check_medium, look
from jobs.dispatch.recovery import count_death, recover
from jobs.dispatch.reporting import report
from jobs.dispatch.sending import NothingSent, Unsettled, deliver
from jobs.dispatch.session import Session, Turn, is_stopping
from jobs.dispatch.stopping import (
    OFFLINE,
    RETRY_PAUSE_S,
    TIMED_OUT,
    is_away,
    leave_alone,
    let_go_if_ready,
    may_try,
    ready_again,
    rest_after_failure,
    still_away,
    stop_printer,
)
from jobs.dispatch.strips import end_left_strip
from jobs.dispatch.waiting import NOT_READY_PAUSE, release_fitting
from jobs.lease import Lease, acquire
from jobs.models import Attempt, Job, Outcome
from jobs.states import (
    CANNOT_PRINT,
    EXPIRED,
    MEDIA_NEEDED,
    NOT_READY,
    OUTCOME_UNKNOWN,
    PRINTER_STOPPED,
)
from printers.doing import doing
from printers.models import Printer
from printers.status import loaded_medium

__all__ = ["drain"]

log = logging.getLogger(__name__)

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
    desk = desk_of(printer_id)
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
    alone = False
    if session.rested is None:
        desk = desk_of(printer_id)
        if desk is not None and desk.left:
            recover(printer_id, session.turn)
            desk = desk_of(printer_id)
        printer = desk.printer if desk else None
        job = _next(desk, session) if desk is not None and may_print(desk.printer) else None
        # What comes in meanwhile is seen by the look behind the turn.
        alone = desk is not None and not desk.held and session.turn.lease.behind is None
    else:
        # Between two labels of a batch only what a person may have changed is looked at.
        found = PRINTER.run(printer=printer_id)
        printer, job = found[0] if found else None, queue.next_job(session.turn.lease)
    if printer is None or job is None:
        return False
    with doing("print a label", job=job.pk):
        claimed = queue.claim_next(printer_id, session.turn.lease, job)
        return claimed is not None and _print(*claimed, session, printer) and not alone


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
    """One job, from claim to outcome. False: leave the printer alone for now."""
    job.printer = printer
    failpoints.hit("claimed")
    try:
        if job.expires_at is not None and job.expires_at <= timezone.now():
            queue.abort(job, attempt, [EXPIRED], "It was not printed in time; it is not wanted any more.")
            return True
        raster = image_of(job, attempt, session.turn)
        failpoints.hit("rendered")
        verdict = deliver(job, attempt, session, printer, raster, _looked(job, session, printer))
    except Obstacle as obstacle:
        return _put_back(job, attempt, printer, obstacle)
    except NothingSent as error:
        queue.withdraw(job, attempt, [NOT_READY], str(error))
        if _gives_up(printer):
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
        return _survive(job, attempt, printer, error)
    if verdict is None:
        return False
    report(job, attempt, verdict)
    if verdict.device:
        stop_printer(printer, verdict.device, verdict.message)
    elif verdict.outcome == Outcome.UNKNOWN:
        rest_after_failure(printer, verdict.message)
    elif session.turn.pausing or printer.stop_reasons or printer.stop_message:
        ready_again(printer)
        session.turn.pausing = False
    return verdict.outcome != Outcome.UNKNOWN


def _looked(job: Job, session: Session, printer: Printer) -> Looked:
    """How the printer is: as it was seen after the last label of this connection, or by a look before a new one."""
    if session.rested is not None and session.continues(job, printer):
        check_medium(session.rested, job)
        return Looked(session.rested)
    if not session.knocked:
        session.end()
    return look(printer, job, still_mine=session.turn.is_mine)


def _put_back(job: Job, attempt: Attempt, printer: Printer, obstacle: Obstacle) -> bool:
    """What becomes of a job that met an obstacle before its first byte; whether the next one may be tried."""
    message = obstacle.message
    match obstacle:
        case OtherMediaNeeded():
            queue.wait(job, attempt, [MEDIA_NEEDED], message)
            return True
        case CannotPrint():
            queue.abort(job, attempt, [CANNOT_PRINT], message)
            return True
        case ImageNotKept():
            log.error("%s", message)
            queue.wait(job, attempt, [NOT_READY], message, not_before=timezone.now() + NOT_READY_PAUSE)
            return False
        case TurnLost():
            # Canceled by a person, or taken over by another worker: either way it is not ours any more.
            _close(attempt, message)
            return True
        case PrinterNeedsSomebody(reasons=reasons):
            _give_back(job, attempt, printer, [PRINTER_STOPPED, *reasons], message)
            stop_printer(printer, reasons, message)
        case PrinterNotReachable(silent=silent):
            _give_back(job, attempt, printer, [NOT_READY], message)
            stop_printer(printer, [OFFLINE if silent else TIMED_OUT], message)
        case HubStopping():
            queue.requeue(job, attempt, [], "")
        case PrinterBusy():
            queue.requeue(job, attempt, [NOT_READY], message)
            leave_alone(printer, RETRY_PAUSE_S)
        case _:
            raise obstacle
    return False


def _give_back(job: Job, attempt: Attempt, printer: Printer, reasons: list[str], message: str) -> None:
    if _gives_up(printer):
        queue.abort(job, attempt, reasons, message)
    else:
        queue.requeue(job, attempt, reasons, message)


def _gives_up(printer: Printer) -> bool:
    return printer.error_policy == Printer.ErrorPolicy.ABORT_JOB


def _close(attempt: Attempt, message: str) -> None:
    Attempt.objects.filter(pk=attempt.pk, ended_at=None).update(message=message, ended_at=timezone.now())


def _survive(job: Job, attempt: Attempt, printer: Printer, error: Exception) -> bool:
    """A fault of the hub's own. Before the barrier it counts as a death of this job; behind it nobody knows."""
    log.exception("Job %s could not be printed on %s", job.pk, printer.path)
    what = f"The hub failed while it printed this label ({type(error).__name__})."
    if job.barrier_at is not None:
        queue.stop(job, attempt, [OUTCOME_UNKNOWN], f"{what} Look whether it came out.")
        return False
    count_death(job, attempt, what)
    return True
