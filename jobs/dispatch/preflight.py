"""The last look at a printer before a label goes to it: is it the right one, is it well, is the right tape in it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from jobs.dispatch.keeping import keep
from jobs.dispatch.obstacles import OtherMediaNeeded, PrinterBusy, PrinterNeedsSomebody
from jobs.models import Job
from jobs.pools.choosing import colours_fit, wanted_tape
from printers import status
from printers.errors import UnknownModel
from printers.media import find_medium, find_model
from printers.models import Printer
from printers.status import Reading, merge

PATIENCE_S = 1.0
# For a label of somebody else, or the last of ours that could not be watched to its end.
BUSY_LIMIT_S = 20.0
BUSY_STEP_S = 0.25
WRONG_PRINTER = ("other",)


@dataclass(frozen=True, slots=True)
class Looked:
    """`reading` is None where the printer does not answer by SNMP; then the label is sent on trust."""

    reading: Reading | None

    @property
    def life_count(self) -> int | None:
        return self.reading.life_count if self.reading else None


def look(printer: Printer, job: Job, *, still_mine: Callable[[], bool], patience_s: float = PATIENCE_S) -> Looked:
    """Raises PrinterNeedsSomebody, PrinterBusy or OtherMediaNeeded."""
    give_up = time.monotonic() + BUSY_LIMIT_S
    while True:
        answer = status.answer_of(printer, patience_s)
        reading = merge(answer, printer.model) if answer.ok else None
        keep(printer, answer, reading)
        if answer.problem == "not-a-printer":
            raise PrinterNeedsSomebody(answer.error, WRONG_PRINTER)
        if reading is not None and (sentence := wrong_device(printer, reading.model_seen)):
            raise PrinterNeedsSomebody(sentence, WRONG_PRINTER)
        if reading is None:
            _check_declared(printer, job)
            return Looked(None)
        if not reading.ready:
            raise PrinterNeedsSomebody(trouble_of(reading), reading.reasons)
        if not reading.printing:
            check_medium(reading, job)
            return Looked(reading)
        if time.monotonic() > give_up or not still_mine():
            raise PrinterBusy("The printer is printing for somebody else.")
        time.sleep(BUSY_STEP_S)


def has_answered(printer: Printer) -> bool:
    """Whether it ever told its status, so that its silence means something."""
    status_row = getattr(printer, "status", None)
    return status_row is not None and status_row.last_seen_at is not None


def wrong_device(printer: Printer, model_seen: str) -> str:
    """A sentence where the device there is another kind than the hub believes, else empty.

    Bytes for one command language must never go to a device of another: it would print rubbish by the metre.
    """
    if not model_seen:
        return ""
    wanted = find_model(printer.model)
    try:
        seen = find_model(model_seen)
    except UnknownModel:
        seen = None
    if seen is not None and (seen.family, seen.dpi, seen.pins) == (wanted.family, wanted.dpi, wanted.pins):
        return ""
    shown = seen.name if seen else model_seen
    return (
        f"The device at {printer.host} says that it is a {shown}; the hub has it as {wanted.name}. "
        "Correct the model or the address."
    )


def check_medium(reading: Reading, job: Job) -> None:
    wanted = find_medium(job.medium)
    if reading.medium is not None:
        if reading.medium.key != wanted.key:
            raise OtherMediaNeeded(f"It needs {wanted.title}; {reading.medium.title} is loaded.")
        if job.pool is not None and not colours_fit(job.pool, reading.tape_color, reading.text_color):
            raise OtherMediaNeeded(
                f"It needs {wanted_tape(job.pool, wanted)}; {reading.text_color} on {reading.tape_color} is loaded."
            )
    elif reading.width_mm is not None and abs(reading.width_mm - wanted.width_mm) > 1:
        raise OtherMediaNeeded(f"It needs {wanted.title}; something {reading.width_mm:g} mm wide is loaded.")


def _check_declared(printer: Printer, job: Job) -> None:
    """What a person says is in it counts while the printer cannot tell."""
    wanted = find_medium(job.medium)
    if printer.media and find_medium(printer.media).key != wanted.key:
        raise OtherMediaNeeded(f"It needs {wanted.title}; {find_medium(printer.media).title} is said to be loaded.")


def trouble_of(reading: Reading) -> str:
    return f"The printer needs somebody: {', '.join(reading.error_state) or ', '.join(reading.reasons)}."
