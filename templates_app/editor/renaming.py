"""A field or counter under another name: everything that uses it follows."""

import re
from typing import Any

from templates_app.definition.fields import RESERVED
from templates_app.editor.places import field_names, look, walk

_FIELD, _COUNTER = re.compile(r"[A-Za-z_]\w{0,63}"), re.compile(r"[A-Za-z][\w-]{0,63}")
_USES = ("visible", "hidden", "field", "diameter_field")


def rename(document: dict[str, Any], place: str, name: str) -> str | None:
    """The place under its new name, or None where it cannot have this one, and keeps its own."""
    if place.startswith("/counters/"):
        return _rename_counter(document, place.rpartition("/")[2], name)
    field = look(document, place)
    old = field.get("name")
    if name == old:
        return place
    if not _FIELD.fullmatch(name) or name in RESERVED or name in field_names(document):
        return None
    field["name"] = name
    if isinstance(old, str) and old:
        _follow(document, rf"\{{\s*{re.escape(old)}(?=\s*[}}|+\-\s])", f"{{{name}")
        for _place, _depth, element in walk(document):
            for attribute in _USES:
                if element.get(attribute) == old:
                    element[attribute] = name
            repeat = element.get("repeat")
            if isinstance(repeat, dict) and repeat.get("field") == old:
                repeat["field"] = name
    return place


def _rename_counter(document: dict[str, Any], old: str, name: str) -> str | None:
    counters = document["counters"]
    if name == old:
        return f"/counters/{old}"
    if not _COUNTER.fullmatch(name) or name in counters:
        return None
    document["counters"] = {name if key == old else key: counter for key, counter in counters.items()}
    _follow(document, rf"\{{\s*serial:{re.escape(old)}(?=\s*[}}|])", f"{{serial:{name}")
    return f"/counters/{name}"


def _follow(document: dict[str, Any], pattern: str, new: str) -> None:
    # Doubled braces stand for themselves.
    found = re.compile(r"\{\{|" + pattern)
    for _place, _depth, element in walk(document):
        for attribute in ("text", "value"):
            if isinstance(element.get(attribute), str):
                element[attribute] = found.sub(lambda m: m[0] if m[0] == "{{" else new, element[attribute])
