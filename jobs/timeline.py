"""Entries of a job's timeline that the printer itself has told: its status blocks, in words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs.models import Attempt
from printers.said import said
from printers.snmp import Answer
from printers.status import Reading, merge
from printers.words import tape_words


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    text: str
    tone: str = "off"
    details: list[str] = field(default_factory=list)


def heard(attempt: Attempt) -> Iterator[Entry]:
    """What it said since the first byte, each change once."""
    if attempt.barrier_at is None:
        return
    for seen in attempt.evidence:
        reading = _reading(seen)
        text, tone = _words(seen, reading)
        yield Entry(attempt.barrier_at + timedelta(milliseconds=seen["at_ms"]), text, tone, _details(seen, reading))


def _reading(seen: dict[str, Any]) -> Reading | None:
    """None where it answered without a status block, or with none that can be read."""
    try:
        return merge(Answer(block=bytes.fromhex(seen["hex"]))) if seen.get("hex") else None
    except ValueError:
        return None


def _words(seen: dict[str, Any], reading: Reading | None) -> tuple[str, str]:
    tone = "error" if seen["state"] == "stopped" else "warn"
    if reading is not None and reading.error_state:
        return _("The printer: %(errors)s") % {"errors": ", ".join(said(name) for name in reading.error_state)}, tone
    if seen["state"] == "processing":
        return _("The printer: printing"), "busy"
    if seen["state"] == "stopped":
        return _("The printer: stopped"), "error"
    return _("The printer: at rest"), "off"


def _details(seen: dict[str, Any], reading: Reading | None) -> list[str]:
    found = []
    if reading is not None and reading.medium is not None:
        found.append(tape_words(reading.medium, reading.tape_color, reading.text_color))
    if (life := seen.get("life")) is not None:
        found.append(ngettext("%(n)d label so far", "%(n)d labels so far", life) % {"n": life})
    return [" · ".join(found)] if found else []
