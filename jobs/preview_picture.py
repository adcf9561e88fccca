"""The preview of the print form: what was typed so far, as it would come out, and what lint says of it."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from jobs.calibration import cut_by_calibration
from jobs.submission import preview
from printers.drawing import BLACK, INK, PAPER, WHITE
from printers.errors import HubError
from printers.models import Printer
from printers.words import medium_words
from templates_app.cards import TemplateCard, usual_medium
from templates_app.definition import Definition
from templates_app.label_picture import TONES, Picture, lay_out_picture
from templates_app.lint import lint
from templates_app.rendering import examples, resolve


@dataclass(frozen=True, slots=True)
class Shown:
    """A preview as the page shows it; `problems` are sentences that have no field to stand at."""

    picture: Picture | None
    medium: str
    size: str = ""
    spoken: str = ""
    example: bool = False
    problems: list[str] = field(default_factory=list)
    findings: list[dict[str, str]] = field(default_factory=list)


def show(
    card: TemplateCard, values: dict[str, Any], printer: Printer | None, loaded: Any
) -> tuple[Shown, HubError | None]:
    """The preview of what was typed so far, with examples in the gaps, and the refusal that a print would meet now."""
    medium = loaded if loaded is not None and card.definition.takes(loaded) else usual_medium(card.definition)
    filled = _filled(card.definition, values)
    missing = [
        each for each in card.definition.fields if each.required and each.default is None and each.name not in values
    ]
    reference = str(printer.id) if printer is not None else None
    try:
        rendering = preview(card.template.key, filled, printer=reference, media=medium.key)
    except HubError as error:
        alone = [] if _at_fields(error) else [error.detail]
        return Shown(None, medium_words(medium), problems=alone), error
    status = getattr(printer, "status", None) if loaded is medium else None
    found = lint(rendering, card.definition, resolve(card.definition, filled))
    if printer is not None:
        found += cut_by_calibration(printer, medium, rendering.raster)
    picture = lay_out_picture(
        rendering,
        found,
        paper=PAPER.get(getattr(status, "tape_color", ""), WHITE),
        ink=INK.get(getattr(status, "text_color", ""), BLACK),
    )
    findings = [
        {
            "tone": TONES.get(each.severity, "warn"),
            "element": each.element or "",
            "message": each.message,
            "suggestion": each.suggestion or "",
        }
        for each in found
    ]
    spoken = _("Preview of the label, %(size)s") % {"size": picture.size}
    return Shown(picture, medium_words(medium), picture.size, spoken, bool(missing), [], findings), None


def _filled(definition: Definition, values: dict[str, Any]) -> dict[str, Any]:
    """An untouched form shows the whole example; then only what is needed and still missing is stood in for."""
    stand_ins = examples(definition)
    begun = any(
        value not in ("", "false") and str(value) != str(field.default)
        for field in definition.fields
        if (value := values.get(field.name, "")) is not None
    )
    if not begun:
        return {**stand_ins, **values}
    needed = {field.name for field in definition.fields if field.required and field.default is None}
    return {name: value for name, value in stand_ins.items() if name in needed} | values


def _at_fields(error: HubError) -> bool:
    return bool(error.problems) and all("/fields/" in problem.pointer for problem in error.problems)
