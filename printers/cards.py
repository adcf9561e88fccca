"""A printer as pages show it: its state in words, the tape that is loaded, and how old that knowledge is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from printers.drawing import TapeDrawing, draw_tape
from printers.errors import HubError
from printers.media import Medium, find_medium, find_model
from printers.models import Printer, PrinterStatus
from printers.status import is_stale, loaded_medium, printer_state
from printers.words import Words, describe_printer, medium_words, source_words, tape_words


@dataclass(slots=True)
class PrinterCard:
    """`jobs` and the counts belong to a higher room, which fills them in."""

    printer: Printer
    status: PrinterStatus | None
    state: str
    reasons: list[str]
    words: Words
    medium: Medium | None
    title: str
    drawing: TapeDrawing | None
    stale: bool
    model_name: str
    waiting: int = 0
    current: Any = None
    latest: Any = None
    asking: Any = None
    needed: Medium | None = None
    # Sentences: which tape to insert, and how many labels wait for it.
    media_waits: list[str] = field(default_factory=list)

    @property
    def known_from(self) -> list[tuple[str, str]]:
        return [] if self.status is None else source_words(self.status.sources or {})


def printer_cards(printers: Iterable[Printer]) -> list[PrinterCard]:
    """One card each; `printers` come with site and status selected, so that this costs no query."""
    return [printer_card(printer) for printer in printers]


def printer_card(printer: Printer, *, needed: Medium | None = None) -> PrinterCard:
    status: PrinterStatus | None = getattr(printer, "status", None)
    state, reasons = printer_state(printer, status)
    medium = loaded_medium(printer, status)
    stale = is_stale(status)
    title = "" if medium is None else _title(medium, status)
    return PrinterCard(
        printer=printer,
        status=status,
        state=state,
        reasons=list(reasons),
        words=describe_printer(
            printer, status, state, reasons, stale=stale, medium=medium_words(needed) if needed is not None else title
        ),
        medium=medium,
        title=title,
        drawing=None if medium is None else _drawing(medium, status),
        stale=stale,
        model_name=model_name(printer.model),
        needed=needed,
    )


def model_name(model: str) -> str:
    try:
        return find_model(model).name
    except HubError:
        return model


def medium_or_none(key: str) -> Medium | None:
    try:
        return find_medium(key) if key else None
    except HubError:
        return None


def _title(medium: Medium, status: PrinterStatus | None) -> str:
    return medium_words(medium) if status is None else tape_words(medium, status.tape_color, status.text_color)


def _drawing(medium: Medium, status: PrinterStatus | None) -> TapeDrawing:
    words = medium_words(medium)
    return (
        draw_tape(medium, words) if status is None else draw_tape(medium, words, status.tape_color, status.text_color)
    )
