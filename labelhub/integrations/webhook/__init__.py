"""Anything that can send JSON: Home Assistant, paperless, a script of three lines."""

from typing import Any

from labelhub.integrations.answers import text
from labelhub.integrations.integration import Integration, Item, Kind
from printers.errors import InvalidInput


def received(integration: Integration, body: Any) -> Item:
    """Where the configuration maps no fields, the members of the body are the fields of the label."""
    if not isinstance(body, dict):
        raise InvalidInput("The body has to be a JSON object.")
    own = {} if integration.fields else {name: text(value) for name, value in body.items() if text(value)}
    return Item(id="", title="", fields=own, raw=body)


KIND = Kind(title="Webhook", received=received)
