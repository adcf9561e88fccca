"""What the kept rows mean to those who ask. Nothing here sends a packet or runs a query."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from printers.errors import HubError
from printers.instants import rfc3339
from printers.media import Medium, Model, find_medium, find_model
from printers.models import Printer, PrinterStatus
from printers.status.reading import same_model

FRESH_S = 90.0


def printer_state(printer: Printer, status: PrinterStatus | None) -> tuple[str, list[str]]:
    """IPP printer-state (`idle`, `processing`, `stopped`) and printer-state-reasons, `[]` for none.

    A reason without a severity stops the printer; `-warning` and `-report` do not (RFC 8011, 5.4.12).
    """
    state = (status.state if status else "") or "idle"
    reasons: list[str] = []
    if printer.config_error:
        reasons.append("hub-configuration-error")
    if not printer.enabled:
        reasons.append("hub-disabled")
    if printer.paused:
        reasons.append("paused")
    if status is not None and status.online is False:
        reasons.append("offline")
    elif status is not None:
        reasons += status.reasons
    if not printer.stays_stopped:
        # What it was stopped for may have been put right long ago.
        reasons += printer.stop_reasons
    reasons = list(dict.fromkeys(str(reason) for reason in reasons))
    if any(_stops(reason) for reason in reasons):
        return "stopped", reasons
    return ("idle" if state == "stopped" else state), reasons


def loaded_medium(printer: Printer, status: PrinterStatus | None) -> Medium | None:
    """What lies in it: what it said last, or what a person says while it cannot tell. None is: not known."""
    key = ""
    if status is not None and status.last_seen_at is not None:
        key = status.media_key
        told = key or status.media_width_mm is not None or "errors" in (status.sources or {})
        if not told:
            key = printer.media
    else:
        key = printer.media
    try:
        return find_medium(key) if key else None
    except HubError:
        return None


def is_stale(status: PrinterStatus | None, now: datetime | None = None) -> bool:
    """Whether its last successful answer is too old to be called the present."""
    if status is None or status.last_seen_at is None:
        return True
    limit = max(FRESH_S, 3 * settings.PROBE_INTERVAL_S)
    return (now or timezone.now()) - status.last_seen_at > timedelta(seconds=limit)


def tape_loaded(status: PrinterStatus | None) -> str | None:
    """`12mm`, `3.5mm`, `29mm x 90mm`."""
    if status is None or status.media_width_mm is None:
        return None
    width = f"{status.media_width_mm:g}mm"
    return f"{width} x {status.media_length_mm:g}mm" if status.media_length_mm else width


def model_mismatch(printer: Printer, status: PrinterStatus | None) -> Model | None:
    """The model that the device says it is, where that is known and not the configured one."""
    if status is None or not status.model_seen or same_model(status.model_seen, printer.model):
        return None
    try:
        return find_model(status.model_seen)
    except HubError:
        return None


def status_view(printer: Printer, status: PrinterStatus | None = None, now: datetime | None = None) -> dict[str, Any]:
    """The status shape of the API, instants as datetimes. `status` is the printer's own unless given."""
    if status is None:
        status = getattr(printer, "status", None)
    now = now or timezone.now()
    state, reasons = printer_state(printer, status)
    asked = status is not None and status.captured_at is not None
    return {
        "printer_id": printer.id,
        "online": status.online if status else None,
        "state": state,
        "reasons": reasons,
        "tape_loaded": tape_loaded(status),
        "media": _media(status),
        "error_state": list(status.error_state) or None if status else None,
        "captured_at": status.captured_at if status else None,
        "last_seen_at": status.last_seen_at if status else None,
        "last_probe_age_s": _age(status.captured_at, now) if status else None,
        "last_error": (status.last_error or None) if status else None,
        "note": ((status.note or None) if status else None) if asked else _first_probe(printer, status, now),
        "source": (status.source or None) if status else None,
        "model_seen": (status.model_seen or None) if status else None,
        "display": (status.display or None) if status else None,
        "life_count": status.life_count if status else None,
        "stale": is_stale(status, now),
    }


def _media(status: PrinterStatus | None) -> dict[str, Any] | None:
    if status is None or status.media_width_mm is None:
        return None
    return {
        "width_mm": status.media_width_mm,
        "length_mm": status.media_length_mm,
        "type": status.media_type or None,
        "tape_color": status.tape_color or None,
        "text_color": status.text_color or None,
    }


def _age(captured_at: datetime | None, now: datetime) -> float | None:
    # A clock that was set back must not make an age negative.
    return None if captured_at is None else round(max(0.0, (now - captured_at).total_seconds()), 1)


def _first_probe(printer: Printer, status: PrinterStatus | None, now: datetime) -> str:
    if not printer.enabled:
        return "It was never asked: the printer is disabled in the hub."
    if status is None or status.next_probe_at <= now:
        return "It was not asked yet; the first probe is due now."
    return f"It was not asked yet; the first probe is due at {rfc3339(status.next_probe_at.replace(microsecond=0))}."


def _stops(reason: str) -> bool:
    return not reason.endswith(("-warning", "-report"))
