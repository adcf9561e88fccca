"""Of Snipe-IT's REST API v1: https://snipe-it.readme.io/reference/hardware-list"""

import html
import re
from typing import Any

from labelhub.integrations.answers import filled, text_at, value_at
from labelhub.integrations.client import another_shape, get
from labelhub.integrations.errors import UnknownItem
from labelhub.integrations.integration import Integration, Item

MOST = 20
ASSETS = ("api", "v1", "hardware")


def find(integration: Integration, name: str) -> Item:
    """By its number, its address (what the codes of Snipe-IT's own labels say), or its asset tag."""
    number = re.fullmatch(r"(?:.*/hardware/)?(\d{1,12})", name, re.ASCII)
    path = (number[1],) if number else ("bytag", name)
    answer = get(integration, *ASSETS, *path, headers=_headers(integration))
    # That there is no such asset is a 200.
    if isinstance(answer, dict) and answer.get("status") == "error":
        raise UnknownItem(f"{integration.title} says: {text_at(_plain(answer), 'messages') or 'error'}")
    rows = value_at(answer, "rows")
    return _item(integration, rows[0] if isinstance(rows, list) and rows else answer)


def search(integration: Integration, text: str) -> list[Item]:
    answer = get(integration, *ASSETS, headers=_headers(integration), query={"search": text, "limit": MOST})
    rows = value_at(answer, "rows")
    if not isinstance(rows, list):
        raise another_shape(integration)
    return [_item(integration, row) for row in rows[:MOST]]


def _headers(integration: Integration) -> dict[str, str]:
    return {"authorization": f"Bearer {integration.token}"}


def _item(integration: Integration, asset: Any) -> Item:
    asset = _plain(asset)
    number, tag = text_at(asset, "id"), text_at(asset, "asset_tag")
    if not number.isdecimal() or not tag:
        raise another_shape(integration)
    model, serial = text_at(asset, "model.name"), text_at(asset, "serial")
    name = text_at(asset, "name") or model or tag
    place = text_at(asset, "location.name") or text_at(asset, "rtd_location.name")
    person = text_at(asset, "assigned_to.name")
    url = f"{integration.url}/hardware/{number}"
    return Item(
        id=number,
        title=name if name == tag else f"{tag} · {name}",
        url=url,
        raw=asset,
        fields=filled(
            id=tag,
            name=name,
            title=name,
            code=url,
            url=url,
            owner=person or place,
            place=place,
            detail=" · ".join(filter(None, (model, serial))),
            serial=serial,
            model=model,
            model_number=text_at(asset, "model_number"),
            manufacturer=text_at(asset, "manufacturer.name"),
            category=text_at(asset, "category.name"),
            company=text_at(asset, "company.name"),
            location=place,
            assigned_to=person,
        ),
    )


def _plain(value: Any, levels: int = 5) -> Any:
    """It escapes its texts for its own pages."""
    if isinstance(value, dict) and levels:
        return {name: _plain(each, levels - 1) for name, each in value.items()}
    return html.unescape(value) if isinstance(value, str) else value
