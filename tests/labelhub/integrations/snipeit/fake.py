"""Snipe-IT at the wire, as its AssetsTransformer and its handler of exceptions answer."""

from typing import Any

from tests.labelhub.integrations.app import Answer, Asked

TOKEN = "snipe-it-token-of-the-tests"


def asset(number: int, tag: str, name: str = "", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "asset_tag": tag,
        "serial": f"SN-{number}",
        "model": {"id": 3, "name": "GSB 18V"},
        "model_number": "06019H5100",
        "eol": None,
        "status_label": {"id": 2, "name": "Ready to Deploy", "status_type": "deployable", "status_meta": "deployable"},
        "category": {"id": 5, "name": "Tools"},
        "manufacturer": {"id": 9, "name": "Bosch"},
        "supplier": None,
        "notes": None,
        "company": None,
        "location": {"id": 4, "name": "Workshop &amp; yard"},
        "rtd_location": {"id": 4, "name": "Workshop &amp; yard"},
        "assigned_to": None,
        "warranty_months": None,
        "created_at": {"datetime": "2026-03-01 10:00:00", "formatted": "2026-03-01 10:00 AM"},
        "custom_fields": {"Department": {"field": "_snipeit_department_1", "value": "R&amp;D", "field_format": "ANY"}},
        "available_actions": {"checkout": True},
    } | more


ASSETS = {each["id"]: each for each in (asset(1042, "A-1042", "Bench &quot;drill&quot;"), asset(7, "A/7"))}


def answers(asked: Asked) -> Answer:
    if asked.headers.get("authorization") != f"Bearer {TOKEN}":
        return 401, {"error": "Unauthorized or unauthenticated."}
    *_, collection, last = asked.path.rsplit("/", 2)
    if asked.path == "/api/v1/hardware":
        words = asked.query["search"][0].lower()
        rows = [each for each in ASSETS.values() if words in f"{each['asset_tag']} {each['name']}".lower()]
        return 200, {"total": len(rows), "rows": rows}
    if collection == "bytag":
        found = next((each for each in ASSETS.values() if each["asset_tag"].replace("/", "%2F") == last), None)
    else:
        found = ASSETS.get(int(last))
    return 200, found or {"status": "error", "messages": "Asset does not exist.", "payload": None}
