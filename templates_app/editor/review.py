"""What registering a definition would do, without doing it: the diff, both texts line by line, and what is lost."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from templates_app.catalog import definition_of
from templates_app.definition import Definition, document
from templates_app.definition.toml_text import toml_text
from templates_app.errors import InvalidDefinition
from templates_app.models import Template, TemplateVersion
from templates_app.registration import Diff, Known, diff, unfitting_presets

CONTEXT_LINES = 3
LONGEST_LINE = 400


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` is "+", "-", " " or "@" where lines are left out."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Review:
    diff: Diff
    lines: list[Line]
    lost_presets: list[dict[str, str]]

    @property
    def empty(self) -> bool:
        return self.diff.empty


def review(definition: Definition, template: Template | None) -> Review:
    current = template.current if template is not None else None
    found = diff([definition], {} if current is None else {definition.key: known(current)})
    lost = unfitting_presets(template, definition) if template is not None and found.destructive else []
    reasons = [{"preset": preset.name, "reason": reason} for preset, reason in lost]
    return Review(found, lines_between({} if current is None else current.definition, document(definition)), reasons)


def between(old: TemplateVersion, new: TemplateVersion) -> Review:
    """What the one registration would have changed to come from one version to the other."""
    found = diff([definition_of(new)], {definition_of(new).key: known(old)})
    return Review(found, lines_between(old.definition, new.definition), [])


def known(version: TemplateVersion) -> Known:
    def definition() -> Definition | None:
        try:
            return definition_of(version)
        except InvalidDefinition:
            return None

    return Known(version.sha256, definition)


def lines_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Line]:
    before, after = (toml_text(each).splitlines() if each else [] for each in (old, new))
    return list(_lines(before, after))


def _lines(before: list[str], after: list[str]) -> Iterator[Line]:
    for n, line in enumerate(difflib.unified_diff(before, after, n=CONTEXT_LINES, lineterm="")):
        if n < 2:
            continue
        kind = line[:1]
        if kind == "@":
            if n > 2:
                yield Line("@", "…")
            continue
        text = line[1:]
        yield Line(kind, text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE] + "…")
