"""What becomes of a job that cannot be printed now, or that the hub itself failed at."""

import logging

from django.utils import timezone

from jobs import queue
from jobs.dispatch.obstacles import (
    CannotPrint,
    Expired,
    HubStopping,
    ImageNotKept,
    Obstacle,
    OtherMediaNeeded,
    PrinterBusy,
    PrinterNeedsSomebody,
    PrinterNotReachable,
    TurnLost,
)
from jobs.dispatch.recovery import count_death
from jobs.dispatch.stopping import OFFLINE, RETRY_PAUSE_S, TIMED_OUT, leave_alone, stop_printer
from jobs.dispatch.waiting import NOT_READY_PAUSE
from jobs.models import Attempt, Job
from jobs.states import CANNOT_PRINT, EXPIRED, MEDIA_NEEDED, NOT_READY, OUTCOME_UNKNOWN, PRINTER_STOPPED
from printers.models import Printer

log = logging.getLogger(__name__)


def put_back(job: Job, attempt: Attempt, printer: Printer, obstacle: Obstacle) -> bool:
    """What becomes of a job that met an obstacle before its first byte; whether the next one may be tried."""
    message = obstacle.message
    match obstacle:
        case OtherMediaNeeded():
            queue.wait(job, attempt, [MEDIA_NEEDED], message)
            return True
        case Expired():
            queue.abort(job, attempt, [EXPIRED], message)
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
    if gives_up(printer):
        queue.abort(job, attempt, reasons, message)
    else:
        queue.requeue(job, attempt, reasons, message)


def gives_up(printer: Printer) -> bool:
    return printer.error_policy == Printer.ErrorPolicy.ABORT_JOB


def _close(attempt: Attempt, message: str) -> None:
    Attempt.objects.filter(pk=attempt.pk, ended_at=None).update(message=message, ended_at=timezone.now())


def survive(job: Job, attempt: Attempt, printer: Printer, error: Exception) -> bool:
    """A fault of the hub's own. Before the barrier it counts as a death of this job; behind it nobody knows."""
    log.exception("Job %s could not be printed on %s", job.pk, printer.path)
    what = f"The hub failed while it printed this label ({type(error).__name__})."
    if job.barrier_at is not None:
        queue.stop(job, attempt, [OUTCOME_UNKNOWN], f"{what} Look whether it came out.")
        return False
    count_death(job, attempt, what)
    return True
