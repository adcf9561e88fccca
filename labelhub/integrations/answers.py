"""Values out of another app's JSON, whatever it is."""

from typing import Any

LONGEST = 1000


def value_at(data: Any, path: str) -> Any:
    """`model.name`, `tags.0`; None where there is nothing."""
    for part in path.split("."):
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    return data


def text(value: Any) -> str:
    """As it can stand on a label: one line, no control characters and no half surrogates; objects are no text."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    line = " ".join(str(value).split())
    return "".join(each for each in line if each.isprintable())[:LONGEST]


def text_at(data: Any, path: str) -> str:
    return text(value_at(data, path))


def filled(**values: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
