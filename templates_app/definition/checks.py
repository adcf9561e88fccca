"""What a schema cannot say: names that must exist, be unique, or be of a certain type."""

from difflib import get_close_matches
from typing import Any

from printers.errors import Problem
from templates_app.definition.fields import RESERVED
from templates_app.definition.model import MAX_ELEMENTS, Definition
from templates_app.elements import children
from templates_app.elements.base import Element
from templates_app.elements.flag import Flag
from templates_app.elements.group import Group
from templates_app.elements.image import Picture
from templates_app.expressions import placeholders

DEEPEST = 8


def check(definition: Definition) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[str] = set()
    for n, field in enumerate(definition.fields):
        if field.name in seen:
            problems.append(Problem(f"/fields/{n}/name", f"There are two fields “{field.name}”."))
        seen.add(field.name)
    _Check(definition, problems).elements(definition.elements, "/elements", frozenset(), 1)
    return problems


def near(name: str, known: list[str]) -> str:
    found = get_close_matches(name, known, 1)
    return f"; did you mean “{found[0]}”?" if found else f"; there are {', '.join(known) or 'none'}."


class _Check:
    def __init__(self, definition: Definition, problems: list[Problem]) -> None:
        self.definition, self.problems = definition, problems
        self.fields = {f.name: f for f in definition.fields}
        self.names: dict[str, str] = {}

    def elements(self, elements: list[Any], pointer: str, scope: frozenset[str], depth: int) -> None:
        if depth > DEEPEST:
            self.problems.append(Problem(pointer, f"Groups may lie {DEEPEST} deep, not deeper."))
            return
        for n, element in enumerate(elements):
            at = f"{pointer}/{n}"
            self._name(element, at)
            self._values(element, at, scope)
            inner = scope
            if isinstance(element, Group) and element.repeat:
                inner = scope | {"item", "index"}
                self._must_be(element.repeat.field, f"{at}/repeat/field", lambda f: f.many, "a list (many = true)")
                if element.repeat.more:
                    self._value(element.repeat.more, f"{at}/repeat/more", scope | {"more"})
            if isinstance(element, Flag) and element.diameter_field:
                self._must_be(
                    element.diameter_field, f"{at}/diameter_field",
                    lambda f: f.type in {"integer", "decimal"} and not f.many, "a number",
                )  # fmt: skip
            if isinstance(element, Picture):
                if sum(map(bool, (element.field, element.data, element.picture))) != 1:
                    self.problems.append(Problem(at, "An image has either a field, a picture or data."))
                if element.field and not (element.field == "item" and "item" in scope):
                    self._must_be(element.field, f"{at}/field", lambda f: f.type == "image", "of type image")
            self.elements(children(element), f"{at}/elements", inner, depth + 1)

    def _name(self, element: Element, at: str) -> None:
        if element.name in self.names:
            self.problems.append(
                Problem(
                    f"{at}/name", f"There are two elements “{element.name}”, the other is {self.names[element.name]}."
                )
            )
        self.names[element.name] = at
        if len(self.names) == MAX_ELEMENTS + 1:
            self.problems.append(Problem(at, f"A template may have {MAX_ELEMENTS} elements."))

    def _values(self, element: Element, at: str, scope: frozenset[str]) -> None:
        for attribute in element.VALUES:
            self._value(getattr(element, attribute), f"{at}/{attribute}", scope)
        for attribute in ("visible", "hidden"):
            name = getattr(element, attribute)
            if name and name not in self.fields:
                sentence = f"There is no field “{name}”{near(name, list(self.fields))}"
                self.problems.append(Problem(f"{at}/{attribute}", sentence))

    def _value(self, text: str, at: str, scope: frozenset[str]) -> None:
        for placeholder in placeholders(text):
            name = placeholder.name
            if (serial := placeholder.serial) is not None:
                if serial not in self.definition.counters:
                    known = near(serial, list(self.definition.counters))
                    self.problems.append(Problem(at, f"There is no counter “{serial}”{known}"))
            elif name in self.fields or name in {"today", "now"} or name in scope:
                moves = name in {"today", "now"} or (
                    name in self.fields and self.fields[name].type in {"date", "datetime"}
                )
                if placeholder.offset and not moves:
                    self.problems.append(Problem(at, f"“{{{placeholder.source}}}” moves “{name}”, which is no date."))
            elif name in RESERVED:
                self.problems.append(Problem(at, f"“{{{name}}}” has a meaning only inside a group that repeats."))
            else:
                self.problems.append(Problem(at, f"There is no field “{name}”{near(name, list(self.fields))}"))

    def _must_be(self, name: str, at: str, test: Any, what: str) -> None:
        field = self.fields.get(name)
        if field is None:
            self.problems.append(Problem(at, f"There is no field “{name}”{near(name, list(self.fields))}"))
        elif not test(field):
            self.problems.append(Problem(at, f"The field “{name}” must be {what}."))
