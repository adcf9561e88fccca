"""Spoolman calls nobody; a script or an automation that knows a spool's number does."""

from typing import Any

from labelhub.integrations.answers import text_at
from labelhub.integrations.integration import Integration, Item
from labelhub.integrations.spoolman.lookup import find
from printers.errors import InvalidInput


def received(integration: Integration, body: Any) -> Item:
    """`{"id": 7}`"""
    if not (name := text_at(body, "id")):
        raise InvalidInput('Say which spool: {"id": 7}.')
    return find(integration, name)
