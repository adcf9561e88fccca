"""Snipe-IT tells Slack, Teams and their like of what happens to an asset; all that matters here is the link to it."""

import json
import re
from typing import Any

from labelhub.integrations.answers import text_at
from labelhub.integrations.integration import Integration, Item
from labelhub.integrations.snipeit.lookup import find
from printers.errors import InvalidInput


def received(integration: Integration, body: Any) -> Item:
    """A message for Slack with a link to the asset, or `{"id": 1042}` from a script."""
    if name := text_at(body, "id"):
        return find(integration, name)
    link = re.search(rf"{re.escape(integration.url)}/hardware/(\d{{1,12}})\b", json.dumps(body).replace("\\/", "/"))
    if link is None:
        raise InvalidInput(f"There is no link to {integration.url}/hardware/… in this message, and no “id”.")
    return find(integration, link[1])
