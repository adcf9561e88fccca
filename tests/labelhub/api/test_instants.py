"""Every instant of every answer is RFC 3339 in UTC with Z: in the API, the event stream, the source of pages."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from jobs.models import Job, State
from jobs.states import MEDIA_NEEDED
from jobs.submission import Request, submit
from labelhub.accounts.models import ApiToken
from labelhub.events import message
from labelhub.openapi import openapi_document
from printers.callers import HUB
from printers.models import Event, Printer, PrinterStatus, record
from templates_app.models import Counter
from templates_app.registration import load_builtin
from tests.api import make_printer, script

pytestmark = pytest.mark.django_db

DOCUMENT: dict[str, Any] = json.loads(openapi_document())
STRICT = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?Z", re.ASCII
)
LOOKS_LIKE_ONE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
# What people said: kept and shown as they said it.
THEIRS = {"fields", "definition", "example", "default", "message", "detail"}
WHOLE, PARTS = datetime(2026, 5, 17, 9, 51, 33, tzinfo=UTC), datetime(2026, 5, 17, 9, 51, 33, 798110, tzinfo=UTC)


def is_strict(text: object) -> bool:
    return isinstance(text, str) and STRICT.fullmatch(text) is not None and datetime.fromisoformat(text).tzinfo == UTC


@pytest.mark.parametrize(
    ("text", "strict"),
    [
        ("2026-05-17T09:51:33Z", True),
        ("2026-05-17T09:51:33.798110Z", True),
        ("2026-05-17T09:51:33", False),
        ("2026-05-17 09:51:33Z", False),
        ("2026-05-17T09:51:33+00:00", False),
        ("2026-05-17T09:51:33z", False),
        ("2026-13-17T09:51:33Z", False),
        ("2026-05-17T09:51Z", False),
        ("2026-05-17", False),
        (1779011493, False),
        (None, False),
    ],
)
def test_the_parser_is_strict(text: object, strict: bool) -> None:
    assert is_strict(text) is strict


@pytest.fixture(autouse=True)
def _local_time(settings: LazySettings) -> None:
    """An instant that is shown in local time by mistake shows itself."""
    settings.TIME_ZONE = "Asia/Kolkata"


@pytest.fixture
def known(_local_time: None) -> dict[str, str]:
    """A hub in which every column of an instant has a value; the ids by the parts of the paths."""
    load_builtin()
    printer = make_printer(media="tze:12")
    PrinterStatus.objects.create(
        printer=printer, online=True, state="idle", captured_at=PARTS, last_seen_at=WHOLE, next_probe_at=WHOLE
    )
    rows = [{"name": "Drill", "id": "A-1"}, {"name": "Saw", "id": "A-2"}]
    accepted = submit(Request(str(printer.id), "asset-tag-12", rows), HUB)
    Job.objects.update(started_at=WHOLE, finished_at=PARTS, expires_at=WHOLE, not_before=PARTS)
    ids = {"jobs": str(accepted.jobs[0].id), "batches": str(accepted.batch), "printers": str(printer.id)}
    Job.objects.filter(pk=accepted.jobs[1].id).update(state=State.HELD, reasons=[MEDIA_NEEDED])
    Counter.objects.create(name="box", value=7)
    record("job.news", printer_id=printer.id, job_id=accepted.jobs[0].id)
    return ids


def schema_of(response: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = response.get("content", {}).get("application/json", {}).get("schema")
    return found


def resolved(schema: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if "$ref" not in schema:
        return "", schema
    name = schema["$ref"].rpartition("/")[2]
    return name, DOCUMENT["components"]["schemas"][name]


def kinds(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [schema, *(each for word in ("anyOf", "oneOf", "allOf") for each in schema.get(word, []))]


def declared(schema: dict[str, Any], where: str = "", seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Where a schema has instants: `Job/created_at`."""
    for kind in kinds(schema):
        name, plain = resolved(kind)
        if name in seen:
            continue
        if plain.get("format") == "date-time":
            yield where
        inner = seen | {name} if name else seen
        for key, each in plain.get("properties", {}).items():
            yield from declared(each, f"{name}/{key}", inner)
        if isinstance(plain.get("items"), dict):
            yield from declared(plain["items"], where, inner)
        if isinstance(plain.get("additionalProperties"), dict):
            yield from declared(plain["additionalProperties"], where, inner)


def instants(schema: dict[str, Any], value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that its schema calls a date-time, null left out."""
    for kind in kinds(schema):
        name, plain = resolved(kind)
        if plain.get("format") == "date-time" and value is not None:
            yield where, value
        if isinstance(value, dict):
            for key, each in value.items():
                inner = plain.get("properties", {}).get(key, plain.get("additionalProperties"))
                if isinstance(inner, dict):
                    yield from instants(inner, each, f"{name}/{key}")
        if isinstance(value, list) and isinstance(plain.get("items"), dict):
            for each in value:
                yield from instants(plain["items"], each, where)


def undeclared(value: Any) -> Iterator[str]:
    """Texts that look like an instant, wherever they are, but for what people said."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in THEIRS:
                yield from undeclared(each)
    elif isinstance(value, list):
        for each in value:
            yield from undeclared(each)
    elif isinstance(value, str) and LOOKS_LIKE_ONE.match(value):
        yield value


def test_every_instant_of_the_document_is_strict_in_a_real_answer(known: dict[str, str]) -> None:
    caller = script()
    ApiToken.objects.update(rate_limit_per_minute=0)
    wanted, seen = set(), set()
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            schemas = [s for code, r in operation["responses"].items() if code < "300" and (s := schema_of(r))]
            wanted |= {place for schema in schemas for place in declared(schema)}
            if method != "get" or not schemas:
                continue
            kind = path.split("/")[2] if path.count("/") > 1 else ""
            response = caller.get(
                path.replace("{id}", known.get(kind, "")).replace("{key}", "asset-tag-12").replace("{name}", "box")
            )
            if "json" not in response["Content-Type"]:
                continue
            body = response.json()
            for place, value in instants(schemas[0], body):
                assert is_strict(value), f"{path} {place}: {value!r}"
                seen.add(place)
            for text in undeclared(body):
                assert is_strict(text), f"{path}: {text!r}"
    # A new schema: let `known` have a row of it, so that its instants are looked at.
    assert wanted - seen == set()
    assert {"Job/created_at", "Printer/updated_at", "PrinterStatus/last_seen_at"} <= seen


def test_the_answers_to_changes_too(known: dict[str, str]) -> None:
    caller = script()
    job, printer = known["jobs"], known["printers"]
    answers = [
        caller.post("/api/printers", {"name": "new", "model": "PT-P750W", "host": "127.0.0.7"}),
        caller.patch(f"/api/printers/{printer}", {"name": "other"}),
        caller.post(f"/api/printers/{printer}/pause"),
        caller.post(f"/api/jobs/{job}/hold"),
        caller.post(f"/api/jobs/{job}/release"),
        caller.post(f"/api/jobs/{job}/cancel"),
    ]
    for answer in answers:
        assert answer.status_code in {200, 201}, answer.content
        found = list(undeclared(answer.json()))
        assert found
        assert all(map(is_strict, found)), found


@pytest.mark.usefixtures("known")
def test_every_message_of_the_event_stream() -> None:
    events = list(Event.objects.all())
    assert len(events) >= 3
    for event in events:
        (data,) = [line[6:] for line in message(event, event.id).splitlines() if line.startswith("data: ")]
        body = json.loads(data)
        assert is_strict(body["at"])
        assert all(map(is_strict, undeclared(body)))


@pytest.mark.usefixtures("known")
def test_every_time_in_the_source_of_the_pages(admin_user: Any) -> None:
    client = Client()
    client.force_login(admin_user)
    job, printer = Job.objects.earliest("created_at"), Printer.objects.get()
    found = []
    for path in ("/", "/jobs", f"/jobs/{job.pk}", "/printers", f"/printers/{printer.pk}", "/templates", "/print"):
        response = client.get(path)
        assert response.status_code == 200, path
        for text in re.findall(r'(?:datetime|data-[a-z-]*(?:at|time))="([^"]*)"', response.content.decode()):
            if LOOKS_LIKE_ONE.match(text) or not text:
                assert is_strict(text), f"{path}: {text!r}"
                found.append(text)
    assert len(found) >= 3
