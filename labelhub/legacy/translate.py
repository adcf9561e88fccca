"""The other hub's words in ours."""

import re
from contextlib import suppress
from typing import Any

from jobs.models import Outcome, State
from printers.errors import HubError
from printers.media import Model, find_medium

IMPORTED = "hub-imported"
UNKNOWN_OUTCOME = "hub-outcome-unknown"
HELD = "hub-held-after-restore"


def job_state(state: str, *, started: bool) -> tuple[State, list[str], Outcome | None, str]:
    """(state, reasons, outcome, sentence) for a state of the other hub.

    It called a job done when the bytes had left, and failed or interrupted whatever had really come out: so done is
    "sent", and a failure says nothing about the label. What was waiting is held, because an import must not print.
    """
    match state:
        case "done":
            return State.COMPLETED, [IMPORTED, "queued-in-device"], Outcome.SENT, ""
        case "failed" | "failed_restart":
            how = "when the old hub was restarted" if state == "failed_restart" else "in the old hub"
            return (
                State.ABORTED,
                [IMPORTED, UNKNOWN_OUTCOME],
                Outcome.UNKNOWN,
                f"It failed {how}; the label may be out.",
            )
        case "cancelled":
            if started:
                return State.CANCELED, [IMPORTED, UNKNOWN_OUTCOME], Outcome.UNKNOWN, "Canceled after it had begun."
            return State.CANCELED, [IMPORTED], Outcome.NOT_PRINTED, ""
        case "queued":
            return State.HELD, [IMPORTED, HELD], None, "It was waiting in the old hub. Release it to print it here."
        case "printing":
            sentence = "It was printing in the old hub: look whether it came out before you release it."
            return State.HELD, [IMPORTED, HELD], None, sentence
        case _:
            shown = state[:40]
            return (
                State.ABORTED,
                [IMPORTED, UNKNOWN_OUTCOME],
                Outcome.UNKNOWN,
                f"The old hub called its state “{shown}”.",
            )


def job_options(payload: dict[str, Any], model: Model | None) -> tuple[int, dict[str, Any]]:
    """(copies, options in our words), without what the printer's model cannot do: the old hub never asked it."""
    given = payload.get("options")
    options = given if isinstance(given, dict) else {}
    copies = options.get("copies", 1)
    ours = {}
    for theirs, name, possible in (
        ("auto_cut", "cut", model is not None and model.auto_cut),
        ("half_cut", "half_cut", model is not None and model.half_cut),
        ("high_resolution", "high_resolution", model is not None and model.high_resolution),
    ):
        if possible and isinstance(options.get(theirs), bool):
            ours[name] = options[theirs]
    whole = isinstance(copies, int) and not isinstance(copies, bool) and 1 <= copies <= 9999
    return (copies if whole else 1), ours


def media_of_width(width_mm: float) -> list[str]:
    """What the other hub may have meant: it knew widths, and printed a width on a tape and on a roll alike."""
    found = []
    for key in (f"tze:{width_mm:g}", f"dk:{width_mm:g}"):
        with suppress(HubError):
            found.append(find_medium(key).key)
    return found


def template_definition(key: str, title: str, width_mm: Any, definition: dict[str, Any]) -> dict[str, Any] | None:
    """A definition of ours that prints the same content: its code at the left, its lines of text beside it.

    None where it has an element that has no counterpart, or a width that nothing has.
    """
    elements = definition.get("elements")
    if not isinstance(elements, list) or not elements or not isinstance(width_mm, int | float):
        return None
    media = media_of_width(width_mm)
    if not media:
        return None
    codes: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    fields: list[dict[str, Any]] = []
    for number, element in enumerate(elements, 1):
        kind, name = (element.get("type"), element.get("field")) if isinstance(element, dict) else (None, None)
        if kind not in {"qr", "text"} or not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_]\w{0,63}", name):
            return None
        fields.append({"name": name, "type": "string", "required": kind == "qr", "example": _example(name)})
        if kind == "qr":
            codes.append(
                {
                    "kind": "barcode",
                    "name": f"code {number}",
                    "symbology": "qr",
                    "value": f"{{{name}}}",
                    "height": "fill",
                }
            )
        else:
            style = "regular" if lines else "bold"
            lines.append(
                {"kind": "text", "name": f"line {number}", "text": f"{{{name}}}", "size": "fit", "height": "fill"}
                | {"style": style, "overflow": "shrink"}
            )
    beside = [
        {"kind": "group", "name": "lines", "direction": "column", "height": "fill", "gap": 0.4, "elements": lines}
    ]
    row = codes + (beside if lines else [])
    return {
        "key": key,
        "title": title or key,
        "media": media,
        "padding": [1, 0, 1, 0],
        "fields": list({field["name"]: field for field in fields}.values()),
        "elements": [
            {"kind": "group", "name": "label", "direction": "row", "height": "fill", "gap": 1.5, "elements": row}
        ],
    }


def _example(name: str) -> str:
    examples = {"qr_payload": "https://inventory.invalid/hardware/1", "primary_id": "ASSET-00001", "title": "Drill"}
    return examples.get(name, name)


def template_key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:120]


# What 0.11 prints when a job names a kind of content in place of a template.
CONTENT_TYPES: dict[str, list[dict[str, str]]] = {
    "qr_two_lines": [
        {"type": "qr", "field": "qr_payload"},
        {"type": "text", "field": "title"},
        {"type": "text", "field": "primary_id"},
    ],
    "qr_only": [{"type": "qr", "field": "qr_payload"}],
}
