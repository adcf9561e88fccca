"""What a person copies into a terminal: true for this hub, with printers and templates that it has."""

import json
from dataclasses import dataclass
from shlex import quote

from django.utils.translation import gettext as _

from labelhub.accounts.roles import Scope
from printers.callers import Caller
from printers.cards import printer_card
from printers.lookup import visible_to
from printers.models import Printer
from templates_app.catalog import definition_of
from templates_app.models import Template
from templates_app.rendering import examples

PLACEHOLDER = "$TOKEN"
# How many are looked at for one with a tape that a template is for.
PRINTERS = 20


@dataclass(frozen=True, slots=True)
class Command:
    id: str
    title: str
    text: str
    scope: Scope


def commands(origin: str, caller: Caller, token: str = "") -> list[Command]:
    """For a terminal; with `token` ready to run, else with $TOKEN in its place."""
    header = f'"Authorization: Bearer {token or PLACEHOLDER}"'
    found = [
        Command("print", _("Print a label"), _print(origin, caller, header), Scope.PRINT),
        Command("jobs", _("Read the latest jobs"), f"curl -H {header} \\\n  '{origin}/api/jobs?limit=5'", Scope.READ),
        Command("printers", _("Read all printers"), f"curl -H {header} \\\n  {origin}/api/printers", Scope.READ),
        Command("events", _("Follow what happens"), f"curl -N -H {header} \\\n  {origin}/api/events", Scope.READ),
    ]
    return [each for each in found if each.scope in caller.scopes]


def _print(origin: str, caller: Caller, header: str) -> str:
    printer, template = _pair(caller)
    body = {
        "printer": printer.path if printer else "main/workbench",
        "template": template.key if template else "asset-tag-12",
        "fields": examples(definition_of(template.current)) if template and template.current else {},
    }
    text = quote(json.dumps(body, ensure_ascii=False))
    return (
        f"curl -H {header} \\\n  -H 'Content-Type: application/json' \\\n"
        f'  -H "Idempotency-Key: $(date +%s%N)" \\\n  -d {text} \\\n  {origin}/api/print'
    )


def _pair(caller: Caller) -> tuple[Printer | None, Template | None]:
    """A printer and a template for what is in it, as far as there are any."""
    printers = visible_to(caller).filter(enabled=True).exclude(handle=None).select_related("site", "status")[:PRINTERS]
    templates = list(Template.objects.usable())
    for printer in printers:
        medium = printer_card(printer).medium
        for template in templates:
            if medium is not None and template.current and definition_of(template.current).takes(medium):
                return printer, template
    return next(iter(printers), None), next(iter(templates), None)
