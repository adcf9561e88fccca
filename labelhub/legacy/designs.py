"""Templates and presets, in our words."""

from typing import Any

from django.utils import timezone

from labelhub.legacy.ledger import ALREADY, Ledger
from labelhub.legacy.source import identity, table_of
from labelhub.legacy.translate import CONTENT_TYPES, template_definition, template_key
from printers.errors import HubError
from templates_app.definition import parse
from templates_app.models import Preset, Template
from templates_app.registration import apply


def import_templates(ledger: Ledger) -> None:
    for row in ledger.rows("templates"):
        old_key = str(row["key"])
        key = template_key(old_key)
        ledger.template_keys[identity(row["id"])] = key
        if key in ledger.templates:
            known = ledger.templates[key].source == Template.Source.IMPORTED
            ledger.skip("templates", ALREADY if known else f"a template “{key}” is registered here already")
            continue
        definition = template_definition(key, str(row["name"]), row["tape_width_mm"], table_of(row["definition"]))
        problem = register_template(ledger, key, definition)
        if problem:
            # Kept and shown, but nothing can be printed with it.
            ledger.templates[key] = Template.objects.create(
                key=key, title=str(row["name"] or key)[:200], source=Template.Source.IMPORTED
            )
            ledger.report.notes.append(f"template “{old_key}”: kept without a design: {problem}")
        created = ledger.source.instant(row, "created_at")
        if created:
            Template.objects.filter(key=key).update(created_at=created)
        ledger.event("template.imported", created, data={"key": key, "legacy": table_of(row["definition"])})
        ledger.report.of("templates").written += 1


def register_template(ledger: Ledger, key: str, definition: dict[str, Any] | None) -> str:
    """Why it could not be registered, or nothing."""
    if definition is None:
        return "it has an element or a width that has no counterpart here"
    try:
        apply([parse(definition)], by="import", origin=ledger.origin, source=Template.Source.IMPORTED)
    except HubError as error:
        return error.detail
    ledger.templates[key] = Template.objects.select_related("current").get(key=key)
    return ""


def content_template(ledger: Ledger, payload: dict[str, Any]) -> Template | None:
    """0.11 names a kind of content in place of a template; it becomes one when the first job needs it."""
    content = payload.get("content_type")
    width = payload.get("rendered_tape_mm") or payload.get("tape_mm")
    elements = CONTENT_TYPES.get(content) if isinstance(content, str) else None
    if elements is None or not isinstance(width, int | float):
        return None
    key = template_key(f"imported-{content}-{width:g}mm")
    if key not in ledger.templates:
        title = f"{str(content).replace('_', ' ').capitalize()} {width:g} mm"
        if register_template(ledger, key, template_definition(key, title, width, {"elements": elements})):
            return None
    return ledger.templates[key]


def import_presets(ledger: Ledger) -> None:
    existing = set(Preset.objects.values_list("id", flat=True))
    taken: set[tuple[str | None, str]] = set(Preset.objects.values_list("template__key", "name"))
    for row in ledger.rows("presets"):
        preset_id = identity(row["id"])
        if preset_id is None or preset_id in existing:
            ledger.skip("presets", ALREADY if preset_id else f"“{row['id']}” is no id")
            continue
        template = ledger.templates.get(ledger.template_keys.get(identity(row.get("template_id")), ""))
        name = str(row["name"])[:110]
        while template and (template.key, name) in taken:
            name = f"{name} (imported)"[:120]
        Preset.objects.create(
            id=preset_id,
            template=template,
            name=name,
            values=table_of(row["field_values"]),
            created_at=ledger.source.instant(row, "created_at") or timezone.now(),
        )
        taken.add((template.key if template else None, name))
        ledger.report.of("presets").written += 1
