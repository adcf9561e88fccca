"""The OpenAPI document: what ninja derives from the routers, and what it cannot know (problems, images, streams)."""

import json
import re
from copy import deepcopy
from functools import lru_cache
from http import HTTPStatus
from typing import Any, TypeAlias

from django.conf import settings

from labelhub import access
from labelhub.accounts.models import Scope
from labelhub.api import api
from labelhub.openapi.outside import paths_outside_ninja
from labelhub.problems import MEDIA_TYPE, PLAIN

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

PROBLEM: Json = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `code` is stable; `detail` is a sentence for people. More members may follow.",
    "required": ["type", "title", "status", "code", "detail", "instance", "problems"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The path that was asked for."},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "message", "in"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) to what is wrong."},
                    "message": {"type": "string"},
                    "in": {"type": "string", "enum": ["body", "query", "path", "header"]},
                },
            },
        },
    },
}

# 409: what the present state forbids, per operation.
CONFLICTS: dict[tuple[str, str], tuple[str, str]] = {
    ("POST", "/api/print"): ("idempotency-in-flight", "The same Idempotency-Key is being worked on right now."),
    ("POST", "/api/jobs/{id}/cancel"): ("not-allowed", "The job's state forbids it; `state` says which it is in."),
    ("POST", "/api/jobs/{id}/hold"): ("not-allowed", "The job's state forbids it; `state` says which it is in."),
    ("POST", "/api/jobs/{id}/release"): ("not-allowed", "The job's state forbids it; `state` says which it is in."),
    ("POST", "/api/jobs/{id}/reprint"): ("not-allowed", "The job's state forbids it; `state` says which it is in."),
    ("POST", "/api/jobs/{id}/resolve"): ("not-allowed", "The job's state forbids it; `state` says which it is in."),
    ("POST", "/api/jobs/{id}/priority"): ("not-allowed", "The job's state forbids it; `state` says which it is in."),
    ("POST", "/api/jobs/{id}/move"): ("not-allowed", "The job's state forbids it; `state` says which it is in."),
    ("POST", "/api/batches/{id}/resume"): (
        "outcome-unknown",
        "Somebody has to say what came out; see `unknown`.",
    ),
    ("POST", "/api/pools"): ("pool-taken", "Another pool of this site has the name."),
    ("PATCH", "/api/pools/{id}"): ("pool-taken", "Another pool of this site has the name."),
    ("POST", "/api/printers"): ("handle-taken", "Another printer of this site has the handle."),
    ("PATCH", "/api/printers/{id}"): ("handle-taken", "Another printer of this site has the handle."),
    ("DELETE", "/api/printers/{id}"): ("in-use", "The printer has a history of jobs: disable it instead."),
    ("POST", "/api/printers/{id}/test"): ("no-test-label", "No built-in template is for what is loaded."),
    ("POST", "/api/templates/register"): (
        "registration-conflict",
        "Destructive changes need force; the diff is attached.",
    ),
}

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
}
REFERENCE = "#/components/schemas/"
PNG: Json = {"image/png": {"schema": {"type": "string", "contentMediaType": "image/png"}}}
ETAG: Json = {"ETag": {"description": "Of these exact dots.", "schema": {"type": "string"}}}
IMAGES = frozenset({("GET", "/api/jobs/{id}/image.png"), ("POST", "/api/preview")})
ALWAYS = (401, 403, 429, 500, 503)


@lru_cache(maxsize=1)
def openapi_document() -> bytes:
    """The document as JSON, the same for every caller of this process."""
    derived = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    return json.dumps(_renamed(enrich(derived)), indent=1).encode()


def enrich(document: Json) -> Json:
    document["info"] |= {
        "description": DESCRIPTION,
        "version": settings.VERSION,
        "license": {"name": "MIT", "identifier": "MIT"},
    }
    document["servers"] = [{"url": "/"}]
    document["paths"] |= paths_outside_ninja()
    schemas = document["components"].setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    document["components"]["responses"] = {str(status): _problem_response(status) for status in PLAIN}
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
    _offer_sparse_items(document)
    return document


def _problem_response(status: int, code: str = "", description: str = "") -> Json:
    known_code, known = PLAIN.get(status, ("conflict", ""))
    phrase = HTTPStatus(status).phrase
    example = {
        "type": "about:blank", "title": phrase, "status": status, "code": code or known_code,
        "detail": description or known, "instance": "/api/…", "problems": [],
    }  # fmt: skip
    response: Json = {
        "description": description or known or phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
    if status in {429, 503}:
        response["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return response


def _declare(operation: Json, route: tuple[str, str]) -> None:
    scope = access.ROUTES.get(route)
    if scope is None:
        operation["security"] = []
        return
    operation["security"] = [{"Token": []}] + ([{"Session": []}] if route in access.SESSION_READS else [])
    operation["description"] = f"{operation.get('description', '')}\n\nNeeds the scope `{Scope(scope).value}`.".strip()
    responses: Json = operation["responses"]
    has_body = "requestBody" in operation
    statuses = set(ALWAYS)
    if "{" in route[1]:
        statuses |= {404}
    if has_body:
        content = operation["requestBody"]["content"]["application/json"]
        # A body that may be left out: ninja wraps its schema to hang a default on it.
        content["schema"] = content["schema"].get("allOf", [content["schema"]])[0]
        statuses |= {400, 404, 413, 415, 422}
    if operation.get("parameters"):
        statuses |= {422}
    if any(each["name"] == "printer" for each in operation.get("parameters", [])):
        statuses |= {404}
    for status in sorted(statuses):
        responses.setdefault(str(status), {"$ref": f"#/components/responses/{status}"})
    if route in CONFLICTS:
        responses["409"] = _problem_response(409, *CONFLICTS[route])
    if route in IMAGES:
        responses["200"].setdefault("content", {}).update(PNG)
        responses["200"]["headers"] = deepcopy(ETAG)
        responses["304"] = {"description": "Not modified: If-None-Match names these dots.", "headers": deepcopy(ETAG)}


def _leave_out_defaults_of_patches(schemas: Json) -> None:
    """A PATCH leaves alone what is left out, so a default would be a lie."""
    for name, schema in schemas.items():
        if name.endswith("Patch"):
            for each in schema["properties"].values():
                each.pop("default", None)


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
                "title": f"Partial{full}",
                "description": "The members that `fields` named.",
            }
            items["items"] = {
                "anyOf": [{"$ref": f"#/components/schemas/{full}"}, {"$ref": f"#/components/schemas/Partial{full}"}]
            }


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


def _renamed(document: Json) -> Json:
    """Names for the readers of the document: `PrinterOut` is one for our own code. What nothing refers to goes."""
    schemas = document["components"]["schemas"]
    names = {name: schema.get("title", name) for name, schema in schemas.items() if name.endswith("Out")}
    names |= {"State": "JobState", "Outcome": "JobOutcome"}
    names |= {f"Partial{name}": f"Partial{new}" for name, new in names.items() if f"Partial{name}" in schemas}
    document["components"]["schemas"] = {names.get(name, name): schema for name, schema in schemas.items()}
    text = re.sub(
        rf'"{REFERENCE}(\w+)"', lambda match: f'"{REFERENCE}{names.get(match[1], match[1])}"', json.dumps(document)
    )
    while unused := _unused(json.loads(text)):
        document = json.loads(text)
        for name in unused:
            del document["components"]["schemas"][name]
        text = json.dumps(document)
    found: Json = json.loads(text)
    return found


def _unused(document: Json) -> list[str]:
    text = json.dumps(document)
    return [name for name in document["components"]["schemas"] if f'"{REFERENCE}{name}"' not in text]
