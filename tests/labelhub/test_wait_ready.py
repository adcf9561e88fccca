import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.management import call_command

from tests.services import free_port

Answers = list[tuple[int, Any]]


def answer(**checks: str) -> dict[str, Any]:
    told = {name: {"status": status, "detail": f"about {name}"} for name, status in checks.items()}
    status = (
        "not-ready" if told["database"]["status"] == "fail" else "degraded" if "fail" in checks.values() else "ready"
    )
    return {"status": status, "checks": told}


@pytest.fixture
def answers() -> Answers:
    """What is answered, the last one for ever."""
    return []


@pytest.fixture
def origin(answers: Answers) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            code, body = answers.pop(0) if len(answers) > 1 else answers[0]
            text = body if isinstance(body, str) else json.dumps(body)
            self.send_response(code)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    assert set(asked) <= {"/readiness"}


def wait(origin: str, tries: int) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("wait_ready", origin, "--tries", str(tries), stdout=out, stderr=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_it_waits_until_it_is_ready(origin: str, answers: Answers) -> None:
    answers += [
        (503, answer(database="fail", print_queue="ok")),
        (200, answer(database="ok", print_queue="fail")),
        (200, answer(database="ok", print_queue="ok")),
    ]
    code, said = wait(origin, 5)
    assert (code, "asked 3 times" in said) == (0, True), said


def test_a_printer_that_is_away_is_no_reason(origin: str, answers: Answers) -> None:
    answers.append((200, answer(database="ok", print_queue="ok", snmp_discovery="fail")))
    code, said = wait(origin, 1)
    assert (code, "[fail] snmp_discovery: about snmp_discovery" in said) == (0, True), said


@pytest.mark.parametrize(
    ("code", "body", "told"),
    [
        (503, answer(database="fail", print_queue="ok"), "[fail] database: about database"),
        (200, answer(database="ok", broker="fail"), "[fail] broker: about broker"),
        (502, "<h1>Bad gateway</h1>", "<h1>Bad gateway</h1>"),
        (200, [], "[]"),
    ],
)
def test_it_gives_up_with_the_last_answer(origin: str, answers: Answers, code: int, body: Any, told: str) -> None:
    answers.append((code, body))
    ended, said = wait(origin, 2)
    assert (ended, told in said, "after 2 tries" in said, "logs" in said) == (1, True, True, True), said


def test_nobody_there() -> None:
    ended, said = wait(f"http://127.0.0.1:{free_port()}/readiness", 1)
    assert (ended, "Connection refused" in said) == (1, True), said
