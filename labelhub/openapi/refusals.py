"""Which problems each operation can answer with: a table, because no signature tells it. A test holds it to what the
whole suite sees of the API."""

from http import HTTPStatus
from typing import Any

from labelhub.problems import MEDIA_TYPE, PLAIN

Json = dict[str, Any]
Route = tuple[str, str]

PROBLEM: Json = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `code` is stable; `detail` is a sentence for people. More members may follow.",
    "required": ["type", "title", "status", "code", "detail", "instance", "problems"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Each operation lists those that it has; others may be added."},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The path that was asked for."},
        "problems": {
            "type": "array",
            "description": "Every single thing that is wrong with the request, not only the first.",
            "items": {"$ref": "#/components/schemas/InputProblem"},
        },
    },
}
INPUT_PROBLEM: Json = {
    "type": "object",
    "title": "InputProblem",
    "required": ["pointer", "message", "in"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) to what is wrong."},
        "message": {"type": "string"},
        "in": {"type": "string", "enum": ["body", "query", "path", "header"]},
    },
    "examples": [{"pointer": "/fields/name", "message": "This field is required.", "in": "body"}],
}
SCHEMAS: dict[str, Json] = {"Problem": PROBLEM, "InputProblem": INPUT_PROBLEM}

# What each status means where an operation says no more.
USUAL: dict[int, dict[str, str]] = {status: {code: sentence} for status, (code, sentence) in PLAIN.items()}
MALFORMED = {"malformed-json": "The body is not valid JSON: Expecting value: line 1 column 1 (char 0)."}

STATE_FORBIDS = {"not-allowed": "The job's state forbids it; `state` says which it is in."}
UNKNOWN_JOB = {"unknown-job": "There is no job 019a9f3e-2c51-7d0a-9b7e-5f2d1c0a4e11."}
UNKNOWN_BATCH = {"unknown-batch": "There is no batch 019a9f3e-2c50-7b31-8c44-0d9e6a7b2f01."}
UNKNOWN_PRINTER = {"unknown-printer": "There is no printer “main/workbench”."}
UNKNOWN_POOL = {"unknown-pool": "There is no pool “main/black-12”."}
POOL_TAKEN = {"pool-taken": "Another pool of this site has the name “black-12”."}
SEVERAL_POOLS = {"conflict": "More than one site has a pool “black-12”. Say which: main/black-12, lab/black-12."}
UNKNOWN_TEMPLATE = {"unknown-template": "There is no template “asset-tag-12”."}
AMBIGUOUS = {"ambiguous-printer": "Several sites have a printer “workbench”: write site/handle."}
NOT_USABLE = {"printer-not-usable": "main/workbench is disabled; nothing would ever print."}
PAGES = {
    "invalid-cursor": "This cursor does not belong to this list; begin without one.",
    "unknown-field": "There is no field “colour”; there are id, state.",
}
UNKNOWN_INTEGRATION = {"unknown-integration": "There is no integration “inventory” in the configuration."}
UNKNOWN_ITEM = {"unknown-item": "Inventory has nothing by this name."}
APP = {
    502: {"integration-failed": "Inventory did not answer within 5 s. Look how it is doing, and try again."},
    503: {"integration-busy": "Others are waiting for Inventory already. Try again in a few seconds."},
}
LABEL = {
    "invalid-fields": "name: This field is required.",
    "does-not-fit": "The text does not fit on the label.",
    "unknown-medium": "There is no medium “tze:13”.",
    "medium-does-not-fit": "A PT-P750W cannot take 62 mm rolls.",
    "option-not-supported": "A QL-820NWB has no half-cut.",
}
DEVICE = {
    "unknown-model": "There is no model “PT-X”.",
    "unknown-medium": "There is no medium “tze:13”.",
    "medium-does-not-fit": "A PT-P750W cannot take 62 mm rolls.",
    "address-refused": "No printer may have the address 169.254.169.254.",
    "host-unknown": "Nobody knows the host “printer-bench.invalid”.",
}
HANDLE_TAKEN = {"handle-taken": "Another printer of this site has the handle “workbench”."}
DATABASE_OR_IMAGES = {"artifact-unusable": "The image of this job cannot be read now."}

LABELS = LABEL | {
    "label-not-readable": "The code on this label cannot be read back.",
    "duplicate-value": "Rows 1 and 2 have the same id.",
    "too-much-tape": "These labels take 12 m of tape; 10 m were allowed.",
    "idempotency-mismatch": "This Idempotency-Key came with another request before.",
}
PRINTING: dict[int, dict[str, str]] = {
    404: UNKNOWN_PRINTER | UNKNOWN_POOL | UNKNOWN_TEMPLATE,
    409: SEVERAL_POOLS
    | AMBIGUOUS
    | NOT_USABLE
    | {"idempotency-in-flight": "The same Idempotency-Key is being worked on right now."},
    422: LABELS,
}
WEBHOOK = APP | {
    404: PRINTING[404] | UNKNOWN_ITEM,
    409: PRINTING[409] | {"already-received": "The message “42” came before with another body; nothing was printed."},
    422: LABELS,
}

# On top of what USUAL has for the statuses that _statuses gives.
MORE: dict[Route, dict[int, dict[str, str]]] = {
    ("POST", "/api/print"): PRINTING,
    ("GET", "/api/lookup/{integration}"): APP | {404: UNKNOWN_INTEGRATION},
    ("GET", "/api/lookup/{integration}/{id}"): APP | {404: UNKNOWN_INTEGRATION | UNKNOWN_ITEM},
    ("POST", "/api/webhooks/{source}"): WEBHOOK,
    ("POST", "/api/webhooks/{source}/{token}"): WEBHOOK,
    ("GET", "/api/jobs"): {404: UNKNOWN_PRINTER, 409: AMBIGUOUS, 422: PAGES},
    ("GET", "/api/jobs/{id}"): {404: UNKNOWN_JOB},
    ("GET", "/api/jobs/{id}/events"): {404: UNKNOWN_JOB, 422: PAGES},
    ("GET", "/api/jobs/{id}/image.png"): {404: UNKNOWN_JOB, 409: STATE_FORBIDS, 422: LABEL, 503: DATABASE_OR_IMAGES},
    ("POST", "/api/jobs/{id}/cancel"): {404: UNKNOWN_JOB, 409: STATE_FORBIDS},
    ("POST", "/api/jobs/{id}/hold"): {404: UNKNOWN_JOB, 409: STATE_FORBIDS},
    ("POST", "/api/jobs/{id}/release"): {404: UNKNOWN_JOB, 409: STATE_FORBIDS},
    ("POST", "/api/jobs/{id}/reprint"): {404: UNKNOWN_JOB, 409: STATE_FORBIDS},
    ("POST", "/api/jobs/{id}/resolve"): {404: UNKNOWN_JOB, 409: STATE_FORBIDS},
    ("POST", "/api/jobs/{id}/priority"): {404: UNKNOWN_JOB, 409: STATE_FORBIDS},
    ("POST", "/api/jobs/{id}/move"): {
        404: UNKNOWN_JOB | UNKNOWN_PRINTER,
        409: STATE_FORBIDS | AMBIGUOUS | NOT_USABLE,
        422: LABEL,
    },
    ("GET", "/api/batches/{id}"): {404: UNKNOWN_BATCH},
    ("POST", "/api/batches/{id}/cancel"): {404: UNKNOWN_BATCH},
    ("POST", "/api/batches/{id}/resume"): {
        404: UNKNOWN_BATCH,
        409: {
            "outcome-unknown": "Somebody has to say what came out; see `unknown`.",
            "not-allowed": "Nothing is left to print of this batch.",
        }
        | NOT_USABLE,
    },
    ("GET", "/api/queue/waiting-media"): {404: UNKNOWN_PRINTER, 409: AMBIGUOUS},
    ("GET", "/api/pools"): {422: PAGES},
    ("POST", "/api/pools"): {404: UNKNOWN_PRINTER, 409: POOL_TAKEN | AMBIGUOUS, 422: DEVICE},
    ("GET", "/api/pools/{id}"): {404: UNKNOWN_POOL, 409: SEVERAL_POOLS},
    ("PATCH", "/api/pools/{id}"): {
        404: UNKNOWN_POOL | UNKNOWN_PRINTER,
        409: POOL_TAKEN | SEVERAL_POOLS | AMBIGUOUS,
        422: DEVICE,
    },
    ("DELETE", "/api/pools/{id}"): {404: UNKNOWN_POOL, 409: SEVERAL_POOLS},
    ("GET", "/api/counters"): {422: PAGES},
    ("GET", "/api/printers"): {422: PAGES},
    ("POST", "/api/printers"): {409: HANDLE_TAKEN, 422: DEVICE},
    ("PATCH", "/api/printers/{id}"): {409: HANDLE_TAKEN | AMBIGUOUS, 422: DEVICE},
    ("DELETE", "/api/printers/{id}"): {
        409: AMBIGUOUS | {"in-use": "The printer has a history of jobs: disable it instead."}
    },
    ("POST", "/api/printers/{id}/test"): {
        409: AMBIGUOUS | NOT_USABLE | {"no-test-label": "No built-in template is for what is loaded."}
    },
    ("GET", "/api/templates"): {422: PAGES | {"unknown-medium": LABEL["unknown-medium"]}},
    ("GET", "/api/templates/{key}"): {404: UNKNOWN_TEMPLATE},
    ("POST", "/api/templates/register"): {
        409: HANDLE_TAKEN | {"registration-conflict": "Destructive changes need force; the diff is attached."},
        422: DEVICE | {"invalid-definition": "/elements/0/kind: There is no element “star”."},
    },
    ("POST", "/api/preview"): {404: UNKNOWN_PRINTER | UNKNOWN_TEMPLATE, 409: AMBIGUOUS, 422: LABEL},
    ("GET", "/api/events"): {
        404: UNKNOWN_PRINTER,
        409: AMBIGUOUS,
        503: {"too-many-streams": "This hub serves no more event streams now."},
    },
}
# Where a path can also be read as a printer's own: `workbench/pause` is the printer “pause” on a site “workbench”.
ALSO_A_PRINTER = frozenset({"pause", "resume", "test", "probe", "clear"})
ALWAYS = (401, 403, 429, 500, 503)


def declare(operation: Json, route: Route) -> None:
    """Add a response for each status that this operation refuses with, and an example for each code."""
    more = {404: UNKNOWN_PRINTER} if route[1].startswith("/api/printers/{id}") else {}
    if "requestBody" in operation:
        more[400] = MALFORMED
    more |= MORE.get(route, {})
    for status in sorted(_statuses(operation, route) | set(more)):
        if status in more:
            operation["responses"][str(status)] = response(status, USUAL.get(status, {}) | more[status])
        else:
            operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/{status}"})


def shared_responses() -> Json:
    return {str(status): response(status, codes) for status, codes in USUAL.items()}


def response(status: int, codes: dict[str, str]) -> Json:
    phrase = HTTPStatus(status).phrase
    examples = {
        code: {
            "value": {
                "type": "about:blank", "title": phrase, "status": status, "code": code, "detail": sentence,
                "instance": "/api/…", "problems": [],
            }
        }
        for code, sentence in codes.items()
    }  # fmt: skip
    found: Json = {
        "description": f"{phrase}: {', '.join(f'`{code}`' for code in codes)}.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
    }
    if status in {429, 503}:
        found["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        found["headers"] = {"Allow": {"description": "What it knows.", "required": True, "schema": {"type": "string"}}}
    return found


def _statuses(operation: Json, route: Route) -> set[int]:
    found = set(ALWAYS)
    if route[1].startswith("/api/"):
        # A Host that is no name of the hub's is refused before anything is asked for.
        found |= {400, 422}
    if "{" in route[1]:
        found |= {404}
    if "requestBody" in operation:
        found |= {413, 415}
    if route[0] != "GET" and route[1].rpartition("/")[2] in ALSO_A_PRINTER:
        found |= {405}
    return found
