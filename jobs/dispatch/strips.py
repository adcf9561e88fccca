"""A strip that a worker left open: its labels are still in the printer, behind the cutter."""

import logging
import time

from jobs.dispatch import patience
from jobs.dispatch.preflight import wrong_device
from jobs.dispatch.session import Turn
from printers import status, transport
from printers.drivers import PrintOptions, driver_for
from printers.drivers.base import blank_label
from printers.errors import HubError, TransportError
from printers.media import find_medium, find_model
from printers.models import Printer
from printers.status import merge

log = logging.getLogger(__name__)


def end_left_strip(printer: Printer, turn: Turn) -> None:
    """Feed it out and cut it off, on a short blank label of its own: the job that it was part of ended with its worker.

    Tried once: the row is cleared before the first byte, so that it never costs tape twice. While the printer cannot
    be reached it is left for the next turn.
    """
    try:
        model, medium = find_model(printer.model), find_medium(turn.lease.open_strip)
        blank = driver_for(model).encode([blank_label(model, medium)], model, medium, PrintOptions())
    except HubError:
        # It has become another printer since.
        turn.lease.strip_ended()
        return
    answer = status.answer_of(printer)
    if answer.ok:
        reading = merge(answer, printer.model)
        other_tape = reading.medium is not None and reading.medium.key != medium.key
        if not reading.ready or other_tape or wrong_device(printer, reading.model_seen):
            # Somebody has been at it, or has to: the strip is in their hands.
            turn.lease.strip_ended()
            return
    deadline = time.monotonic() + patience.CONNECT_S
    try:
        link = transport.connect(printer.host, printer.port, deadline=deadline, still_mine=turn.is_mine)
    except TransportError as error:
        log.info("A strip is still in %s: %s", printer.path, error.detail)
        return
    with link:
        if not turn.is_mine() or not turn.lease.strip_ended():
            return
        link.deadline = time.monotonic() + patience.SEND_SLACK_S
        try:
            link.send(blank)
        except TransportError as error:
            log.warning("A strip may still be in %s: %s", printer.path, error.detail)
        link.finish(drain_s=patience.DRAIN_S)
