"""Sentry and OpenTelemetry: not there unless wanted; then they hear what is meant for them. The collector is here."""

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.hubs import ROOT, environment, manage

BEGIN = """
import os, sys, logging
os.environ["DJANGO_SETTINGS_MODULE"] = "labelhub.settings"
{before}
import django
django.setup()
from labelhub import extras
extras.start()
"""
LOADED = """
import labelhub.router, labelhub.celery, labelhub.urls, labelhub.api, jobs.tasks, labelhub.management.commands.hub
print([name for name in sys.modules if name.startswith(("sentry_sdk", "opentelemetry"))])
"""
AN_ERROR = """
import sentry_sdk
from printers.doing import doing
with doing("print a label", job="the-job", printer="the-printer"):
    try:
        password = "a-secret-variable"
        raise ValueError("no answer from redis://labelhub:a-secret-password@redis")
    except ValueError:
        logging.getLogger("jobs").exception("it failed with lh_0123abcd_a-secret-token-of-a-script")
    logging.getLogger("jobs").warning("only a warning")
sentry_sdk.flush(10)
"""
SPANS = """
from printers.doing import doing
from django.test import Client
browser = Client(SERVER_NAME="localhost")
browser.get("/healthz", headers={"X-Request-ID": "the-request"})
browser.get("/api/jobs/6f1b3c7e-9d6a-4f48-9a8c-d4e0e1c5a3b2")
browser.get("/sign-in")
browser.get("/a-secret-that-somebody-typed")
with doing("print a label", job="the-job"):
    pass
"""
MISSING = "sys.modules['sentry_sdk'] = sys.modules['opentelemetry'] = None"


def run(script: str, before: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BEGIN.format(before=before) + script],
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def heard() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Where a collector listens, and what it was told: paths and bodies."""
    told: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if "chunked" in self.headers.get("transfer-encoding", ""):
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
            else:
                body = self.rfile.read(int(self.headers["content-length"]))
            told.append((self.path, gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", told
    server.shutdown()
    server.server_close()


def test_nothing_of_them_is_loaded_unless_wanted() -> None:
    done = run(LOADED)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_sentry_hears_errors_and_nothing_else(heard: tuple[str, list[tuple[str, bytes]]]) -> None:
    address, told = heard
    done = run(AN_ERROR, LABELHUB_SENTRY_DSN=f"http://key@{address}/1")
    assert done.returncode == 0, done.stderr
    ((path, body),) = told
    assert path == "/api/1/envelope/"
    event = json.loads(body.splitlines()[2])
    assert event["tags"] | {"job": "the-job", "printer": "the-printer"} == event["tags"]
    assert event["logentry"]["message"] == "it failed with lh_…"
    assert event["exception"]["values"][0]["value"] == "no answer from redis://…@redis"
    assert b"a-secret" not in body
    assert not {"request", "user"} & event.keys()


def test_a_collector_hears_of_requests_and_labels(heard: tuple[str, list[tuple[str, bytes]]]) -> None:
    address, told = heard
    done = run(SPANS, LABELHUB_OTLP_ENDPOINT=f"http://{address}")
    assert done.returncode == 0, done.stderr
    assert {path for path, _body in told} == {"/v1/traces"}
    said = b"".join(body for _path, body in told)
    for text in (b"labelhub", b"the-request", b"print a label", b"the-job"):
        assert text in said
    # No path itself: it may name what is nobody else's business.
    assert b"a-secret" not in said
    assert [(span.name, facts_of(span)) for span in spans_in(told) if span.name.startswith("GET")] == [
        ("GET", (None, 200)),
        ("GET /api/jobs/{id}", ("/api/jobs/{id}", 401)),
        ("GET /sign-in", ("/sign-in", 200)),
        ("GET", (None, 404)),
    ]


def spans_in(told: list[tuple[str, bytes]]) -> Iterator[Span]:
    for _path, body in told:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                yield from scope.spans


def facts_of(span: Span) -> tuple[str | None, int]:
    facts = {each.key: each.value for each in span.attributes}
    assert facts["http.request.method"].string_value == "GET"
    route = facts.get("http.route")
    return route and route.string_value, facts["http.response.status_code"].int_value


def test_without_the_packages_the_hub_works_and_says_so() -> None:
    wanted = {"LABELHUB_SENTRY_DSN": "http://key@127.0.0.1:9/1", "LABELHUB_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    script = "from django.core.management import call_command; call_command('check')"
    done = run(script, before=MISSING, **wanted)
    assert done.returncode == 0, done.stderr
    assert "LABELHUB_SENTRY_DSN is set, but sentry_sdk is not installed" in done.stderr
    assert "LABELHUB_OTLP_ENDPOINT is set, but opentelemetry.exporter is not installed" in done.stderr
    assert "W006" not in manage("check", **wanted).stderr
