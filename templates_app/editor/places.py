"""Places in a definition that is being written, right or wrong: JSON pointers, and what can be done at them.

A place is "" for the label itself, `/fields/N`, `/counters/NAME`, or an element such as `/elements/0/elements/2`.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

_PLACE = re.compile(r"(/fields/\d{1,3}|/counters/[A-Za-z][\w-]{0,63}|(/elements/\d{1,3}){1,20})?")


def is_place(text: str) -> bool:
    return _PLACE.fullmatch(text) is not None


def look(document: Any, pointer: str) -> Any:
    """What stands there; None where nothing does."""
    here = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict):
            here = here.get(name)
        elif isinstance(here, list) and name.isdecimal() and int(name) < len(here):
            here = here[int(name)]
        else:
            return None
    return here


def place_of(pointer: str, document: Any) -> str:
    """The place that a pointer of a problem lies in."""
    found = _PLACE.match(pointer)
    place = found[0] if found else ""
    return place if isinstance(look(document, place), dict) else ""


def walk(document: Any) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Every element with its place and how deep it lies, parents before their children."""

    def inside(holder: dict[str, Any], at: str, depth: int) -> Iterator[tuple[str, int, dict[str, Any]]]:
        elements = holder.get("elements")
        if not isinstance(elements, list) or depth > 20:
            return
        for n, element in enumerate(elements):
            if isinstance(element, dict):
                place = f"{at}/elements/{n}"
                yield place, depth, element
                yield from inside(element, place, depth + 1)

    yield from inside(document if isinstance(document, dict) else {}, "", 0)


def siblings(document: dict[str, Any], place: str) -> tuple[list[Any], int]:
    """The list that a field or element lies in, and where; raises LookupError where it is not there."""
    holder, _, last = place.rpartition("/")
    found = look(document, holder)
    if not isinstance(found, list) or not last.isdecimal() or int(last) >= len(found):
        raise LookupError(place)
    return found, int(last)


def list_in(holder: dict[str, Any], name: str) -> list[Any]:
    found = holder.get(name)
    if not isinstance(found, list):
        found = holder[name] = []
    return found


def delete(document: dict[str, Any], place: str) -> str:
    """The place to look at afterwards."""
    if place.startswith("/counters/"):
        document["counters"].pop(place.rpartition("/")[2], None)
        if not document["counters"]:
            del document["counters"]
        return ""
    found, n = siblings(document, place)
    del found[n]
    holder = place.rpartition("/")[0]
    if found:
        return f"{holder}/{min(n, len(found) - 1)}"
    return holder.removesuffix("/elements").removesuffix("/fields")


def copy(document: dict[str, Any], place: str) -> str:
    """A twin below it, under a name of its own."""
    found, n = siblings(document, place)
    twin = deepcopy(found[n])
    if isinstance(twin, dict):
        _rename_all(twin, _names(document, place))
    found.insert(n + 1, twin)
    return f"{place.rpartition('/')[0]}/{n + 1}"


def move(document: dict[str, Any], place: str, by: int) -> str:
    found, n = siblings(document, place)
    to = max(0, min(len(found) - 1, n + by))
    found.insert(to, found.pop(n))
    return f"{place.rpartition('/')[0]}/{to}"


def move_in(document: dict[str, Any], place: str) -> str:
    """Into the group above it, as its last element."""
    found, n = siblings(document, place)
    group = found[n - 1] if n else None
    if not isinstance(group, dict) or group.get("kind") not in ("group", "flag"):
        return place
    inner = list_in(group, "elements")
    inner.append(found.pop(n))
    return f"{place.rpartition('/')[0]}/{n - 1}/elements/{len(inner) - 1}"


def move_out(document: dict[str, Any], place: str) -> str:
    """Out of its group, to stand after it."""
    found, n = siblings(document, place)
    group = place.rpartition("/")[0].removesuffix("/elements")
    if not group:
        return place
    outer, at = siblings(document, group)
    outer.insert(at + 1, found.pop(n))
    return f"{group.rpartition('/')[0]}/{at + 1}"


def free_name(wanted: str, taken: set[str]) -> str:
    """`wanted`, else with the first number that makes it new."""
    if wanted not in taken:
        return wanted
    stem = re.sub(r"[-_]?\d+$", "", wanted) or wanted
    joint = "_" if "_" in stem else "-"
    return next(name for n in range(2, 10_000) if (name := f"{stem}{joint}{n}"[-64:]) not in taken)


def element_names(document: Any) -> set[str]:
    return {str(element.get("name", "")) for _place, _depth, element in walk(document)}


def fields_in(document: Any) -> list[dict[str, Any]]:
    """The fields that have a name."""
    fields = document.get("fields") if isinstance(document, dict) else None
    return [f for f in (fields if isinstance(fields, list) else []) if isinstance(f, dict) and f.get("name")]


def field_names(document: Any) -> list[str]:
    return [str(field["name"]) for field in fields_in(document)]


def _names(document: Any, place: str) -> set[str]:
    return set(field_names(document)) if place.startswith("/fields/") else element_names(document)


def _rename_all(twin: dict[str, Any], taken: set[str]) -> None:
    if twin.get("name"):
        twin["name"] = free_name(str(twin["name"]).replace("-", "_") if "type" in twin else str(twin["name"]), taken)
        taken.add(twin["name"])
    for child in twin.get("elements") or [] if isinstance(twin.get("elements"), list) else []:
        if isinstance(child, dict):
            _rename_all(child, taken)
