"""The media of a definition as boxes to tick, or as a range of widths."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from printers.errors import HubError
from printers.media import MEDIA, find_medium
from printers.words import medium_words

KINDS = (("tze", "TZe"), ("hse2", "HSe 2:1"), ("hse3", "HSe 3:1"), ("dk", "DK"))


@dataclass(frozen=True, slots=True)
class MediaChoice:
    """`groups`: (kind, how many are chosen, [(key, words, chosen)])."""

    is_range: bool
    groups: list[tuple[str, int, list[tuple[str, str, bool]]]]
    kinds: list[tuple[str, str, bool]]
    shapes: list[tuple[str, str, bool]]
    min_width: str
    max_width: str


def chosen_media(given: Any) -> list[str]:
    """The keys of the media that are named, those that do not exist as they were written."""
    return [_key(str(each)) for each in (given if isinstance(given, list) else [given]) if isinstance(each, str)]


def media_choice(given: Any) -> MediaChoice:
    limits = given if isinstance(given, dict) else {}
    chosen = set(chosen_media(given))
    groups = []
    for kind, title in KINDS:
        keys = [(key, medium_words(medium), key in chosen) for key, medium in MEDIA.items() if medium.kind == kind]
        groups.append((title, sum(each[2] for each in keys), keys))
    shapes = (("continuous", _("continuous")), ("die-cut", _("die-cut")), ("round", _("round")))
    return MediaChoice(
        is_range=isinstance(given, dict),
        groups=groups,
        kinds=[(kind, title, kind in _listed(limits, "kinds")) for kind, title in KINDS],
        shapes=[(shape, title, shape in _listed(limits, "shapes")) for shape, title in shapes],
        min_width=_millimetres(limits.get("min_width")),
        max_width=_millimetres(limits.get("max_width")),
    )


def _listed(limits: dict[str, Any], name: str) -> list[Any]:
    found = limits.get(name)
    return found if isinstance(found, list) else []


def _key(text: str) -> str:
    try:
        return find_medium(text).key
    except HubError:
        return text


def _millimetres(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else str(value or "")
