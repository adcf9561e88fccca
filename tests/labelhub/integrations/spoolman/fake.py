"""Spoolman at the wire, by its OpenAPI document: without credentials, absent values left out."""

from typing import Any

from tests.labelhub.integrations.app import Answer, Asked


def spool(number: int, vendor: str, filament: str, material: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "registered": "2026-05-02T18:59:43Z",
        "filament": {
            "id": number + 100,
            "registered": "2026-05-02T18:59:43Z",
            "name": filament,
            "vendor": {"id": 3, "registered": "2026-05-02T18:59:43Z", "name": vendor, "extra": {}},
            "material": material,
            "density": 1.24,
            "diameter": 1.75,
            "weight": 1000.0,
            "color_hex": "3D3E3D",
            "settings_extruder_temp": 215,
            "settings_bed_temp": 60,
            "extra": {},
        },
        "remaining_weight": 812.3456,
        "used_weight": 187.6544,
        "location": "Shelf A",
        "lot_nr": "52342",
        "archived": False,
        "extra": {},
    } | more


SPOOLS = {
    each["id"]: each
    for each in (
        spool(7, "Prusament", "Galaxy Black", "PLA"),
        spool(8, "Polymaker", "Galaxy Grey", "PETG", location=None),
    )
}


def answers(asked: Asked) -> Answer:
    if asked.path == "/api/v1/spool":
        return 200, list(SPOOLS.values())
    found = SPOOLS.get(int(asked.path.removeprefix("/api/v1/spool/")))
    return (200, found) if found else (404, {"message": "No spool with ID found."})
