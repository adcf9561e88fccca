"""From a thing in another app to the fields of a label."""

from dataclasses import dataclass, replace
from typing import Any

from labelhub.integrations.answers import text_at
from labelhub.integrations.configuration import usable
from labelhub.integrations.errors import UnknownIntegration
from labelhub.integrations.integration import Integration, Item
from labelhub.integrations.kinds import KINDS
from templates_app.catalog import current_version, definition_of
from templates_app.definition import Definition, words
from templates_app.errors import InvalidFields
from templates_app.models import Template
from templates_app.rendering import resolve


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A template whose required fields the item fills; `fields` are those of the item that it has a place for."""

    key: str
    title: str
    fields: dict[str, Any]


def find(name: str, item: str) -> Item:
    """Raises UnknownIntegration, UnknownItem, IntegrationBusy, IntegrationFailed."""
    integration = usable(name)
    ask = KINDS[integration.kind].find
    if ask is None:
        raise _only_calls(integration)
    return with_own_fields(integration, ask(integration, item))


def search(name: str, text: str) -> list[Item]:
    """What the app finds for these words, best first as it says. Raises what `find` raises, but for UnknownItem."""
    integration = usable(name)
    ask = KINDS[integration.kind].search
    if ask is None:
        raise _only_calls(integration)
    return [with_own_fields(integration, item) for item in ask(integration, text)]


def _only_calls(integration: Integration) -> UnknownIntegration:
    return UnknownIntegration(f"Nothing can be looked up in {integration.title}: it only sends webhooks.")


def with_own_fields(integration: Integration, item: Item) -> Item:
    """With what the configuration maps: `fields = { owner = "custom_fields.Department.value" }`."""
    own = {name: value for name, path in integration.fields.items() if (value := text_at(item.raw, path))}
    return replace(item, fields=item.fields | own)


def suggestions(item: Item, *, first: str = "") -> list[Suggestion]:
    """The templates for which the item has what they require; `first` leads them if it is one."""
    found = []
    for template in Template.objects.usable().order_by("key"):
        definition = definition_of(current_version(template))
        fields = fitting(definition, item)
        if fields:
            found.append(Suggestion(template.key, words(definition.title, fallback=template.key), fields))
    return sorted(found, key=lambda each: each.key != first)


def fitting(definition: Definition, item: Item) -> dict[str, Any]:
    """The item's values for this template, without those that do not fit; empty where a required one is missing."""
    fields = {each.name: item.fields[each.name] for each in definition.fields if each.name in item.fields}
    try:
        resolve(definition, fields)
    except InvalidFields as error:
        wrong = {problem.pointer.removeprefix("/fields/") for problem in error.problems}
        if wrong & {each.name for each in definition.fields if each.required and each.default is None}:
            return {}
        fields = {name: value for name, value in fields.items() if name not in wrong}
    return fields
