"""The one classifier: what registering some definitions would change, and whether that could break something."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from templates_app.definition import Definition, Field, fingerprint
from templates_app.elements import children
from templates_app.elements.base import Element

Additive = Literal["NewDescriptor", "NewField", "NewElement"]
Destructive = Literal[
    "RemovedField", "ChangedFieldType", "NowRequired", "RemovedElement", "ChangedElement", "ChangedMedia",
    "RemovedDescriptor",
]  # fmt: skip

_TEXTS = ("label", "help", "example")
# Values that were fine may be refused when one of these changes in this direction.
_UPPER_BOUNDS = ("max_length", "maximum")
_LOWER_BOUNDS = ("min_length", "minimum")
_SHAPE = ("media", "orientation", "length", "min_length", "max_length", "padding")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: its kind, the template's key, a pointer by names rather than numbers, and a sentence."""

    kind: str
    key: str
    path: str
    message: str

    def as_json(self) -> dict[str, str]:
        return {"kind": self.kind, "key": self.key, "path": self.path, "message": self.message}


@dataclass(slots=True)
class Diff:
    already_present: list[str] = field(default_factory=list)
    additive: list[Entry] = field(default_factory=list)
    destructive: list[Entry] = field(default_factory=list)
    changed_text: list[Entry] = field(default_factory=list)

    @property
    def force_required(self) -> bool:
        return bool(self.destructive)

    @property
    def empty(self) -> bool:
        return not (self.additive or self.destructive or self.changed_text)

    def of(self, key: str) -> list[Entry]:
        return [e for e in (*self.destructive, *self.additive, *self.changed_text) if e.key == key]

    def as_json(self) -> dict[str, Any]:
        return {
            "already_present": self.already_present,
            "additive": [e.as_json() for e in self.additive],
            "destructive": [e.as_json() for e in self.destructive],
            "changed_text": [e.as_json() for e in self.changed_text],
            "force_required": self.force_required,
        }


@dataclass(frozen=True, slots=True)
class Known:
    """What is registered under a key: its fingerprint, and how to get at its definition when that differs."""

    sha256: str
    definition: Callable[[], Definition | None]


def diff(wanted: Sequence[Definition], registered: Mapping[str, Known], *, prune: bool = False) -> Diff:
    """Compares each wanted definition with the registered one of its key.

    `prune` also names the registered ones that nobody wants; pass only those that may be removed.
    """
    found = Diff()
    for definition in wanted:
        known = registered.get(definition.key)
        if known is None:
            found.additive.append(Entry("NewDescriptor", definition.key, "", f"“{definition.key}” is new."))
            continue
        if known.sha256 == fingerprint(definition):
            found.already_present.append(definition.key)
            continue
        before = found.additive, found.destructive, found.changed_text
        counts = tuple(map(len, before))
        old = known.definition()
        if old is None:
            sentence = f"What is registered as “{definition.key}” can no longer be read."
            found.destructive.append(Entry("ChangedElement", definition.key, "", sentence))
            continue
        _compare(definition, old, found)
        if counts == tuple(map(len, before)):
            found.already_present.append(definition.key)
    if prune:
        keys = {definition.key for definition in wanted}
        for key in registered:
            if key not in keys:
                found.destructive.append(Entry("RemovedDescriptor", key, "", f"“{key}” is no longer wanted."))
    return found


def _compare(new: Definition, old: Definition, found: Diff) -> None:
    for name in ("title", "description"):
        if getattr(new, name) != getattr(old, name):
            found.changed_text.append(Entry("changed_text", new.key, f"/{name}", f"Its {name} reads differently."))
    changed = [name for name in _SHAPE if getattr(new, name) != getattr(old, name)]
    if changed:
        said = ", ".join(f"{name} {_short(getattr(old, name))} → {_short(getattr(new, name))}" for name in changed)
        found.destructive.append(
            Entry("ChangedMedia", new.key, f"/{changed[0]}", f"Its medium or size changes: {said}.")
        )
    if new.tape_limit != old.tape_limit:
        said = f"tape_limit {_short(old.tape_limit)} → {_short(new.tape_limit)}"
        lower = new.tape_limit is not None and (old.tape_limit is None or new.tape_limit < old.tape_limit)
        entry = Entry(
            "ChangedMedia" if lower else "changed_text", new.key, "/tape_limit", f"Its limit changes: {said}."
        )
        (found.destructive if lower else found.changed_text).append(entry)
    _compare_fields(new, old, found)
    _compare_counters(new, old, found)
    _compare_elements(new, old, found)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _compare_fields(new: Definition, old: Definition, found: Diff) -> None:
    before, after = {f.name: f for f in old.fields}, {f.name: f for f in new.fields}
    for name, field_ in after.items():
        path = f"/fields/{name}"
        if name in before:
            _compare_field(new.key, path, field_, before[name], found)
        elif field_.required and field_.default is None:
            sentence = f"The new field “{name}” is required and has no default."
            found.destructive.append(Entry("NowRequired", new.key, path, sentence))
        else:
            found.additive.append(Entry("NewField", new.key, path, f"The field “{name}” is new."))
    for name in before:
        if name not in after:
            sentence = f"The field “{name}” goes: requests that give it are refused."
            found.destructive.append(Entry("RemovedField", new.key, f"/fields/{name}", sentence))
    if [n for n in after if n in before] != [n for n in before if n in after]:
        found.changed_text.append(Entry("changed_text", new.key, "/fields", "The fields stand in another order."))


def _compare_field(key: str, path: str, new: Field, old: Field, found: Diff) -> None:
    if vars(new) == vars(old):
        return
    if (new.type, new.many) != (old.type, old.many):
        said = f"{old.type}{' list' * old.many} → {new.type}{' list' * new.many}"
        sentence = f"The field “{new.name}” changes its type: {said}."
        found.destructive.append(Entry("ChangedFieldType", key, path, sentence))
    elif narrower := _narrower(new, old):
        sentence = f"The field “{new.name}” refuses values that it took: {', '.join(narrower)} changed."
        found.destructive.append(Entry("ChangedFieldType", key, f"{path}/{narrower[0]}", sentence))
    if new.required and new.default is None and not old.required:
        found.destructive.append(Entry("NowRequired", key, path, f"The field “{new.name}” is required now."))
    elif (new.required, new.default) != (old.required, old.default):
        sentence = f"The field “{new.name}” has another default, or is no longer required."
        found.changed_text.append(Entry("changed_text", key, f"{path}/default", sentence))
    bounds = ("pattern", "choices", "unique", *_UPPER_BOUNDS, *_LOWER_BOUNDS)
    changed = [name for name in _TEXTS if getattr(new, name) != getattr(old, name)]
    changed += [n for n in bounds if getattr(new, n) != getattr(old, n) and n not in _narrower(new, old)]
    for name in changed:
        sentence = f"The field “{new.name}” has another {name.replace('_', ' ')}."
        found.changed_text.append(Entry("changed_text", key, f"{path}/{name}", sentence))


def _narrower(new: Field, old: Field) -> list[str]:
    found = []
    if new.pattern is not None and new.pattern != old.pattern:
        found.append("pattern")
    if new.choices is not None and old.choices is not None and set(old.choices) - set(new.choices):
        found.append("choices")
    if new.unique and not old.unique:
        found.append("unique")
    for name, sign in [*((n, 1) for n in _UPPER_BOUNDS), *((n, -1) for n in _LOWER_BOUNDS)]:
        mine, theirs = getattr(new, name), getattr(old, name)
        if mine is not None and (theirs is None or mine * sign < theirs * sign):
            found.append(name)
    return found


def _compare_counters(new: Definition, old: Definition, found: Diff) -> None:
    for name, counter in new.counters.items():
        path = f"/counters/{name}"
        if name not in old.counters:
            found.additive.append(Entry("NewElement", new.key, path, f"The counter “{name}” is new."))
        elif counter != old.counters[name]:
            sentence = f"The counter “{name}” is written differently; its value stays."
            found.destructive.append(Entry("ChangedElement", new.key, path, sentence))
    for name in old.counters:
        if name not in new.counters:
            sentence = f"The counter “{name}” goes from the template; its value stays."
            found.destructive.append(Entry("RemovedElement", new.key, f"/counters/{name}", sentence))


def _compare_elements(new: Definition, old: Definition, found: Diff) -> None:
    before, after = _by_name(old), _by_name(new)
    for name, (element, parent) in after.items():
        path = f"/elements/{name}"
        if name not in before:
            found.additive.append(Entry("NewElement", new.key, path, f"The {element.kind} “{name}” is new."))
            continue
        other, was_in = before[name]
        attributes = _changed_attributes(element, other)
        if parent != was_in:
            attributes.append("group")
        if attributes:
            sentence = f"The {element.kind} “{name}” changes: {', '.join(attributes)}."
            found.destructive.append(Entry("ChangedElement", new.key, f"{path}/{attributes[0]}", sentence))
    for name, (element, _) in before.items():
        if name not in after:
            sentence = f"The {element.kind} “{name}” goes."
            found.destructive.append(Entry("RemovedElement", new.key, f"/elements/{name}", sentence))
    common_after = [n for n in after if n in before]
    if common_after != [n for n in before if n in after]:
        sentence = "The elements stand in another order."
        found.destructive.append(Entry("ChangedElement", new.key, "/elements", sentence))


def _by_name(definition: Definition) -> dict[str, tuple[Element, str]]:
    """Each element with the name of the group that it lies in."""
    found: dict[str, tuple[Element, str]] = {}

    def add(elements: Sequence[Element], parent: str) -> None:
        for element in elements:
            found[element.name] = element, parent
            add(children(element), element.name)

    add(definition.elements, "")
    return found


def _changed_attributes(new: Element, old: Element) -> list[str]:
    if new.kind != old.kind:
        return ["kind"]
    before = vars(old)
    if not children(new) and vars(new) == before:
        return []
    return [name for name, value in vars(new).items() if name not in {"elements", "name"} and value != before[name]]
