"""What happened to a job, told from the log and its attempts, and what a person may do with it now."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from jobs import states
from jobs.models import PRIORITY_URGENT, Attempt, Job, Outcome, Phase, State
from jobs.timeline import Entry, heard
from jobs.words import describe, describe_reasons
from printers.callers import Caller
from printers.cards import medium_or_none
from printers.models import Event
from printers.stream import Wanted
from printers.words import medium_words
from templates_app.definition import Definition, words

LONGEST_VALUE = 200
# The actor of what the hub does by itself.
WORKER = "hub"


@dataclass(frozen=True, slots=True)
class Step:
    """`progress` is done, now, broken or open."""

    text: str
    progress: str


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    text: str
    icon: str
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    open: bool
    asks: bool
    sentence: str
    medium: str
    steps: list[Step]
    actions: list[Action]
    entries: list[Entry]
    content: list[tuple[str, str]]
    reprints: list[Job]


def story_of(job: Job, definition: Definition | None, caller: Caller) -> Story:
    """As this caller may know it: what happened at a printer that is hidden from them is left out."""
    wanted = Wanted(job=job.id, only_printers=caller.printer_ids)
    attempts = [each for each in job.attempts.order_by("number") if caller.may_use(each.printer_id)]
    events = list(wanted.among(Event.objects.order_by("id")))
    medium = medium_or_none(job.medium)
    return Story(
        open=job.state in states.OPEN,
        asks=job.state == State.STOPPED,
        sentence=_sentence(job),
        medium="" if medium is None else medium_words(medium),
        steps=_steps(job, attempts),
        actions=_actions(job),
        entries=_entries(job, events, attempts),
        content=_content(job, definition),
        reprints=[each for each in job.reprints.order_by("created_at") if caller.may_use(each.printer_id)],
    )


def _sentence(job: Job) -> str:
    if job.state in {State.PENDING, State.PROCESSING} and not job.message:
        return ""
    if job.message:
        return job.message
    reasons = describe_reasons(job.reasons)
    return (reasons[0][:1].upper() + "; ".join(reasons)[1:] + ".") if reasons else ""


# How far an attempt came, as the number of steps that are done.
DONE = {
    Phase.CLAIMED: 1,
    Phase.RENDERED: 2,
    Phase.CONNECTED: 2,
    Phase.PREFLIGHT_OK: 2,
    Phase.SENDING: 2,
    Phase.BYTES_ACKED: 3,
    Phase.PRINTING_SEEN: 3,
    Phase.TERMINAL: 3,
    Phase.REPORTED: 3,
}


def _steps(job: Job, attempts: list[Attempt]) -> list[Step]:
    """From the queue into somebody's hand; none for a job that ended without being printed."""
    if job.state in {State.CANCELED, State.ABORTED}:
        return []
    texts = [_("Queued"), _("Drawing"), _("Sending"), _("Printing"), _("Out")]
    if job.state == State.COMPLETED:
        done = len(texts) if job.outcome == Outcome.CONFIRMED else DONE[Phase.REPORTED]
        return [Step(text, "done" if n < done else "open") for n, text in enumerate(texts)]
    done = 0
    if job.state in {State.PROCESSING, State.STOPPED} and attempts:
        done = DONE[Phase(attempts[-1].phase)]
    now = "broken" if job.state == State.STOPPED else "now"
    return [Step(text, "done" if n < done else now if n == done else "open") for n, text in enumerate(texts)]


def _actions(job: Job) -> list[Action]:
    found = []
    past_barrier = job.barrier_at is not None
    if states.allowed(states.HOLD, job.state):
        found.append(Action("hold", _("Hold"), "pause"))
    if states.allowed(states.RELEASE, job.state):
        found.append(Action("release", _("Release"), "play"))
    if job.state in {State.PENDING, State.HELD} and job.priority > PRIORITY_URGENT:
        found.append(Action("urgent", _("Urgent"), "up"))
    if states.allowed(states.CANCEL, job.state, past_barrier=past_barrier):
        found.append(Action("cancel", _("Cancel"), "close", danger=True))
    if job.state in states.TERMINAL and job.template_version_id is not None:
        found.append(Action("reprint", _("Print it again"), "again"))
        found.append(Action("redraw", _("Print it by today's template"), "templates"))
    return found


def _entries(job: Job, events: list[Event], attempts: list[Attempt]) -> list[Entry]:
    by_number = {attempt.number: attempt for attempt in attempts}
    found = []
    for event in events:
        attempt = by_number.get(event.data.get("attempt", 0))
        found.append(_entry(event, attempt))
        if event.kind == "job.sending" and attempt is not None:
            found += heard(attempt)
    if not any(event.data.get("from") is None for event in events):
        found.insert(0, Entry(job.created_at, _asked(job.requested_by)))
    return found


def _entry(event: Event, attempt: Attempt | None) -> Entry:
    data = event.data
    what = event.kind.removeprefix("job.")
    if what == "sending":
        return Entry(event.at, _("Sending begins"), "busy", [_bytes(data["bytes"])] if data.get("bytes") else [])
    if what not in State.values:
        return Entry(event.at, WHAT.get(what, what).format(who=event.actor), "off", _said(data, event.actor))
    state = State(what)
    text, tone = _state_words(state, data, event.actor)
    details = _said(data, event.actor)
    if attempt is not None and state in {State.COMPLETED, State.STOPPED}:
        details += _evidence(attempt)
    return Entry(event.at, text, tone, details)


WHAT: dict[str, Any] = {
    "priority": gettext_lazy("{who} changed the priority"),
    "moved": gettext_lazy("{who} moved it to another printer"),
}


def _state_words(state: State, data: dict[str, Any], actor: str) -> tuple[str, str]:
    before = data.get("from")
    if state == State.PENDING:
        if before is None:
            return _asked(actor), "off"
        if before == State.HELD:
            return _("Released by %(who)s") % {"who": actor}, "off"
        return _("Back in the queue: nothing had been sent"), "warn"
    if state == State.HELD:
        return (_("Held by %(who)s") % {"who": actor} if actor != WORKER else _("Held")), "warn"
    if state == State.PROCESSING:
        return _("Taken for printing"), "busy"
    if state == State.CANCELED:
        return _("Canceled by %(who)s") % {"who": actor}, "off"
    if state == State.COMPLETED and before == State.STOPPED:
        return _("%(who)s saw that it came out") % {"who": actor}, "ok"
    if state == State.ABORTED and before == State.STOPPED:
        return _("%(who)s saw that it did not come out") % {"who": actor}, "error"
    words = describe(state, data.get("outcome"), list(data.get("reasons", [])))
    return words.text, words.tone


def _asked(who: str) -> str:
    return _("Asked for by %(who)s") % {"who": who} if who else _("Asked for")


def _said(data: dict[str, Any], actor: str) -> list[str]:
    """The reason in a sentence; what a person did says it all in the entry itself."""
    if actor != WORKER:
        return []
    if data.get("message"):
        return [str(data["message"])]
    sentence = "; ".join(describe_reasons(list(data.get("reasons", []))))
    return [f"{sentence[:1].upper()}{sentence[1:]}."] if sentence else []


def _evidence(attempt: Attempt) -> list[str]:
    found = []
    if attempt.bytes_total:
        arrived = {"acked": _grouped(attempt.bytes_acked), "total": _grouped(attempt.bytes_total)}
        found.append(_("The printer acknowledged %(acked)s of %(total)s bytes.") % arrived)
    if attempt.barrier_at and attempt.ended_at:
        seconds = (attempt.ended_at - attempt.barrier_at).total_seconds()
        found.append(_("%(seconds)s s from the first byte to this.") % {"seconds": number_format(round(seconds, 1))})
    return found


def _bytes(count: int) -> str:
    return ngettext("%(n)s byte", "%(n)s bytes", count) % {"n": _grouped(count)}


def _grouped(count: int) -> str:
    return number_format(count, force_grouping=True)


def _content(job: Job, definition: Definition | None) -> list[tuple[str, str]]:
    language = get_language() or "en"
    labels = {each.name: words(each.label, language, each.name) for each in definition.fields} if definition else {}
    types = {each.name: each.type for each in definition.fields} if definition else {}
    return [
        (labels.get(name, name), _("a picture") if types.get(name) == "image" else str(value)[:LONGEST_VALUE])
        for name, value in job.fields.items()
        if value not in (None, "")
    ]
