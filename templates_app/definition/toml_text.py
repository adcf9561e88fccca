"""A definition as TOML, as its author would have written it: short tables in one line, fields and elements below."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_WIDTH = 118


def toml_text(document: Mapping[str, Any]) -> str:
    """Reading it again gives the same document, without what is None."""
    return "\n".join(_table(document, "")).strip() + "\n"


def _table(table: Mapping[str, Any], path: str) -> Iterator[str]:
    inner: list[tuple[str, Any]] = []
    for name, value in table.items():
        if value is None:
            continue
        key = _key(name)
        if _has_own_lines(value) or (isinstance(value, Mapping) and len(_value(value)) + len(key) > _WIDTH):
            inner.append((key, value))
        else:
            yield f"{key} = {_value(value)}"
    for key, value in inner:
        below = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            # A table of tables only needs no header of its own.
            if not value or not all(isinstance(each, Mapping) for each in value.values()):
                yield from ("", f"[{below}]")
                yield from _table(value, below)
                continue
            for name, each in value.items():
                yield from ("", f"[{below}.{_key(name)}]")
                yield from _table(each, f"{below}.{_key(name)}")
            continue
        for each in value:
            yield from ("", f"[[{below}]]")
            yield from _table(each, below)


def _has_own_lines(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(value) and all(isinstance(each, Mapping) for each in value.values())
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _key(name: str) -> str:
    return name if name and set(name) <= _BARE else _string(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(name)} = {_value(each)}" for name, each in value.items() if each is not None)
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(each) for each in value if each is not None)}]"
    return _string(str(value))


def _string(text: str) -> str:
    # JSON's escapes are TOML's, except that TOML wants DEL escaped as well.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
