"""What a new field, counter or element begins as: something that can be seen in the preview at once."""

from typing import Any

from templates_app.editor.places import element_names, field_names, fields_in, free_name, list_in, look, siblings

# In the order of the buttons.
ELEMENT_KINDS = ("text", "barcode", "image", "line", "box", "group", "flag")
CONTAINERS = frozenset({"group", "flag"})


def add_field(document: dict[str, Any]) -> str:
    fields = list_in(document, "fields")
    name = free_name("field", {each.replace("-", "_") for each in field_names(document)}).replace("-", "_")
    fields.append({"name": name, "example": "Example"})
    return f"/fields/{len(fields) - 1}"


def add_counter(document: dict[str, Any]) -> str:
    if not isinstance(document.get("counters"), dict):
        document["counters"] = {}
    # Counters are shared by name, so that a new one of another template gets a name of its own.
    name = free_name(f"{document.get('key', 'counter')}"[:60], set(document["counters"]))
    name = name if name[:1].isalpha() else f"c-{name}"
    document["counters"][name] = {"width": 4}
    return f"/counters/{name}"


def add_element(document: dict[str, Any], kind: str, place: str) -> str:
    """Into the group that is looked at, else after the element that is, else at the end."""
    element = _new(document, kind)
    here = look(document, place)
    if place.startswith("/elements/") and isinstance(here, dict):
        if str(here.get("kind")) in CONTAINERS:
            inner = list_in(here, "elements")
            inner.append(element)
            return f"{place}/elements/{len(inner) - 1}"
        found, n = siblings(document, place)
        found.insert(n + 1, element)
        return f"{place.rpartition('/')[0]}/{n + 1}"
    elements = list_in(document, "elements")
    only = elements[0] if len(elements) == 1 else None
    if isinstance(only, dict) and str(only.get("kind")) in CONTAINERS:
        # Beside the group it would lie on top of it.
        inner = list_in(only, "elements")
        inner.append(element)
        return f"/elements/0/elements/{len(inner) - 1}"
    elements.append(element)
    return f"/elements/{len(elements) - 1}"


def _new(document: dict[str, Any], kind: str) -> dict[str, Any]:
    element: dict[str, Any] = {"kind": kind, "name": free_name(kind, element_names(document))}
    names = field_names(document)
    value = f"{{{names[0]}}}" if names else "Text"
    if kind == "text":
        return element | {"text": value}
    if kind == "barcode":
        return element | {"value": value}
    if kind == "image":
        fields = [field for field in fields_in(document) if field.get("type") == "image"]
        return element | ({"field": fields[0].get("name")} if fields else {})
    if kind == "flag":
        inside = {"kind": "text", "name": free_name("text", element_names(document)), "text": value}
        return element | {"diameter": 5, "elements": [inside]}
    return element | {"elements": []} if kind == "group" else element
