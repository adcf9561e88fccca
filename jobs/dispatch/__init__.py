"""One printer's jobs from claim to outcome, one after the other, by whoever has the lease."""

import logging
from contextlib import suppress
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone

from jobs import epoch, failpoints, queue
from jobs.artifacts import keep, load
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
from jobs.dispatch.sending import NothingSent, Session, Turn, Unsettled, deliver, is_stopping
from jobs.dispatch.stopping import (
    OFFLINE,
    RETRY_PAUSE_S,
    TIMED_OUT,
    leave_alone,
    let_go_if_ready,
    may_try,
    ready_again,
    stop_printer,
)
from jobs.dispatch.strips import end_left_strip
from jobs.dispatch.waiting import NOT_READY_PAUSE, release_fitting
from jobs.errors import ArtifactUnusable, NotAllowed
from jobs.layout import render_job
from jobs.lease import acquire
from jobs.models import Attempt, Job, Outcome, Phase
from jobs.states import CANNOT_PRINT, EXPIRED, MEDIA_NEEDED, NOT_READY, OUTCOME_UNKNOWN, PRINTER_STOPPED
from printers.errors import HubError
from printers.models import Printer
from printers.raster import Raster
from printers.status import loaded_medium

__all__ = ["drain"]

log = logging.getLogger(__name__)


def drain(printer_id: UUID) -> None:
    """Print what waits for this printer. Returns when nothing may be printed now, or another worker is at it.

    Harmless to call at any time, any number of times, from anywhere.
    """
    if epoch.held_since() is not None:
        return
    while not is_stopping():
        lease = acquire(printer_id)
        if lease is None:
            # Whoever has it looks for new jobs once more after letting go of it.
            return
        try:
            _work(printer_id, Turn(lease))
        finally:
            with suppress(DatabaseError):
                lease.release()
        if not _more_to_do(printer_id):
            return


def _more_to_do(printer_id: UUID) -> bool:
    if not Job.objects.waiting(timezone.now()).filter(printer_id=printer_id).exists():
        return False
    printer = _printer(printer_id)
    return printer is not None and _may_print(printer) and not printer.stop_reasons and may_try(printer)


def _printer(printer_id: UUID) -> Printer | None:
    return Printer.objects.select_related("status").filter(pk=printer_id).first()


def _may_print(printer: Printer) -> bool:
    return printer.enabled and not printer.paused and not printer.config_error


def _work(printer_id: UUID, turn: Turn) -> None:
    recover(printer_id, turn)
    session = Session(turn)
    try:
        while turn.is_mine() and not is_stopping() and _work_on_next(printer_id, session):
            pass
    finally:
        session.end()


def _work_on_next(printer_id: UUID, session: Session) -> bool:
    """One job, if there is one; whether there may be another."""
    printer = _printer(printer_id)
    if printer is None or not _may_print(printer):
        return False
    if session.rested is None and not _is_ready(printer, session.turn):
        return False
    claimed = queue.claim_next(printer_id, session.turn.lease)
    return claimed is not None and _print(*claimed, session, printer)


def _is_ready(printer: Printer, turn: Turn) -> bool:
    """Whether the next label may be begun; what it waits for is let go of where that is there."""
    medium = loaded_medium(printer, getattr(printer, "status", None))
    release_fitting(printer.pk, medium.key if medium else None)
    let_go_if_ready(printer)
    waiting = Job.objects.waiting(timezone.now()).filter(printer_id=printer.pk).exists()
    if not (waiting or turn.lease.open_strip) or not may_try(printer):
        return False
    if turn.lease.open_strip:
        end_left_strip(printer, turn)
    return waiting


def _print(job: Job, attempt: Attempt, session: Session, printer: Printer) -> bool:
    """One job, from claim to outcome. False: leave the printer alone for now."""
    job.printer = printer
    failpoints.hit("claimed")
    try:
        if job.expires_at is not None and job.expires_at <= timezone.now():
            queue.abort(job, attempt, [EXPIRED], "It was not printed in time; it is not wanted any more.")
            return True
        raster = _image(job, attempt)
        failpoints.hit("rendered")
        verdict = deliver(job, attempt, session, printer, raster, _looked(job, session, printer))
    except Obstacle as obstacle:
        return _put_back(job, attempt, printer, obstacle)
    except NothingSent as error:
        queue.withdraw(job, attempt, [NOT_READY], str(error))
        leave_alone(printer)
        return False
    except Unsettled as error:
        _persist_unknown(job, attempt, f"{error} Look whether the label came out.")
        leave_alone(printer)
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
        # Each label that goes to a printer in this state may become another unknown.
        leave_alone(printer)
    else:
        ready_again(printer)
    return verdict.outcome != Outcome.UNKNOWN


def _looked(job: Job, session: Session, printer: Printer) -> Looked:
    """How the printer is: as it was seen after the last label of this connection, or by a look before a new one."""
    if session.rested is not None and session.continues(job, printer):
        check_medium(session.rested, job)
        return Looked(session.rested)
    session.end()
    return look(printer, job, still_mine=session.turn.is_mine)


def _image(job: Job, attempt: Attempt) -> Raster:
    """The dots that are stored for the job, or rendered and stored now. Every attempt sends the same."""
    if job.artifact:
        try:
            return load(job.artifact)
        except ArtifactUnusable as error:
            log.warning("Job %s is rendered again. %s", job.pk, error)
    try:
        raster = render_job(job)
    except (NotAllowed, HubError) as error:
        raise CannotPrint(error.detail) from error
    try:
        job.artifact = keep(raster)
    except ArtifactUnusable as error:
        raise ImageNotKept(error.detail) from error
    attempt.phase = Phase.RENDERED
    with transaction.atomic():
        Job.objects.filter(pk=job.pk, token=job.token).update(artifact=job.artifact)
        Attempt.objects.filter(pk=attempt.pk).update(phase=Phase.RENDERED)
    return raster


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
    if printer.error_policy == Printer.ErrorPolicy.ABORT_JOB:
        queue.abort(job, attempt, reasons, message)
    else:
        queue.requeue(job, attempt, reasons, message)


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


def _persist_unknown(job: Job, attempt: Attempt, message: str) -> None:
    Attempt.objects.filter(pk=attempt.pk).update(bytes_acked=attempt.bytes_acked)
    queue.stop(job, attempt, [OUTCOME_UNKNOWN], message)
