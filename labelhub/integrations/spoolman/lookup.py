"""Of Spoolman's REST API v1: https://donkie.github.io/Spoolman/"""

import re
from typing import Any

from labelhub.integrations.answers import filled, text_at, value_at
from labelhub.integrations.client import another_shape, get, unknown
from labelhub.integrations.integration import Integration, Item

MOST, MOST_LOOKED_THROUGH = 20, 1000
SPOOLS = ("api", "v1", "spool")
# What its own labels carry, which its scanner knows.
CODE = "web+spoolman:s-"
WORDS = ("id", "name", "material", "place", "lot")


def find(integration: Integration, name: str) -> Item:
    """By its number, or by what a label says: `web+spoolman:s-7`, `…/spool/show/7`."""
    number = re.fullmatch(rf"(?:{re.escape(CODE)}|.*/spool/show/)?(\d{{1,12}})", name, re.IGNORECASE | re.ASCII)
    if number is None:
        raise unknown(integration)
    return _item(integration, get(integration, *SPOOLS, number[1], headers=_headers(integration)))


def search(integration: Integration, text: str) -> list[Item]:
    """All words, in any order, in maker, name, material, place or lot: Spoolman itself looks at one at a time only."""
    answer = get(integration, *SPOOLS, headers=_headers(integration), query={"limit": MOST_LOOKED_THROUGH})
    if not isinstance(answer, list):
        raise another_shape(integration)
    words = text.casefold().split()
    items = (_item(integration, spool) for spool in answer)
    return [item for item in items if _has(item, words)][:MOST]


def _has(item: Item, words: list[str]) -> bool:
    said = " ".join(str(item.fields.get(name, "")) for name in WORDS).casefold()
    return all(word in said for word in words)


def _headers(integration: Integration) -> dict[str, str]:
    # It knows no tokens; a proxy in front of it may.
    return {"authorization": f"Bearer {integration.token}"} if integration.token else {}


def _item(integration: Integration, spool: Any) -> Item:
    number = text_at(spool, "id")
    if not number.isdecimal() or not isinstance(value_at(spool, "filament"), dict):
        raise another_shape(integration)
    vendor, filament = text_at(spool, "filament.vendor.name"), text_at(spool, "filament.name")
    material, diameter = text_at(spool, "filament.material"), _number(spool, "filament.diameter", "mm", digits=2)
    weight = _number(spool, "initial_weight", "g") or _number(spool, "filament.weight", "g")
    name = " ".join(filter(None, (vendor, filament))) or material or number
    place, url = text_at(spool, "location"), f"{integration.url}/spool/show/{number}"
    color = text_at(spool, "filament.color_hex") or text_at(spool, "filament.multi_color_hexes").partition(",")[0]
    return Item(
        id=number,
        title=f"{name} · {material}" if material and material != name else name,
        url=url,
        raw=spool,
        fields=filled(
            id=number,
            name=name,
            title=name,
            code=f"{CODE}{number}",
            url=url,
            place=place,
            location=place,
            owner=place,
            detail=" · ".join(filter(None, (material, diameter, weight))),
            vendor=vendor,
            filament=filament,
            material=material,
            color=f"#{color.lstrip('#')}" if color else "",
            diameter=diameter,
            weight=weight,
            remaining=_number(spool, "remaining_weight", "g"),
            extruder_temp=_number(spool, "filament.settings_extruder_temp", "°C"),
            bed_temp=_number(spool, "filament.settings_bed_temp", "°C"),
            lot=text_at(spool, "lot_nr"),
        ),
    )


def _number(spool: Any, path: str, unit: str, digits: int = 0) -> str:
    value = value_at(spool, path)
    return f"{round(value, digits):g} {unit}" if isinstance(value, int | float) else ""
