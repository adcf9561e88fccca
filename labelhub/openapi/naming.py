"""Names for the readers of the document: `PrinterOut` is one for our own code, and an enum without one is nobody's."""

import json
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

REFERENCE = "#/components/schemas/"
RENAMED = {"State": "JobState", "Outcome": "JobOutcome"}
# By their first value, which only one of them has.
ENUMS = {
    "ready": "ReadinessStatus",
    "ok": "CheckStatus",
    "idle": "PrinterState",
    "configuration": "PrinterSource",
    "retry-current-job": "ErrorPolicy",
    "error": "FindingSeverity",
    "ask": "UnknownLabels",
    "": "PrinterFamily",
    "body": "ProblemLocation",
    "database": "CheckName",
}
DATA = frozenset({"example", "examples", "default"})
MAPS = frozenset({"properties", "schemas", "responses", "paths"})
# Not recursive: generators of clients cannot follow a union back to itself.
JSON_VALUES: dict[str, Json] = {
    "JsonObject": {
        "title": "JsonObject",
        "description": "An object with any JSON values in it.",
        "type": "object",
        "additionalProperties": True,
        "examples": [{"name": "Bench drill", "id": 1042}],
    },
    "JsonValue": {
        "title": "JsonValue",
        "description": "Any JSON value.",
        "anyOf": [
            *({"type": each} for each in ("string", "number", "boolean", "null")),
            {"$ref": f"{REFERENCE}JsonObject"},
            {"type": "array", "items": {}},
        ],
        "examples": ["Bench drill", 12, True, None],
    },
}


def name(document: Json) -> Json:
    """A copy in which every schema has its name: enums, models, and “any JSON value”. What nothing refers to goes."""
    document = json.loads(json.dumps(document))
    schemas = document["components"]["schemas"]
    _name_any_value(document)
    schemas |= json.loads(json.dumps(JSON_VALUES))
    for node in list(walk(document)):
        _name_enum(node, schemas)
    names = {each: schema.get("title", each) for each, schema in schemas.items() if each.endswith("Out")} | RENAMED
    names |= {f"Partial{each}": f"Partial{new}" for each, new in names.items() if f"Partial{each}" in schemas}
    document["components"]["schemas"] = {names.get(each, each): schema for each, schema in schemas.items()}
    for node in walk(document):
        if isinstance(node.get("$ref"), str) and node["$ref"].startswith(REFERENCE):
            target = node["$ref"].removeprefix(REFERENCE)
            node["$ref"] = REFERENCE + names.get(target, target)
    while unused := _unused(document):
        for each in unused:
            del document["components"]["schemas"][each]
    return document


def walk(node: Any, *, of_names: bool = False) -> Iterator[Json]:
    """Every object of the document but examples and defaults, which are data. `of_names`: its keys are free names."""
    if isinstance(node, dict):
        yield node
        for key, each in list(node.items()):
            if of_names or key not in DATA:
                yield from walk(each, of_names=key in MAPS and not of_names)
    elif isinstance(node, list):
        for each in node:
            yield from walk(each)


def _name_any_value(document: Json) -> None:
    anything: Json = {"$ref": f"{REFERENCE}JsonValue"}
    for node in list(walk(document)):
        if node.get("additionalProperties") is True:
            node["additionalProperties"] = dict(anything)
        properties = node.get("properties")
        if isinstance(properties, dict):
            for each, schema in properties.items():
                if isinstance(schema, dict) and not schema.keys() - {"title", "default"}:
                    properties[each] = dict(anything)


def _name_enum(node: Json, schemas: Json) -> None:
    values = node.get("enum")
    if not isinstance(values, list) or any(node is schema for schema in schemas.values()):
        return
    title = ENUMS.get(values[0], "")
    # One without an entry stays as it is; a test asks for its name.
    if not title or schemas.setdefault(title, {"title": title, "type": "string", "enum": values})["enum"] != values:
        return
    for key in ("enum", "type", "title"):
        node.pop(key, None)
    node["$ref"] = REFERENCE + title


def _unused(document: Json) -> list[str]:
    text = json.dumps(document)
    return [each for each in document["components"]["schemas"] if not re.search(f'"{REFERENCE}{each}"', text)]
