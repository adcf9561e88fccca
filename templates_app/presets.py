"""Presets: field values of a template under a name, for everybody who prints it; and what each person printed last."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from printers.callers import Caller
from printers.errors import Conflict, Forbidden, InvalidInput, Problem
from templates_app.definition import Definition
from templates_app.models import LastValues, Preset, Template

MOST_PRESETS = 200
LONGEST_NAME = 120


class PresetTaken(Conflict):
    code = "preset-taken"


def keep_preset(template: Template, name: str, values: Mapping[str, Any], caller: Caller) -> Preset:
    """Raises InvalidInput for no name, PresetTaken for one that is taken."""
    name = _checked(name)
    if template.presets.count() >= MOST_PRESETS:
        raise InvalidInput(_("There are %(most)d presets; delete one first.") % {"most": MOST_PRESETS})
    try:
        with transaction.atomic():
            return Preset.objects.create(template=template, name=name, values=dict(values), owner_id=caller.user_id)
    except IntegrityError:
        raise _taken(name) from None


def rename_preset(preset: Preset, name: str, caller: Caller) -> None:
    """Raises Forbidden, InvalidInput, PresetTaken."""
    _must_be_theirs(preset, caller)
    preset.name = _checked(name)
    try:
        with transaction.atomic():
            preset.save(update_fields=["name"])
    except IntegrityError:
        raise _taken(preset.name) from None


def delete_preset(preset: Preset, caller: Caller) -> None:
    """Raises Forbidden."""
    _must_be_theirs(preset, caller)
    preset.delete()


def may_change(preset: Preset, caller: Caller) -> bool:
    """Who made it, and who designs templates."""
    return "design" in caller.scopes or (preset.owner_id is not None and preset.owner_id == caller.user_id)


def fitting(definition: Definition, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of fields that the template has; no pictures, which forms cannot be filled with."""
    types = {each.name: each.type for each in definition.fields}
    return {name: _storable(value) for name, value in values.items() if types.get(name, "image") != "image"}


def _storable(value: Any) -> Any:
    # U+0000 and lone surrogates are taken by no database.
    return value.replace("\0", "").encode("utf-8", "ignore").decode() if isinstance(value, str) else value


def remember(template: Template, values: Mapping[str, Any], caller: Caller) -> None:
    if caller.user_id is not None:
        LastValues.objects.update_or_create(
            user_id=caller.user_id, template=template, defaults={"values": dict(values)}
        )


def last_values(template: Template, caller: Caller) -> dict[str, Any]:
    if caller.user_id is None:
        return {}
    found = LastValues.objects.filter(user_id=caller.user_id, template=template).first()
    return found.values if found is not None else {}


def _checked(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())[:LONGEST_NAME]
    if not name:
        raise InvalidInput(_("A preset needs a name."), [Problem("/name", _("A preset needs a name."))])
    return name


def _taken(name: str) -> PresetTaken:
    sentence = _("There is a preset “%(name)s” already.") % {"name": name}
    return PresetTaken(sentence, [Problem("/name", sentence)])


def _must_be_theirs(preset: Preset, caller: Caller) -> None:
    if not may_change(preset, caller):
        raise Forbidden(_("Somebody else made this preset."))
