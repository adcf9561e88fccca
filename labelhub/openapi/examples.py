"""What answers and parameters look like: one workbench, one drill, one label. Bodies have theirs at their models."""

from typing import Any

Json = dict[str, Any]

JOB_ID = "019a9f3e-2c51-7d0a-9b7e-5f2d1c0a4e11"
SECOND_JOB_ID = "019a9f3e-2c51-7d0a-9b7e-5f2d1c0a4e12"
BATCH_ID = "019a9f3e-2c50-7b31-8c44-0d9e6a7b2f01"
PRINTER_ID = "b7f2a9d0-4c1e-5f3a-8e6b-2d9c7a105e44"
CREATED, STARTED, FINISHED = "2026-05-17T09:51:33.798110Z", "2026-05-17T09:51:33.951204Z", "2026-05-17T09:51:37.120774Z"
FIELDS: Json = {"name": "Bench drill", "id": "A-1042"}

JOB: Json = {
    "id": JOB_ID,
    "state": "completed",
    "reasons": ["job-completed-successfully"],
    "message": "",
    "outcome": "confirmed",
    "printer": PRINTER_ID,
    "template": "asset-tag-12",
    "template_version": 1,
    "medium": "tze:12",
    "fields": FIELDS,
    "copies": 1,
    "options": {"half_cut": True},
    "priority": 50,
    "batch": None,
    "position": 0,
    "pool": None,
    "placement": "",
    "reprint_of": None,
    "requested_by": "eva",
    "created_at": CREATED,
    "expires_at": None,
    "started_at": STARTED,
    "finished_at": FINISHED,
}
EVENT: Json = {
    "id": 4711,
    "at": FINISHED,
    "kind": "job.completed",
    "printer": PRINTER_ID,
    "job": JOB_ID,
    "batch": None,
    "actor": "hub",
    "data": {"from": "processing", "to": "completed", "reasons": ["job-completed-successfully"]},
}
PRINTER: Json = {
    "id": PRINTER_ID,
    "site": "main",
    "name": "workbench",
    "queue_path": "",
    "handle": "workbench",
    "path": "main/workbench",
    "model": "PT-P750W",
    "host": "printer-bench.invalid",
    "port": 9100,
    "snmp_port": 161,
    "media": "tze:12",
    "enabled": True,
    "disabled_reason": "",
    "paused": False,
    "stop_message": "",
    "state": "idle",
    "reasons": [],
    "config_error": "",
    "source": "person",
    "error_policy": "retry-current-job",
    "calibration": {"tze:12": {"across_mm": -0.2, "along_mm": 0.4}},
    "created_at": CREATED,
    "updated_at": CREATED,
}
STATUS: Json = {
    "printer_id": PRINTER_ID,
    "online": True,
    "state": "stopped",
    "reasons": ["cover-open"],
    "tape_loaded": "12mm",
    "media": {
        "width_mm": 12.0,
        "length_mm": 0.0,
        "type": "laminated",
        "tape_color": "white",
        "text_color": "black",
    },
    "error_state": ["cover open"],
    "captured_at": FINISHED,
    "last_seen_at": FINISHED,
    "last_probe_age_s": 1.4,
    "last_error": None,
    "note": None,
    "source": "status-block",
    "model_seen": "PT-P750W",
    "display": "COVER OPEN",
    "life_count": 1207,
    "stale": False,
}
FIELD: Json = {"name": "name", "type": "string", "required": True, "label": "Name", "example": "Bench drill"}
TEMPLATE: Json = {
    "key": "asset-tag-12",
    "version": 1,
    "title": "Asset tag",
    "description": "A name, an id and a code that leads to the inventory.",
    "source": "builtin",
    "fields": [FIELD],
    "media": ["tze:12"],
    "orientation": "along",
    "counters": [],
    "created_at": CREATED,
    "definition": {"key": "asset-tag-12", "elements": [{"kind": "text", "text": "{name}"}]},
}
POOL: Json = {
    "id": "5d0f7c1e-2b7a-4c0e-9a57-3c1f0e8d2a66",
    "site": "main",
    "name": "black-12",
    "path": "main/black-12",
    "medium": "tze:12",
    "tape_color": "white",
    "text_color": "black",
    "every_printer": False,
    "family": "pt",
    "printers": [PRINTER_ID],
    "members": [PRINTER_ID],
}
MEDIA_WAIT: Json = {
    "printer": PRINTER_ID,
    "medium": "tze:12",
    "tape_color": "white",
    "text_color": "black",
    "jobs": 9,
    "labels": 14,
    "people": 3,
    "since": CREATED,
}
COUNTER: Json = {
    "name": "box",
    "last": 41,
    "next": 42,
    "updated_at": CREATED,
    "templates": [],
}
DIFF: Json = {
    "kind": "NewField",
    "key": "asset-tag-12",
    "path": "/fields/owner",
    "message": "The field “owner” is new.",
}

ITEM: Json = {
    "id": "1042",
    "title": "A-1042 · Bench drill",
    "url": "https://inventory.invalid/hardware/1042",
    "fields": {"id": "A-1042", "name": "Bench drill", "url": "https://inventory.invalid/hardware/1042"},
}

# By the names that readers of the document see.
ANSWERS: dict[str, Json] = {
    "Accepted": {"jobs": [{"id": JOB_ID, "state": "pending"}], "batch": None},
    "Job": JOB,
    "JobList": {"items": [JOB], "next_cursor": None},
    "Event": EVENT,
    "EventList": {"items": [EVENT], "next_cursor": None},
    "Batch": {
        "id": BATCH_ID,
        "printer": PRINTER_ID,
        "requested_by": "eva",
        "created_at": CREATED,
        "summary": {
            "total": 2,
            "states": {"completed": 1, "pending": 1},
            "outcomes": {"confirmed": 1},
            "confirmed": 1,
            "came_out": 1,
            "waiting": 1,
            "unknown": 0,
            "next_position": 1,
        },
        "jobs": [
            {"id": JOB_ID, "position": 0, "state": "completed", "outcome": "confirmed"},
            {"id": SECOND_JOB_ID, "position": 1, "state": "pending", "outcome": None},
        ],
    },
    "Printer": PRINTER,
    "PrinterList": {"items": [PRINTER], "next_cursor": None},
    "PrinterStatus": STATUS,
    "ProbeScheduled": {"printer_id": PRINTER_ID, "detail": "It is asked within seconds; read its status then."},
    "Pool": POOL,
    "PoolList": {"items": [POOL], "next_cursor": None},
    "MediaWait": MEDIA_WAIT,
    "MediaWaitList": {"items": [MEDIA_WAIT]},
    "Counter": COUNTER,
    "CounterList": {"items": [COUNTER], "next_cursor": None},
    "Cleared": {"canceled": 3},
    "Template": TEMPLATE,
    "TemplateList": {"items": [TEMPLATE], "next_cursor": None},
    "Registration": {
        "already_present": [],
        "additive": [DIFF],
        "destructive": [],
        "changed_text": [],
        "force_required": False,
        "versions": {"asset-tag-12": 2},
        "dropped_presets": [],
        "dry_run": False,
        "printers": None,
    },
    "Preview": {
        "findings": [
            {
                "severity": "warning",
                "code": "quiet-zone",
                "element": "code",
                "message": "The code has less white around it than its readers want.",
                "suggestion": "Make it a little smaller.",
            }
        ],
        "sha256": "9b2cf4fd8a8e3a3f0b6f5b6e6a0f7f0d1f6f2f6f9b2cf4fd8a8e3a3f0b6f5b6e",
        "lines": 640,
        "pins": 70,
        "length_mm": 90.3,
    },
    "Item": ITEM
    | {
        "integration": "inventory",
        "templates": [{"key": "asset-tag-12", "title": "Asset tag", "fields": ITEM["fields"]}],
        "printer": "main/workbench",
        "pool": None,
    },
    "ItemList": {"items": [ITEM]},
    "Liveness": {"status": "ok", "version": "0.1.0", "revision": "51fbf3f"},
    "Readiness": {
        "status": "ready",
        "checks": {"database": {"status": "ok", "detail": "The database answers.", "metric": {"latency_ms": 0.4}}},
        "version": "0.1.0",
        "revision": "51fbf3f",
    },
}

# What a parameter's own schema does not show.
PARAMETERS: Json = {
    "cursor": "WyIyMDI2LTA1LTE3VDA5OjUxOjMzLjc5ODExMCswMDowMCIsIjAxOWE5ZjNlIl0",
    "printer": "main/workbench",
    "template": "asset-tag-12",
    "requested_by": "eva",
    "text": "drill",
    "site": "main",
    "q": "drill",
    "enabled": True,
    "Idempotency-Key": "drill-1042",
    "key": "asset-tag-12",
    "check": "database",
    "name": "box",
    "job": JOB_ID,
    "batch": BATCH_ID,
    "state": "completed",
    "outcome": "confirmed",
}
IDS: Json = {"jobs": JOB_ID, "batches": BATCH_ID}
