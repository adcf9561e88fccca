"""Grocy at the wire: ids as numbers, amounts as texts, a bad request for a product that is not there."""

from typing import Any

from tests.labelhub.integrations.app import Answer, Asked

KEY = "grocy-key-of-the-tests"


def product(number: int, name: str, description: str = "") -> dict[str, Any]:
    return {
        "id": number, "name": name, "description": description, "product_group_id": 1, "active": 1, "location_id": 2,
        "qu_id_purchase": 3, "qu_id_stock": 3, "min_stock_amount": 0, "default_best_before_days": 30,
        "row_created_timestamp": "2026-05-02 18:59:43", "userfields": None,
    }  # fmt: skip


PRODUCTS = {each["id"]: each for each in (product(13, "Tomato sauce", "<p>Home&nbsp;made</p>"), product(14, "Rice"))}


def answers(asked: Asked) -> Answer:
    if asked.headers.get("grocy-api-key") != KEY:
        return 401, b""
    if asked.path == "/grocy/api/objects/products":
        words = asked.query["query[]"][0].removeprefix("name~").lower()
        return 200, [each for each in PRODUCTS.values() if words in each["name"].lower()]
    found = PRODUCTS.get(int(asked.path.removeprefix("/grocy/api/stock/products/")))
    if found is None:
        return 400, {"error_message": "Product does not exist or is inactive"}
    return 200, {
        "product": found, "product_barcodes": [], "last_purchased": "2026-05-02", "stock_amount": "3",
        "next_due_date": "2026-12-24" if found["id"] == 13 else "2999-12-31",
        "quantity_unit_stock": {"id": 3, "name": "Glass", "name_plural": "Glasses"},
        "location": {"id": 2, "name": "Pantry"}, "average_shelf_life_days": -1, "spoil_rate_percent": 0,
    }  # fmt: skip
