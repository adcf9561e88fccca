"""What a printer's state means, in words for people, with the one action that helps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from printers.media import Medium
from printers.models import Printer, PrinterStatus


@dataclass(frozen=True, slots=True)
class Words:
    """`tone` is ok, busy, ask, warn, error or off; `shape` names an `s-…` symbol: colour never stands alone."""

    text: str
    tone: str
    shape: str
    action: str = ""


def describe_printer(
    printer: Printer, status: PrinterStatus | None, state: str, reasons: Sequence[str], *, stale: bool, medium: str = ""
) -> Words:
    """`medium` is the title of the tape that is loaded or needed, as far as it is known."""
    if printer.config_error:
        return Words(_("Wrong configuration"), "error", "error", printer.config_error)
    if not printer.enabled:
        return Words(_("Switched off in the hub"), "off", "off", printer.disabled_reason)
    if printer.stays_stopped:
        return Words(_("Stopped"), "error", "error", f"{printer.stop_message} {_('Resume it when it is well.')}")
    # Warnings and reports do not stop it (RFC 8011 §5.4.12).
    names = {reason.removesuffix("-error") for reason in reasons if not reason.endswith(("-warning", "-report"))}
    if words := _trouble(names, status, medium):
        return words
    if printer.paused or "paused" in names:
        return Words(_("Paused"), "off", "held", _("Resume it when it may print again."))
    if state == "processing":
        return Words(_("Printing"), "busy", "busy")
    if state == "stopped":
        return Words(_("Needs attention"), "warn", "warn", printer.stop_message or _display(status))
    if status is None or status.captured_at is None:
        return Words(_("Not asked yet"), "off", "wait", "")
    if stale:
        return Words(_("No recent answer"), "warn", "warn", _("What is shown here may be out of date."))
    return Words(_("Ready"), "ok", "ok")


def _trouble(names: set[str], status: PrinterStatus | None, medium: str) -> Words | None:
    if names & {"offline", "timed-out"} or (status is not None and status.online is False):
        return Words(_("Not reachable"), "error", "off", _("Switch it on and check its network connection."))
    if "cover-open" in names:
        return Words(_("Cover open"), "warn", "warn", _("Close the cover."))
    if "media-jam" in names:
        return Words(_("Jammed"), "error", "error", _("Open the cover, free the tape and the cutter, close it again."))
    if "media-empty" in names:
        action = _("Insert %(medium)s.") % {"medium": medium} if medium else _("Insert a new tape or roll.")
        return Words(_("Tape is out"), "warn", "warn", action)
    if "media-needed" in names:
        action = _("Insert %(medium)s.") % {"medium": medium} if medium else _("Insert the tape that the job needs.")
        return Words(_("Other tape needed"), "warn", "warn", action)
    if "other" in names:
        return Words(_("Needs attention"), "warn", "warn", _display(status) or _("Look at the printer."))
    return None


def _display(status: PrinterStatus | None) -> str:
    if status is None or not (status.display or status.error_state):
        return ""
    said = status.display or ", ".join(str(name) for name in status.error_state)
    return _("The printer says: %(text)s") % {"text": said}


def source_words(sources: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each source with what it told, as people call them: ("Status block", "errors, tape")."""
    told: dict[str, list[str]] = {}
    for fact, source in sources.items():
        if not isinstance(source, str):
            # What another hub knew is kept in its own words.
            continue
        told.setdefault(source, []).append(str(FACTS.get(fact, fact)))
    return [(str(SOURCES.get(source, source)), ", ".join(facts)) for source, facts in told.items()]


def medium_words(medium: Medium) -> str:
    size = {"width": f"{medium.width_mm:g}", "length": f"{medium.length_mm:g}"}
    if medium.kind == "tze":
        return _("%(width)s mm tape") % size
    if medium.kind in {"hse2", "hse3"}:
        return _("%(width)s mm heat-shrink tube") % size
    if medium.shape == "round":
        return _("%(width)s mm round labels") % size
    if medium.shape == "die-cut":
        return _("%(width)s × %(length)s mm labels") % size
    return (_("%(width)s mm roll, black/red") if medium.two_colour else _("%(width)s mm roll")) % size


def tape_words(medium: Medium, tape_color: str, text_color: str) -> str:
    """“12 mm tape, black on white”, as far as the printer names its colours."""
    size = medium_words(medium)
    if medium.two_colour or tape_color not in COLOURS or text_color not in COLOURS:
        return size
    return _("%(medium)s, %(text)s on %(tape)s") % {
        "medium": size,
        "text": COLOURS[text_color],
        "tape": COLOURS[tape_color],
    }


SOURCES = {
    "status-block": gettext_lazy("Brother’s status block"),
    "printer-mib": gettext_lazy("Printer-MIB"),
    "ieee-1284": gettext_lazy("IEEE 1284 device id"),
}
FACTS = {
    "model": gettext_lazy("model"),
    "printing": gettext_lazy("whether it prints"),
    "errors": gettext_lazy("errors"),
    "media": gettext_lazy("tape or roll"),
}
# The common ones; a printer's other names stay out of sentences.
COLOURS = {
    "white": gettext_lazy("white"),
    "black": gettext_lazy("black"),
    "red": gettext_lazy("red"),
    "blue": gettext_lazy("blue"),
    "yellow": gettext_lazy("yellow"),
    "green": gettext_lazy("green"),
    "clear": gettext_lazy("clear"),
    "gold": gettext_lazy("gold"),
    "matte white": gettext_lazy("matte white"),
    "matte clear": gettext_lazy("matte clear"),
    "matte silver": gettext_lazy("matte silver"),
    "satin gold": gettext_lazy("satin gold"),
    "satin silver": gettext_lazy("satin silver"),
    "fluorescent orange": gettext_lazy("fluorescent orange"),
    "fluorescent yellow": gettext_lazy("fluorescent yellow"),
    "berry pink": gettext_lazy("berry pink"),
    "light gray": gettext_lazy("light gray"),
    "lime green": gettext_lazy("lime green"),
}
