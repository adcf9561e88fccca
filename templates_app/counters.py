"""Counters as people see them: every one with what comes next, and set anew with a reason that is recorded."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from printers.errors import InvalidInput, NotFound, Problem
from printers.models import record
from templates_app.catalog import definition_of
from templates_app.definition import Counter as Form
from templates_app.definition.counters import format_serial
from templates_app.models import Counter, Template

HIGHEST = 10**15
LONGEST_REASON = 400
RESET = "counter.reset"
RESETS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Use:
    """A template that shows the counter, and how the next number would read there."""

    template: str
    following: str


@dataclass(frozen=True, slots=True)
class CounterState:
    """`last` is None before the first number; `following` what the next label gets."""

    name: str
    last: int | None
    following: int | None
    updated_at: datetime | None
    uses: tuple[Use, ...]


def following(form: Form, last: int | None) -> int:
    return form.start if last is None else last + form.step


def all_counters() -> list[CounterState]:
    """By name: those of the templates, and those that numbers were taken from in the past."""
    forms: dict[str, list[tuple[str, Form]]] = {}
    for template in Template.objects.usable():
        if template.current is not None:
            for name, form in definition_of(template.current).counters.items():
                forms.setdefault(name, []).append((template.key, form))
    known = {counter.name: counter for counter in Counter.objects.all()}
    return [_state(name, known.get(name), forms.get(name, [])) for name in sorted(forms.keys() | known.keys())]


def _state(name: str, row: Counter | None, forms: list[tuple[str, Form]]) -> CounterState:
    last = row.value if row else None
    uses = tuple(Use(key, format_serial(form, following(form, last))) for key, form in forms)
    number = following(forms[0][1], last) if forms else None
    return CounterState(name, last, number, row.updated_at if row else None, uses)


def counter_state(name: str) -> CounterState:
    """Raises NotFound."""
    found = next((each for each in all_counters() if each.name == name), None)
    if found is None:
        raise NotFound(f"There is no counter “{name[:80]}”.", [Problem("/name", "No template has it.")])
    return found


def reset_counter(name: str, form: Form, wanted: int, reason: str, *, actor: str, template: str = "") -> None:
    """`wanted` is what the next label gets. Numbers may come twice then: hence the reason, and the record.

    Raises InvalidInput.
    """
    reason = reason.replace("\0", "").strip()[:LONGEST_REASON]
    if not reason:
        raise InvalidInput("Say why the counter is set anew.", [Problem("/reason", "Say why.")])
    if not 0 <= wanted < HIGHEST:
        sentence = f"The next number is a whole number from 0 to {HIGHEST - 1}."
        raise InvalidInput(sentence, [Problem("/next", sentence)])
    with transaction.atomic():
        counter, _made = Counter.objects.select_for_update().get_or_create(
            name=name, defaults={"value": form.start - form.step}
        )
        before, counter.value = counter.value, wanted - form.step
        data = {"counter": name, "template": template, "from": before, "to": counter.value, "reason": reason}
        told = {"at": timezone.now().isoformat(), "actor": actor, "reason": reason}
        counter.resets = [told, *(counter.resets or [])][:RESETS_SHOWN]
        counter.save(update_fields=["value", "updated_at", "resets"])
        record(RESET, actor=actor, data=data)


def form_of(name: str) -> Form:
    """As the first template that has it writes it; a counter without a template counts by one."""
    for template in Template.objects.usable():
        if template.current is not None and (form := definition_of(template.current).counters.get(name)):
            return form
    return Form.model_validate({})
