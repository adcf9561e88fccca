"""What the document says of addresses that ninja does not serve."""

import json
from typing import Any

from health.readiness import CHECKS
from labelhub.openapi.examples import EVENT

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
SCHEMAS: dict[str, Json] = {
    "Liveness": {
        "type": "object",
        "title": "Liveness",
        "required": ["status", "version", "revision"],
        "properties": {"status": TEXT, "version": TEXT, "revision": TEXT},
    },
    "Check": {
        "type": "object",
        "title": "Check",
        "required": ["status", "detail", "metric"],
        "properties": {
            "status": {"type": "string", "enum": ["ok", "stale", "fail", "skipped"]},
            "detail": TEXT,
            "metric": {"type": "object", "additionalProperties": {"type": "number"}},
        },
        "examples": [{"status": "ok", "detail": "The database answers.", "metric": {"latency_ms": 0.4}}],
    },
    "Readiness": {
        "type": "object",
        "title": "Readiness",
        "required": ["status", "checks", "version", "revision"],
        "properties": {
            "status": {"type": "string", "enum": ["ready", "degraded", "not-ready"]},
            "checks": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Check"}},
            "version": TEXT,
            "revision": TEXT,
        },
    },
}


METRICS = """\
# HELP labelhub_jobs Open jobs.
# TYPE labelhub_jobs gauge
labelhub_jobs{printer="main/workbench",state="pending"} 3.0
"""
MESSAGE = f"id: 4711\ndata: {json.dumps(EVENT)}\n\n"


def _json(name: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def paths_outside_ninja() -> Json:
    events = "One event of the log as JSON per message; `id` is what to send back as Last-Event-ID."
    return {
        "/healthz": {
            "get": {
                "operationId": "liveness",
                "summary": "Is the process alive?",
                "tags": ["Health"],
                "responses": {
                    "200": {
                        "description": "Alive.",
                        "content": _json("Liveness"),
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
                    "200": {"description": "`ready`, or `degraded`: it serves.", "content": _json("Readiness")},
                    "503": {"description": "`not-ready`: it cannot serve.", "content": _json("Readiness")},
                },
            }
        },
        "/readiness/{check}": {
            "get": {
                "operationId": "readiness_check",
                "summary": "Is one thing well?",
                "tags": ["Health"],
                "parameters": [
                    {
                        "in": "path",
                        "name": "check",
                        "required": True,
                        "schema": {"type": "string", "enum": list(CHECKS)},
                    }
                ],
                "responses": {
                    "200": {"description": "It is not failing.", "content": _json("Check")},
                    "404": {"$ref": "#/components/responses/404"},
                    "503": {"description": "It fails.", "content": _json("Check")},
                },
            }
        },
        "/metrics": {
            "get": {
                "operationId": "metrics",
                "summary": "Numbers for Prometheus",
                "description": "For a token that is not limited to printers.",
                "tags": ["Health"],
                "security": [{"Token": []}],
                "responses": {
                    "200": {
                        "description": "Prometheus' text format.",
                        "content": {"text/plain": {"schema": TEXT, "example": METRICS}},
                    }
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
                    {"in": "query", "name": "printer", "required": False, "schema": TEXT},
                    {"in": "query", "name": "batch", "required": False, "schema": {"type": "string", "format": "uuid"}},
                    {"in": "query", "name": "job", "required": False, "schema": {"type": "string", "format": "uuid"}},
                    {
                        "in": "header",
                        "name": "Last-Event-ID",
                        "required": False,
                        "schema": {"type": "string", "pattern": "^[0-9]{0,18}$", "examples": ["4711"]},
                    },
                ],
                "responses": {
                    "200": {
                        "description": events,
                        "content": {"text/event-stream": {"schema": TEXT, "example": MESSAGE}},
                    },
                },
            }
        },
    }
