"""Serial numbers: given out in the transaction that creates the jobs, so that none is lost and none is given twice."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from templates_app.definition import Definition
from templates_app.definition.counters import format_serial
from templates_app.elements.group import Group
from templates_app.expressions import placeholders
from templates_app.models import Counter
from templates_app.rendering.values import SERIAL


def used_counters(definition: Definition) -> list[str]:
    """The counters that some element shows, in the order of the definition."""
    if not definition.counters:
        return []
    values = [getattr(element, attribute) for element in definition.all_elements() for attribute in element.VALUES]
    repeats = (element.repeat for element in definition.all_elements() if isinstance(element, Group))
    values += [repeat.more for repeat in repeats if repeat and repeat.more]
    names = {placeholder.serial for value in values for placeholder in placeholders(value)}
    return [name for name in definition.counters if name in names]


def allocate(definition: Definition, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, each with its `serial:NAME` values. Call it in the transaction that stores them.

    A row that already has a number keeps it (a reprint is the same label), so numbers follow each other without gaps.
    """
    filled = [dict(row) for row in rows]
    for name in used_counters(definition):
        key = f"{SERIAL}{name}"
        waiting = [row for row in filled if key not in row]
        if not waiting:
            continue
        counter = definition.counters[name]
        first = _take(name, start=counter.start, step=counter.step, count=len(waiting))
        for n, row in enumerate(waiting):
            row[key] = format_serial(counter, first + n * counter.step)
    return filled


def _take(name: str, *, start: int, step: int, count: int) -> int:
    """The first of `count` numbers. The UPDATE locks the counter until the caller's transaction ends."""
    with transaction.atomic():
        Counter.objects.bulk_create([Counter(name=name, value=start - step)], ignore_conflicts=True)
        Counter.objects.filter(name=name).update(value=F("value") + count * step, updated_at=timezone.now())
        last = Counter.objects.values_list("value", flat=True).get(name=name)
    return last - (count - 1) * step


def upcoming(definition: Definition, *, ahead: int = 0) -> dict[str, str]:
    """What the next label would get, or the one `ahead` of it, as `serial:NAME` values; nothing is taken."""
    if not definition.counters:
        return {}
    found = {}
    values = dict(Counter.objects.filter(name__in=list(definition.counters)).values_list("name", "value"))
    for name in used_counters(definition):
        counter = definition.counters[name]
        last = values.get(name, counter.start - counter.step)
        found[f"{SERIAL}{name}"] = format_serial(counter, last + (ahead + 1) * counter.step)
    return found
