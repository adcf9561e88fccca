"""The OpenAPI document: what ninja derives from the routers, and what it cannot know (problems, images, streams)."""

import json
from copy import deepcopy
from functools import lru_cache
from typing import Any, TypeAlias

from django.conf import settings

from labelhub import access
from labelhub.accounts.models import Scope
from labelhub.api import api
from labelhub.openapi import examples, naming, refusals
from labelhub.openapi.outside import SCHEMAS, paths_outside_ninja

Json: TypeAlias = dict[str, Any]

DESCRIPTION = """\
Every label printer behind one queue.

Send `Authorization: Bearer lh_…`. Instants are RFC 3339 in UTC with `Z`. Every error is a problem (RFC 9457) with a
stable `code`. Lists return `{items, next_cursor}`; pass `next_cursor` as `cursor` for the next page.

```
curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
     -d '{"printer": "main/workbench", "template": "asset-tag-12",
          "fields": {"name": "Bench drill", "id": "A-1042"}}' \\
     https://labelhub.example/api/print
```
"""

# What the addresses themselves take, which ninja cannot read from a path converter.
PATH_PARAMETERS: dict[tuple[str, str], Json] = {
    ("printers", "id"): {
        "description": "A UUID, or `site/handle`.",
        "pattern": "^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9_-]+/[^/]+)$",
        "examples": ["main/workbench"],
    },
    ("pools", "id"): {
        "description": "A UUID, or `site/name`.",
        "pattern": "^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9_-]+/[A-Za-z0-9_-]+)$",
        "examples": ["main/black-12"],
    },
    ("templates", "key"): {"pattern": "^[A-Za-z0-9_-]+$"},
    ("lookup", "integration"): {"pattern": "^[A-Za-z0-9_-]{1,50}$", "examples": ["inventory"]},
    ("lookup", "id"): {"examples": ["1042", "A-1042", "https://inventory.invalid/hardware/1042"]},
    ("webhooks", "source"): {"pattern": "^[A-Za-z0-9_-]{1,50}$", "examples": ["inventory"]},
    ("webhooks", "token"): {"pattern": "^[A-Za-z0-9_-]+$", "examples": ["kFb0nV2sYwq8LrT5"]},
}
PNG: Json = {"image/png": {"schema": {"type": "string", "contentMediaType": "image/png", "format": "binary"}}}
LOCATION: Json = {"Location": {"description": "Where to ask for it.", "required": True, "schema": {"type": "string"}}}
REPLAYED: Json = {
    "Idempotency-Replayed": {
        "description": "This is the first answer to the same key again.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
HEADERS: dict[tuple[str, str], dict[str, Json]] = {
    ("POST", "/api/print"): {"202": LOCATION | REPLAYED},
    ("POST", "/api/printers/{id}/test"): {"202": LOCATION},
    ("POST", "/api/printers"): {"201": LOCATION},
    **{route: {"202": LOCATION | REPLAYED} for route in access.WEBHOOKS},
}
ETAG: Json = {"ETag": {"description": "Of these exact dots.", "schema": {"type": "string"}}}
IMAGES = frozenset({("GET", "/api/jobs/{id}/image.png"), ("POST", "/api/preview")})


@lru_cache(maxsize=1)
def openapi_document() -> bytes:
    """The document as JSON, the same for every caller of this process."""
    derived = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    return json.dumps(with_examples(naming.name(enrich(derived))), indent=1).encode()


def enrich(document: Json) -> Json:
    document["info"] |= {
        "description": DESCRIPTION,
        "version": settings.VERSION,
        "license": {"name": "MIT", "identifier": "MIT"},
    }
    document["servers"] = [{"url": "/"}]
    document["paths"] |= paths_outside_ninja()
    schemas = document["components"].setdefault("schemas", {})
    schemas |= deepcopy(refusals.SCHEMAS | SCHEMAS)
    document["components"]["responses"] = refusals.shared_responses()
    document["components"]["securitySchemes"] = {
        "Token": {"type": "http", "scheme": "bearer", "description": "A token: lh_…"},
        "Session": {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A signed-in browser.",
        },
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _declare(operation, (method.upper(), path))
    _say_what_a_parameter_can_be(document)
    _leave_out_defaults_of_patches(schemas)
    _leave_out_empty_defaults(schemas)
    _offer_sparse_items(document)
    return document


def with_examples(document: Json) -> Json:
    for title, schema in document["components"]["schemas"].items():
        if title in examples.ANSWERS:
            schema.setdefault("examples", [examples.ANSWERS[title]])
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                parameter["example"] = _example(parameter, path)
    return document


def _example(parameter: Json, path: str) -> object:
    schema = parameter["schema"]
    if "examples" in schema:
        return schema["examples"][0]
    if parameter["name"] == "id":
        return examples.IDS.get(path.split("/")[2])
    return schema["default"] if "default" in schema else examples.PARAMETERS.get(parameter["name"])


def _declare(operation: Json, route: tuple[str, str]) -> None:
    scope = access.ROUTES.get(route)
    if scope is None:
        operation["security"] = []
        if route not in access.WEBHOOKS:
            return
    else:
        _say_who_may(operation, route, scope)
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]
        # A body that may be left out: ninja wraps its schema to hang a default on it.
        content["schema"] = content["schema"].get("allOf", [content["schema"]])[0]
    refusals.declare(operation, route)
    responses: Json = operation["responses"]
    if route in IMAGES:
        responses["200"].setdefault("content", {}).update(PNG)
        responses["200"]["headers"] = deepcopy(ETAG)
        responses["304"] = {"description": "Not modified: If-None-Match names these dots.", "headers": deepcopy(ETAG)}
    for status, headers in HEADERS.get(route, {}).items():
        responses[status].setdefault("headers", {}).update(headers)
    if route == ("GET", "/api/templates/schema.json"):
        responses["200"]["content"] = {"application/json": {"schema": {"$ref": "#/components/schemas/JsonObject"}}}


def _say_who_may(operation: Json, route: tuple[str, str], scope: Scope) -> None:
    if "security" not in operation or route[1].startswith("/api/"):
        operation["security"] = [{"Token": []}] + ([{"Session": []}] if route in access.SESSION_READS else [])
    operation["description"] = f"{operation.get('description', '')}\n\nNeeds the scope `{Scope(scope).value}`.".strip()


def _leave_out_defaults_of_patches(schemas: Json) -> None:
    """A PATCH leaves alone what is left out, so a default would be a lie."""
    for name, schema in schemas.items():
        if name.endswith("Patch"):
            for each in schema["properties"].values():
                each.pop("default", None)


def _leave_out_empty_defaults(schemas: Json) -> None:
    """That a model with nothing in it is the default says no more than that it may be left out."""
    for schema in schemas.values():
        for each in schema.get("properties", {}).values():
            if isinstance(each.get("default"), dict):
                del each["default"]


def _offer_sparse_items(document: Json) -> None:
    """With `fields=` an item has the named members only."""
    schemas = document["components"]["schemas"]
    for operations in document["paths"].values():
        for operation in operations.values():
            if not any(each.get("name") == "fields" for each in operation.get("parameters", [])):
                continue
            listing = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            items = schemas[listing]["properties"]["items"]
            full = items["items"].get("$ref", "").rpartition("/")[2]
            if full not in schemas:
                continue
            part = {name: value for name, value in schemas[full].items() if name != "required"}
            schemas[f"Partial{full}"] = part | {
                "title": f"Partial{schemas[full].get('title', full)}",
                "description": "The members that `fields` named.",
            }
            _say_which_fields(operation, part["properties"])
            items["items"] = {
                "anyOf": [{"$ref": f"#/components/schemas/{full}"}, {"$ref": f"#/components/schemas/Partial{full}"}]
            }


def _say_which_fields(operation: Json, properties: Json) -> None:
    (parameter,) = (each for each in operation["parameters"] if each["name"] == "fields")
    name = f"({'|'.join(properties)})"
    first, second = list(properties)[:2]
    parameter["schema"] |= {"pattern": f"^{name}(, *{name})*$", "examples": [f"{first},{second}"]}


def _say_what_a_parameter_can_be(document: Json) -> None:
    """An address has no null; and `examples` beside a parameter's schema would have to be a map."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                parameter.pop("examples", None)
                parameter["schema"] |= PATH_PARAMETERS.get((path.split("/")[2], parameter["name"]), {})
                kinds = [kind for kind in parameter["schema"].pop("anyOf", []) if kind != {"type": "null"}]
                if len(kinds) == 1:
                    parameter["schema"] |= kinds[0]
                elif kinds:
                    parameter["schema"]["anyOf"] = kinds
