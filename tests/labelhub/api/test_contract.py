"""The running API against its own document, by generated requests: what is said is what happens.

schemathesis sends the document's examples, the edges of every schema, and then what it makes up, right and wrong; all
of its checks look at every answer, with a token and without. LABELHUB_TEST_EXAMPLES says how many it makes up for
each operation.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, settings
from schemathesis.core.parameters import ParameterLocation
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from jobs.submission import Request, submit
from labelhub.access import WEBHOOKS
from labelhub.accounts.models import ApiToken
from labelhub.openapi import openapi_document
from labelhub.router import asgi_application
from printers.callers import HUB
from printers.models import Printer, PrinterStatus
from templates_app.registration import load_builtin
from tests.api import make_printer, script
from tests.labelhub.conftest import Configure
from tests.labelhub.integrations.app import App
from tests.labelhub.integrations.snipeit.fake import TOKEN, answers

pytestmark = [
    # A label of many rows and pages of problems are slow to draw under a generator; its own warnings are not ours.
    pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:schemathesis"),
]

EXAMPLES = int(os.environ.get("LABELHUB_TEST_EXAMPLES", "10"))
FEW = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
ENTRY = '[[integration]]\nkind = "snipeit"\nname = "inventory"\nurl = "{origin}"\ntoken = "{token}"\n'
STREAM = "/api/events"
# Answered beside the request's own transaction, by threads that a test's rows are hidden from.
HEALTH = "^/readiness"
# No schema says which models there are, what a template asks for, or what time it is: these may refuse what it allows.
BEYOND_A_SCHEMA = frozenset(
    {
        ("POST", "/api/print"),
        ("POST", "/api/preview"),
        ("GET", "/api/jobs/{id}/image.png"),
        ("POST", "/api/jobs/{id}/move"),
        ("POST", "/api/pools"),
        ("PATCH", "/api/pools/{id}"),
        ("POST", "/api/printers"),
        ("PATCH", "/api/printers/{id}"),
        ("GET", "/api/templates"),
        ("POST", "/api/templates/register"),
    }
)
AS_JSON = json.loads(openapi_document())


def over_asgi(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The stream as WSGI: it is left after its first message."""
    headers = [(b"host", b"localhost")]
    if "HTTP_AUTHORIZATION" in environ:
        headers.append((b"authorization", environ["HTTP_AUTHORIZATION"].encode("latin-1")))
    if "HTTP_LAST_EVENT_ID" in environ:
        headers.append((b"last-event-id", environ["HTTP_LAST_EVENT_ID"].encode("latin-1")))
    scope = {
        "type": "http", "method": environ["REQUEST_METHOD"], "path": environ["PATH_INFO"], "scheme": "http",
        "query_string": environ["QUERY_STRING"].encode("latin-1"), "headers": headers, "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }  # fmt: skip
    sent: list[Any] = []

    async def talk() -> None:
        answered = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)
            if message["type"] == "http.response.body":
                answered.set()

        await application(scope, receive, send)

    asyncio.run(talk())
    status = HTTPStatus(sent[0]["status"])
    start_response(f"{status} {status.phrase}", [(name.decode(), text.decode()) for name, text in sent[0]["headers"]])
    return [message["body"] for message in sent[1:]]


def loaded(app: Any) -> BaseSchema:
    schema = schemathesis.openapi.from_dict(AS_JSON)
    schema.app = app
    return schema


application = asgi_application()
HUB_APP = get_wsgi_application()
SCHEMA = loaded(HUB_APP)


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """As Django's own test client: the end of a request must not end the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def token() -> dict[str, str]:
    text = script().text
    ApiToken.objects.update(rate_limit_per_minute=0)
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def headers(db: None) -> dict[str, str]:
    return token()


@pytest.fixture(scope="module")
def inventory() -> Iterator[App]:
    with App(answers) as app:
        yield app


@pytest.fixture
def known(db: None, inventory: App, configure: Configure) -> dict[str, str]:
    """What the ids of each collection may be: generated ones lead nowhere."""
    configure(ENTRY.format(origin=inventory.origin, token=TOKEN))
    load_builtin()
    printer = make_printer(media="tze:12")
    PrinterStatus.objects.create(printer=printer)
    rows = [{"name": "Drill", "id": "A-1"}, {"name": "Drill", "id": "A-2"}]
    accepted = submit(Request(printer=str(printer.id), template="asset-tag-12", rows=rows), HUB)
    return {
        "jobs": str(accepted.jobs[0].id),
        "printers": "main/workbench",
        "batches": str(accepted.batch),
        "templates": "asset-tag-12",
        "lookup": "inventory",
    }


def is_right(case: Any, where: ParameterLocation) -> bool:
    return not case.meta.is_negative_at(where)


def conforms(case: Any, headers: dict[str, str]) -> int:
    """All checks; gives the status."""
    response = case.call(headers=headers)
    # It would send some of them again without the token; here each is, and all checks look at that answer too.
    excluded: list[Any] = [ignored_auth]
    if response.status_code == 503 and case.operation.path.startswith("/readiness"):
        # That this hub is not ready is an honest answer.
        excluded.append(schemathesis.checks.not_a_server_error)
    if response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        # It is a refusal, which schemathesis does not count as one: ten thousand rows and more of the largest kind.
        excluded.append(negative_data_rejection)
    if any(value in ([], {}) for value in case.query.values()):
        # Nothing of it is in the address: what was wrong with it is not sent.
        excluded.append(negative_data_rejection)
    if response.status_code in {400, 422} and "\\x00" in repr((case.query, case.body)):
        # No database of ours can store it, and no schema can say so of every text.
        excluded.append(positive_data_acceptance)
    if response.status_code == 422 and (case.method, case.operation.path) in BEYOND_A_SCHEMA:
        excluded.append(positive_data_acceptance)
    case.validate_response(
        response, headers=headers, excluded_checks=excluded, transport_kwargs={"headers": headers} if headers else {}
    )
    return int(response.status_code)


class Undo(Exception):
    """Every example meets the same rows."""


def only_a_session(execute: Any, sql: str, *rest: Any) -> Any:
    """Without a token the database is asked whether there is such a session, and nothing else."""
    assert sql.startswith("SELECT"), sql
    assert "django_session" in sql, sql
    return execute(sql, *rest)


@SCHEMA.exclude(path=STREAM).exclude(path_regex=HEALTH).parametrize()
@FEW
@pytest.mark.usefixtures("_one_connection")
def test_with_and_without_a_token(case: Any, known: dict[str, str], headers: dict[str, str]) -> None:
    kind = f"{case.operation.path}//".split("/")[2]
    if case.path_parameters and kind in known and is_right(case, ParameterLocation.PATH):
        case.path_parameters = dict.fromkeys(case.path_parameters, known[kind])
        if kind == "lookup" and "id" in case.path_parameters:
            case.path_parameters["id"] = "1042"
    if is_right(case, ParameterLocation.QUERY):
        # Only what a page gave is a cursor.
        case.query.pop("cursor", None)
    is_theirs = (case.method, case.operation.path) in WEBHOOKS
    with contextlib.suppress(Undo), transaction.atomic():
        status = conforms(case, headers)
        if is_theirs:
            # A token of the hub is none of theirs.
            assert status in {401, 404, 405}
        elif status in {401, 403}:
            # The one request that was sent without its token on purpose.
            assert case.meta.phase.data.parameter == "Authorization"
        raise Undo
    with contextlib.nullcontext() if is_theirs else connection.execute_wrapper(only_a_session):
        refused = conforms(case, {}) >= 400
    assert refused or case.operation.path == "/healthz"


@SCHEMA.include(path_regex=HEALTH).parametrize()
@FEW
@pytest.mark.django_db(transaction=True)
def test_health(case: Any) -> None:
    conforms(case, {})


@loaded(over_asgi).include(path=STREAM).parametrize()
@FEW
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("signed", [True, False])
def test_the_stream(case: Any, signed: bool) -> None:
    if not Printer.objects.exists():
        make_printer()
    conforms(case, token() if signed else {})
