"""What Grocy sends to LABEL_PRINTER_WEBHOOK: the name of the thing under what it is, its grocycode, a due date."""

from typing import Any

from labelhub.integrations.answers import filled, text_at
from labelhub.integrations.integration import Integration, Item
from printers.errors import InvalidInput

THINGS = ("product", "battery", "chore", "recipe", "userentity")


def received(integration: Integration, body: Any) -> Item:
    """Nothing is asked of Grocy: all that it prints itself stands in the message."""
    name = next(filter(None, (text_at(body, thing) for thing in THINGS)), "")
    code = text_at(body, "grocycode")
    if not name or not code:
        raise InvalidInput(f"A message of {integration.title} has “product” (or “battery”, …) and “grocycode”.")
    due = text_at(body, "due_date")
    return Item(
        id=code,
        title=name,
        raw=body,
        fields=filled(
            id=code.split(":")[2] if code.count(":") >= 2 else "",
            name=name,
            title=name,
            code=code,
            detail=due,
            due_date=due,
        ),
    )
