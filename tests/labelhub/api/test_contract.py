"""The running API against its own document, by generated requests: what is said is what happens."""

import json
import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from jobs.models import Job
from jobs.submission import Request, submit
from labelhub.accounts.models import ApiToken
from labelhub.openapi import openapi_document
from printers.callers import HUB
from printers.models import PrinterStatus
from templates_app.registration import load_builtin
from tests.api import make_printer, script

pytestmark = [
    pytest.mark.django_db(transaction=False),
    # A label of many rows and pages of problems are slow to draw under a generator; its own warnings are not ours.
    pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:schemathesis"),
]

EXAMPLES = int(os.environ.get("LABELHUB_TEST_EXAMPLES", "15"))
# The stream is served on the event loop, not by WSGI; readiness may honestly say 503.
ELSEWHERE = {"/api/events", "/readiness"}
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def loaded() -> Any:
    schema = schemathesis.openapi.from_dict(json.loads(openapi_document()))
    schema.app = get_wsgi_application()
    return schema


SCHEMA = loaded()
OPERATIONS = [
    (method.upper(), path)
    for path, item in json.loads(openapi_document())["paths"].items()
    for method in item
    if path not in ELSEWHERE
]


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """As Django's own test client: the end of a request must not end the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


class Undo(Exception):
    """Every example meets the same rows."""


def conform(method: str, path: str, headers: dict[str, str], **known: Any) -> set[int]:
    """Generated requests of one operation; gives the statuses that were answered."""
    operation = SCHEMA[path][method]
    statuses: set[int] = set()

    @seed(20261121)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def examples(case: Any) -> None:
        # An id that exists leads further than a generated one.
        if case.path_parameters and known:
            case.path_parameters |= {name: value for name, value in known.items() if name in case.path_parameters}
        try:
            with transaction.atomic():
                response = case.call(headers=headers)
                statuses.add(response.status_code)
                case.validate_response(response, checks=CHECKS)
                raise Undo
        except Undo:
            pass

    examples()
    return statuses


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_with_a_token(method: str, path: str) -> None:
    load_builtin()
    printer = make_printer(media="tze:12")
    PrinterStatus.objects.create(printer=printer)
    wanted = Request(str(printer.id), "asset-tag-12", [{"name": "Drill", "id": "A-1"}, {"name": "Drill", "id": "A-2"}])
    accepted = submit(wanted, HUB)
    known: dict[str, str] = {
        "/api/jobs": str(accepted.jobs[0].id),
        "/api/printers": "main/workbench",
        "/api/batches": str(accepted.batch),
    }
    caller = script()
    ApiToken.objects.update(rate_limit_per_minute=0)
    kind = "/".join(path.split("/")[:3])
    headers = {"Authorization": f"Bearer {caller.text}"}
    statuses = conform(method, path, headers, id=known.get(kind, str(uuid4())), key="asset-tag-12")
    assert not statuses & {401, 403, 405}
    if method == "GET":
        assert 200 in statuses or 304 in statuses


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_without_a_token(method: str, path: str) -> None:
    printer = make_printer()
    statuses = conform(method, path, {})
    assert statuses == ({200} if path == "/healthz" else {401})
    assert not Job.objects.exists()
    printer.refresh_from_db()
