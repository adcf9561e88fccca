"""The parts of a definition as a list to choose from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from templates_app.definition import with_names
from templates_app.editor.places import walk
from templates_app.editor.words import KINDS, choice

MOST_TEXT = 40


@dataclass(frozen=True, slots=True)
class Part:
    """`tone` says how bad what was found there is."""

    place: str
    title: str
    kind: str
    text: str = ""
    depth: int = 0
    current: bool = False
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    label: Part
    fields: list[Part]
    counters: list[Part]
    elements: list[Part]


def outline(document: dict[str, Any], current: str, marked: Mapping[str, str]) -> Outline:
    def part(place: str, title: Any, kind: str, text: Any = "", depth: int = 0) -> Part:
        short = str(text or "").replace("\n", " ")
        short = short if len(short) <= MOST_TEXT else short[: MOST_TEXT - 1] + "…"
        return Part(place, str(title)[:64], kind, short, depth, place == current, marked.get(place, ""))

    fields, counters = document.get("fields"), document.get("counters")
    return Outline(
        part("", "", "label"),
        [
            part(f"/fields/{n}", each.get("name") or "?", choice("type", str(each.get("type", "string"))) )
            for n, each in enumerate(fields if isinstance(fields, list) else [])
            if isinstance(each, dict)
        ],
        [
            part(f"/counters/{name}", name, _("Counter"))
            for name, each in (counters if isinstance(counters, dict) else {}).items()
            if isinstance(each, dict)
        ],
        [
            part(
                place, element.get("name") or "?", str(KINDS.get(str(element.get("kind")), "?")),
                element.get("text") or element.get("value"), depth,
            )
            for place, depth, element in walk(with_names(document))
        ],
    )  # fmt: skip
