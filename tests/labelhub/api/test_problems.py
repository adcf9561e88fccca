import re
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, OperationalError
from django.test import Client

from jobs.errors import IdempotencyMismatch, NotAllowed, UnknownJob
from labelhub.access import ROUTES
from labelhub.problems import STATUS_OF, status_of
from printers import errors
from tests.api import assert_problem, make_printer, script

pytestmark = pytest.mark.django_db

PAGES_AND_FILES = frozenset({("GET", path) for path in ("/api/events", "/docs", "/redoc", "/openapi.json", "/metrics")})


def post(content: bytes, kind: str = "application/json") -> object:
    caller = script()
    return Client().generic("POST", "/api/printers", content, kind, headers={"Authorization": f"Bearer {caller.text}"})


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"nonsense",
        b"[1,",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"\xff\xfe",
        b'{"a": "\\u0000"}',
        b'{"a": "\\ud800"}',
        b"[" * 100_000,
    ],
)
def test_malformed_json_is_refused(content: bytes) -> None:
    assert_problem(post(content), 400, "malformed-json")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"])
def test_other_media_types_are_refused(kind: Any) -> None:
    assert_problem(post(b"{}", kind), 415, "unsupported-media-type")


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"1", b'"text"'])
def test_a_body_of_the_wrong_shape_is_refused(content: bytes) -> None:
    assert_problem(post(content), 422, "invalid", "")


def test_a_body_that_is_too_large_is_refused(settings: LazySettings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert_problem(post(b'{"name": "' + b"x" * 1000 + b'"}'), 413, "too-large")


@pytest.mark.parametrize(("method", "path"), sorted(set(ROUTES) - PAGES_AND_FILES))
def test_no_operation_overhears_a_parameter(method: str, path: str) -> None:
    printer = make_printer()
    path = re.sub("{[^}]+}", str(printer.id), path)
    response = script()._call(method, f"{path}?colour=red", None if method == "GET" else {})
    body = assert_problem(response, 422, "invalid")
    (problem,) = (each for each in body["problems"] if each["pointer"] == "/colour")
    assert problem["message"].startswith("There is no")
    printer.refresh_from_db()
    assert not printer.paused


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/jobs/not-an-id", "/api/printers/a/b/c/d"])
def test_an_unknown_address_is_a_problem(path: str) -> None:
    assert_problem(script().get(path), 404, "not-found")


def test_a_wrong_method_is_a_problem() -> None:
    response = script().delete("/api/printers")
    assert_problem(response, 405, "method-not-allowed")
    assert {each.strip() for each in response["Allow"].split(",")} == {"GET", "POST"}


@pytest.mark.parametrize("host", ["evil.example", "no'host$"])
@pytest.mark.parametrize("address", ["GET /api/printers", "POST /api/print", "GET /api/jobs/1/image.png"])
def test_a_wrong_host_is_a_problem(address: str, host: str) -> None:
    method, _, path = address.partition(" ")
    response = Client().generic(method, path, headers={"Host": host})
    assert (response.status_code, response.json()["code"]) == (400, "bad-request")


def test_a_mistake_of_ours_is_a_problem(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("printers.api.page", lambda *args, **kwargs: 1 / 0)
    body = assert_problem(script().get("/api/printers"), 500, "internal-error")
    assert "ZeroDivisionError" not in str(body)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "code"), [(OperationalError, 503, "unavailable"), (IntegrityError, 500, "internal-error")]
)
def test_a_failing_database_is_a_problem(monkeypatch: pytest.MonkeyPatch, error: Any, status: int, code: str) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise error("disk I/O error at /secret/path")

    make_printer()
    monkeypatch.setattr("printers.api.page", fail)
    body = assert_problem(script().get("/api/printers"), status, code)
    assert "/secret/path" not in str(body)


def test_pages_keep_their_own_errors(client: Client) -> None:
    assert client.get("/nothing")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.InvalidInput, 422),
        (errors.UnknownModel, 422),
        (IdempotencyMismatch, 422),
        (errors.NotFound, 404),
        (UnknownJob, 404),
        (errors.Forbidden, 403),
        (NotAllowed, 409),
        (errors.HandleTaken, 409),
        (errors.TransportError, 502),
        (errors.HubError, 500),
    ],
)
def test_the_nearest_class_decides(kind: Any, status: int) -> None:
    assert status_of(kind("x")) == status
    assert STATUS_OF
