from typing import Any

from django.utils import timezone

from jobs.layout import medium_for
from printers.lookup import find_printer
from printers.media import canvas_for, find_medium, find_model
from templates_app.cards import usual_canvas, usual_medium
from templates_app.catalog import current_version, definition_of, find_template
from templates_app.rendering import Rendering, render, resolve
from templates_app.serials import upcoming


def preview(
    template_key: str, fields: dict[str, Any], *, printer: str | None = None, media: str | None = None
) -> Rendering:
    """What would be printed, dot by dot; nothing is queued and no serial number is used up."""
    definition = definition_of(current_version(find_template(template_key)))
    values = resolve(definition, {**fields, **upcoming(definition)})
    device = find_printer(printer) if printer else None
    usual = medium_for(definition, device) if device else usual_medium(definition)
    medium = find_medium(media) if media else usual
    canvas = canvas_for(find_model(device.model), medium) if device else usual_canvas(medium.key)
    return render(definition, values, canvas, now=timezone.localtime(timezone=timezone.get_default_timezone()))
