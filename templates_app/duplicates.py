"""Values that may stand on one label of a batch only, and stand on more."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from templates_app.definition import Definition
from templates_app.lint import Finding
from templates_app.rendering.values import SERIAL


@dataclass(frozen=True, slots=True)
class Duplicate:
    """`row` repeats what `first` has; rows are numbered as they came in."""

    row: int
    first: int
    name: str
    finding: Finding


def duplicates(definition: Definition, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[Duplicate]:
    """Of fields that are `unique`, and of serial numbers that were given. Sentences count rows as `rows` does."""
    names = [field.name for field in definition.fields if field.unique]
    names += [f"{SERIAL}{name}" for name in definition.counters]
    seen: dict[tuple[str, str], int] = {}
    if not names:
        return
    for number, row in rows:
        for name in names:
            value = str(row.get(name) or "").strip()
            if not value:
                continue
            first = seen.setdefault((name, value), number)
            if first != number:
                shown = value if len(value) <= 60 else value[:59] + "…"
                what = (
                    f"The field “{name}”"
                    if not name.startswith(SERIAL)
                    else f"The serial number “{name[len(SERIAL) :]}”"
                )
                finding = Finding(
                    "error", "", f"{what}: “{shown}” stands in row {first} already.",
                    "Give each label its own value, or leave one of the rows out.", "duplicate",
                )  # fmt: skip
                yield Duplicate(number, first, name, finding)
