"""What the document says of addresses that ninja does not serve."""

from typing import Any

Json = dict[str, Any]

READINESS: Json = {
    "type": "object",
    "title": "Readiness",
    "required": ["status", "checks", "version", "revision"],
    "properties": {
        "status": {"type": "string", "enum": ["ready", "degraded", "not-ready"]},
        "checks": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["status", "detail", "metric"],
                "properties": {
                    "status": {"type": "string", "enum": ["ok", "stale", "fail", "skipped"]},
                    "detail": {"type": "string"},
                    "metric": {"type": "object", "additionalProperties": {"type": "number"}},
                },
            },
        },
        "version": {"type": "string"},
        "revision": {"type": "string"},
    },
}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def paths_outside_ninja() -> Json:
    events = "One event of the log as JSON per message; `id` is what to send back as Last-Event-ID."
    string: Json = {"type": "string"}
    return {
        "/healthz": {
            "get": {
                "operationId": "liveness",
                "summary": "Is the process alive?",
                "tags": ["Health"],
                "responses": {
                    "200": {
                        "description": "Alive.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "title": "Liveness",
                                    "required": ["status", "version", "revision"],
                                    "properties": {"status": string, "version": string, "revision": string},
                                }
                            }
                        },
                    }
                },
            }
        },
        "/readiness": {
            "get": {
                "operationId": "readiness",
                "summary": "Can the hub serve?",
                "description": "Every check with its state. Hosts and names are for callers on the hub's own machine "
                "and for people who are signed in.",
                "tags": ["Health"],
                "responses": {
                    "200": {"description": "`ready`, or `degraded`: it serves.", "content": _json(READINESS)},
                    "503": {"description": "`not-ready`: it cannot serve.", "content": _json(READINESS)},
                },
            }
        },
        "/api/events": {
            "get": {
                "operationId": "stream_events",
                "summary": "Stream events",
                "description": "Server-Sent Events. One that comes back with its last id loses nothing.",
                "tags": ["Events"],
                "parameters": [
                    {"in": "query", "name": "printer", "required": False, "schema": string},
                    {"in": "query", "name": "batch", "required": False, "schema": {"type": "string", "format": "uuid"}},
                    {"in": "query", "name": "job", "required": False, "schema": {"type": "string", "format": "uuid"}},
                    {
                        "in": "header",
                        "name": "Last-Event-ID",
                        "required": False,
                        "schema": {"type": "integer", "minimum": 0},
                    },
                ],
                "responses": {
                    "200": {
                        "description": events,
                        "content": {"text/event-stream": {"schema": {"$ref": "#/components/schemas/EventOut"}}},
                    },
                    "404": {"$ref": "#/components/responses/404"},
                },
            }
        },
    }
