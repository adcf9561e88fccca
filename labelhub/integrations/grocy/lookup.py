"""Of Grocy's REST API, as its own page `/api` describes it. Numbers come as numbers or as texts."""

import html
import re
from http import HTTPStatus
from typing import Any

from labelhub.integrations.answers import filled, text, text_at, value_at
from labelhub.integrations.client import another_shape, get, unknown
from labelhub.integrations.integration import Integration, Item

MOST = 20
CODE = "grcy:p:"
# Grocy's days for “never”.
NEVER = ("2999-12-31", "2888-12-31")


def find(integration: Integration, name: str) -> Item:
    """By its number, its address, or a grocycode such as `grcy:p:13` or `grcy:p:13:62596f7263051`."""
    number = re.fullmatch(rf"(?:{CODE}|.*/product/)?(\d{{1,12}})(?::\w+)?", name, re.ASCII)
    if number is None:
        raise unknown(integration)
    path = ("api", "stock", "products", number[1])
    # It calls a product that is not there a bad request.
    answer = get(integration, *path, headers=_headers(integration), absent=HTTPStatus.BAD_REQUEST)
    return _item(integration, value_at(answer, "product"), answer)


def search(integration: Integration, words: str) -> list[Item]:
    query: dict[str, str | int] = {"query[]": f"name~{words}", "limit": MOST}
    answer = get(integration, "api", "objects", "products", headers=_headers(integration), query=query)
    if not isinstance(answer, list):
        raise another_shape(integration)
    return [_item(integration, product, {}) for product in answer[:MOST]]


def _headers(integration: Integration) -> dict[str, str]:
    return {"GROCY-API-KEY": integration.token}


def _item(integration: Integration, product: Any, details: Any) -> Item:
    number, name = text_at(product, "id"), text_at(product, "name")
    if not number.isdecimal() or not name:
        raise another_shape(integration)
    due, place = text_at(details, "next_due_date"), text_at(details, "location.name")
    return Item(
        id=number,
        title=name,
        url=f"{integration.url}/product/{number}",
        raw=details or product,
        fields=filled(
            id=number,
            name=name,
            title=name,
            code=f"{CODE}{number}",
            url=f"{integration.url}/product/{number}",
            place=place,
            location=place,
            detail=_without_marks(value_at(product, "description")),
            due_date="" if due in NEVER else due,
            unit=text_at(details, "quantity_unit_stock.name"),
            amount=text_at(details, "stock_amount"),
        ),
    )


def _without_marks(description: Any) -> str:
    # People write it in an editor that makes HTML.
    return text(html.unescape(re.sub(r"<[^>]*>", " ", description))) if isinstance(description, str) else ""
