"""What the editor's page shows."""

from collections.abc import Mapping
from typing import Any

from templates_app.definition import words
from templates_app.editor.adding import ELEMENT_KINDS
from templates_app.editor.drafts import Work
from templates_app.editor.inputs import CONDITIONS, LIMITS, POSITION, Input, inputs_at, kind_at
from templates_app.editor.media import media_choice
from templates_app.editor.outline import outline
from templates_app.editor.places import fields_in, is_place, look
from templates_app.editor.sight import Remark, Sight, look_at, title_of
from templates_app.editor.words import KINDS

# They never take long enough to be typed for a preview.
NO_EXAMPLES = frozenset({"image"})


def editor_context(
    work: Work,
    at: str,
    *,
    text_mode: bool,
    errors: Mapping[str, str] | None = None,
    refused: str = "",
    fresh: bool = False,
) -> dict[str, Any]:
    at = at if is_place(at) and isinstance(look(work.document, at), dict) else ""
    sight = look_at(work)
    kind = kind_at(work.document, at)
    inputs = inputs_at(work.document, at, sight.errors | dict(errors or {}))
    return {
        "work": work,
        "key": work.draft.key,
        "title": _title(work),
        "at": at,
        "kind": kind,
        "kind_title": KINDS.get(kind, ""),
        "here": title_of(work.document, at),
        "is_element": at.startswith("/elements/"),
        "can_go_in": _can_go_in(work.document, at),
        "can_go_out": at.count("/elements/") > 1,
        "text_mode": text_mode,
        "is_json": work.text.lstrip()[:1] == "{",
        "sight": sight,
        "remarks_here": [each for each in sight.remarks if each.place == at and not _stands(each, inputs)],
        "inputs": _section(inputs, kind, "main"),
        "position_open": any(name in look(work.document, at) for name in POSITION),
        "position": _section(inputs, kind, "position"),
        "conditions": _section(inputs, kind, "conditions"),
        "limits": _section(inputs, kind, "limits"),
        "media": media_choice(work.document.get("media")) if kind == "label" else None,
        "media_error": sight.errors.get("/media", ""),
        "outline": outline(work.document, at, sight.marked),
        "kinds": [(each, KINDS[each]) for each in ELEMENT_KINDS],
        "field_names": [str(field["name"]) for field in fields_in(work.document)],
        "examples": _examples(work, sight),
        "fresh": fresh,
        "refused": refused,
    }  # fmt: skip


def _title(work: Work) -> str:
    title = work.document.get("title")
    try:
        return words(title, fallback=work.draft.key) or work.draft.key
    except (AttributeError, TypeError):
        return work.draft.key


def _section(inputs: list[Input], kind: str, section: str) -> list[Input]:
    names = {"position": POSITION, "conditions": CONDITIONS, "limits": LIMITS}
    own = {"label": (), "counter": (), "field": ("limits",)}.get(kind, ("position", "conditions"))
    hidden = {name: each for each in own for name in names[each]}
    found = [each for each in inputs if hidden.get(each.pointer.rpartition("/")[2], "main") == section]
    if section == "main" and kind not in {"label", "field", "counter"}:
        # What the element says comes before what it is called.
        found.sort(key=lambda each: each.pointer.endswith("/name"))
    return found


def _can_go_in(document: Any, at: str) -> bool:
    head, _, n = at.rpartition("/")
    if not at.startswith("/elements/") or n == "0":
        return False
    above = look(document, f"{head}/{int(n) - 1}")
    return isinstance(above, dict) and above.get("kind") in ("group", "flag")


def _stands(remark: Remark, inputs: list[Input]) -> bool:
    """Whether it stands at an input already."""
    return any(remark.message in each.error for each in inputs if each.error)


def _examples(work: Work, sight: Sight) -> list[dict[str, Any]]:
    if sight.definition is None:
        return []
    return [
        {
            "name": each.name,
            "label": words(each.label, fallback=each.name),
            "value": work.draft.examples.get(each.name, ""),
            "placeholder": "" if each.example is None else str(each.example),
            "area": each.many or each.type == "text",
        }
        for each in sight.definition.fields
        if each.type not in NO_EXAMPLES
    ]
