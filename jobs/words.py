"""What a job's state and outcome mean, in words for people."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs import states
from jobs.models import Job, Outcome, State
from printers.words import Words

REASONS = {
    states.MEDIA_NEEDED: gettext_lazy("another tape is needed"),
    states.HELD_AFTER_RESTORE: gettext_lazy("held after a restore from backup"),
    states.OUTCOME_UNKNOWN: gettext_lazy("nobody knows whether it came out"),
    states.POISON: gettext_lazy("given up after three crashes"),
    states.EXPIRED: gettext_lazy("it was not wanted after its time"),
    states.CANNOT_PRINT: gettext_lazy("it can never be printed like this"),
    states.NOT_PRINTED: gettext_lazy("a person saw that it did not come out"),
    states.ABORTED_BY_SYSTEM: gettext_lazy("given up by the hub"),
    states.NOT_READY: gettext_lazy("the printer is not ready; it is tried again"),
    states.HELD_BY_PERSON: gettext_lazy("held by a person"),
    states.CANCELED_BY_PERSON: gettext_lazy("canceled by a person"),
    states.PRINTED: gettext_lazy("the printer reported that it printed"),
    states.QUEUED_IN_DEVICE: gettext_lazy("the printer has all of it; it cannot say more"),
    states.PRINTER_STOPPED: gettext_lazy("the printer has stopped"),
    "cover-open": gettext_lazy("the cover is open"),
    "media-empty": gettext_lazy("the tape is out"),
    "media-needed": gettext_lazy("another tape is needed"),
    "media-jam": gettext_lazy("the tape is jammed"),
    "offline": gettext_lazy("the printer is not reachable"),
    "paused": gettext_lazy("the printer is paused"),
}


def describe_job(job: Job) -> Words:
    return describe(job.state, job.outcome, job.reasons)


def describe(state: str, outcome: str | None, reasons: list[str]) -> Words:
    if state == State.STOPPED:
        return Words(_("Did it come out?"), "ask", "ask")
    if outcome == Outcome.UNKNOWN:
        return Words(_("Outcome unknown"), "ask", "ask")
    if state == State.COMPLETED:
        if outcome == Outcome.SENT:
            return Words(_("Sent, not confirmed"), "ok", "sent")
        if outcome == Outcome.NOT_PRINTED:
            return Words(_("Not printed"), "error", "error")
        return Words(_("Printed"), "ok", "ok")
    return {
        State.PENDING: Words(_("Waiting"), "off", "wait"),
        State.HELD: Words(_("Held"), "warn" if _needs_media(reasons) else "off", "held"),
        State.PROCESSING: Words(_("Printing"), "busy", "busy"),
        State.CANCELED: Words(_("Canceled"), "off", "off"),
        State.ABORTED: Words(_("Not printed"), "error", "error"),
    }[State(state)]


def describe_reasons(reasons: list[str]) -> list[str]:
    return [str(REASONS.get(reason, reason)) for reason in reasons]


def _needs_media(reasons: list[str]) -> bool:
    return any("media-needed" in reason for reason in reasons)
