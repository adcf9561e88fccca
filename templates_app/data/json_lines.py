"""JSON lines: one object in each line; its keys are the columns, wherever they first appear."""

import io
import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from templates_app.data.limits import MAX_COLUMNS, TableRefused
from templates_app.data.lines import Line, Source, within_limits


def read_json_lines(text: io.TextIOBase, encoding: str) -> Source:
    names: list[str] = []
    told = ", ".join(filter(None, (encoding, _("JSON lines"))))
    return Source("jsonl", [told], within_limits(_lines(text, names)), names)


def _lines(text: io.TextIOBase, names: list[str]) -> Iterator[Line]:
    places: dict[str, int] = {}
    for number, raw in enumerate(text, 1):
        if not raw.strip():
            continue
        for name in (found := _object(number, raw)):
            if name not in places:
                places[name] = len(names)
                names.append(name)
        if len(names) > MAX_COLUMNS:
            raise TableRefused(
                _("Row %(row)d has %(count)d columns, %(most)d are allowed.")
                % {"row": number, "count": len(names), "most": MAX_COLUMNS}
            )
        cells = [""] * len(names)
        for name, value in found.items():
            cells[places[name]] = _text(number, name, value)
        yield Line(number, cells)


def _object(number: int, raw: str) -> dict[str, Any]:
    try:
        # Numbers stay as they are written.
        found = json.loads(raw, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise TableRefused(
            _("Row %(row)d is no JSON: %(said)s at character %(at)d.")
            % {"row": number, "said": error.msg, "at": error.colno}
        ) from error
    except RecursionError:
        raise TableRefused(_("Row %(row)d is nested too deep.") % {"row": number}) from None
    if not isinstance(found, dict):
        raise TableRefused(_("Row %(row)d is no JSON object, which starts with {.") % {"row": number})
    for name in found:
        if len(name) > 200 or "\0" in name or any("\ud800" <= c <= "\udfff" for c in name):
            raise TableRefused(_("Row %(row)d has a name that no column can have.") % {"row": number})
    return found


def _text(number: int, name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value):
        return "\n".join(_text(number, name, item) for item in value)
    if isinstance(value, (list, dict)):
        raise TableRefused(
            _("Row %(row)d: “%(name)s” holds an object; a label takes texts, numbers and lists of them.")
            % {"row": number, "name": name[:60]}
        )
    return str(value)
