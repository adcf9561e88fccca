"""What came in for a template's fields, checked and typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from printers.errors import Problem
from templates_app.definition import Definition
from templates_app.definition.checks import near
from templates_app.definition.counters import format_serial
from templates_app.definition.fields import convert
from templates_app.elements.image import REFERENCE
from templates_app.errors import InvalidFields

SERIAL = "serial:"
# A framed cross.
_STAND_IN_PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAADAAAAAwAQAAAAB/ecQqAAAAqUlEQVR42m3QsW2DABhE4S8npHTULpAgW1B6JAZI4dEoGYOCCahA"
    "svhTJJEb3wBP7x3v9llVteYJa1pY3Kqqbmke1JDMXPeP3uoUE6cY2UXHJloW+qOqP6J51CAyX3f66o86wnQSxp3QbYR2QV9HX0do"
    "BvIrFp4r4ZwI+0jYOsLSeqFraB7iumd+SZxMYmcUG51YaP2lNPVF853rTub/6BOm7DCmgeHtcz8CH03iQMYEJQAAAABJRU5ErkJg"
    "gg=="
)


@dataclass(frozen=True, slots=True)
class Values:
    """`typed` by field name; `serials` as printed; `unallocated` names counters that show their first number only."""

    typed: Mapping[str, object]
    serials: Mapping[str, str] = field(default_factory=dict)
    unallocated: tuple[str, ...] = ()


def resolve(definition: Definition, raw: Mapping[str, Any]) -> Values:
    """Defaults filled in and types applied; raises InvalidFields that lists every problem.

    Serial numbers come as `serial:NAME`, as templates_app.serials gives them out; without one, the start is shown.
    """
    problems: list[Problem] = []
    names = [f.name for f in definition.fields]
    for name in raw:
        if name not in names and not (name.startswith(SERIAL) and name[len(SERIAL) :] in definition.counters):
            problems.append(Problem(f"/fields/{_escaped(name)}", f"There is no field “{name}”{near(name, names)}"))
    typed: dict[str, object] = {}
    for wanted in definition.fields:
        given = raw.get(wanted.name)
        if given is None or given == [] or (isinstance(given, str) and not given.strip()):
            given = wanted.default
        if given is None or given == "":
            if wanted.required:
                problems.append(Problem(f"/fields/{wanted.name}", f"The field “{wanted.name}” needs a value."))
            typed[wanted.name] = [] if wanted.many else None
            continue
        try:
            typed[wanted.name] = convert(wanted, given)
        except ValueError as error:
            problems.append(Problem(f"/fields/{wanted.name}", f"The field “{wanted.name}”: {error}."))
    problems += _missing_pictures(definition, typed)
    if problems:
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        raise InvalidFields(problems[0].message + more, problems)
    serials, unallocated = {}, []
    for name, counter in definition.counters.items():
        if f"{SERIAL}{name}" in raw:
            serials[name] = str(raw[f"{SERIAL}{name}"])[:200]
        else:
            serials[name] = format_serial(counter, counter.start)
            unallocated.append(name)
    return Values(typed, serials, tuple(unallocated))


def _missing_pictures(definition: Definition, typed: Mapping[str, object]) -> list[Problem]:
    found: dict[str, str] = {}
    for wanted in definition.fields:
        if wanted.type == "image":
            value = typed.get(wanted.name)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str) and each.startswith(REFERENCE):
                    found.setdefault(each, wanted.name)
    if not found:
        return []
    # Only labels with such values need the database.
    from templates_app.house_pictures import missing, provide_values

    absent = provide_values(list(found))
    return [Problem(f"/fields/{found[each]}", missing(each.removeprefix(REFERENCE))) for each in absent]


def examples(definition: Definition) -> dict[str, Any]:
    """Field values for a preview that means something: the example, else the default, else the field's name."""
    found: dict[str, Any] = {}
    for wanted in definition.fields:
        value = wanted.example if wanted.example is not None else wanted.default
        if value is None and wanted.required:
            value = _stand_in(wanted.type, wanted.name, wanted.choices)
        if value is not None:
            found[wanted.name] = value.isoformat() if hasattr(value, "isoformat") else value
    return found


def _stand_in(kind: str, name: str, choices: list[str] | None) -> Any:
    known = {
        "integer": 1, "decimal": 1, "boolean": True, "date": "2026-01-31", "datetime": "2026-01-31T12:00",
        "url": "https://label.invalid/1", "choice": (choices or [""])[0], "image": _STAND_IN_PICTURE,
    }  # fmt: skip
    return known.get(kind, name)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
