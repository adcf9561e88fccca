"""Ordinary requests go past uvicorn's task, all others by it: what a client reads is the same."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from labelhub import http_limits
from labelhub.http_limits import LimitedHttp
from labelhub.threads import WHOLE, Scope, Threads
from tests.services import wait_until

GET = b"GET %b HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: h\r\n%b\r\n\r\n"


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    path, body = environ["PATH_INFO"], environ["wsgi.input"].read()
    answer = {"/long": b"x" * (WHOLE + 1), "/none": b""}.get(path, b"%b %b" % (path.encode(), body))
    headers = [("Content-Length", str(len(answer)))]
    if path == "/broken":
        raise ValueError("broken")
    if path == "/unknown-length":
        headers = []
    if path == "/close":
        headers.append(("Connection", "close"))
    if path == "/control":
        headers.append(("X-A", "\x01"))
    start_response("204 No Content" if path == "/none" else "200 OK", [] if path == "/none" else headers)
    return [answer]


class App:
    def __init__(self, threads: Threads, *, straight: bool) -> None:
        self.threads, self.straight, self.tasks = threads, straight, 0

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        self.tasks += 1
        await self.threads(scope, receive, send)

    def threads_of(self, _scope: Scope) -> Threads | None:
        return self.threads if self.straight else None


@contextmanager
def served(*, straight: bool) -> Iterator[tuple[App, int]]:
    with ThreadPoolExecutor(2) as pool, socket.create_server(("127.0.0.1", 0)) as listener:
        app = App(Threads(application, pool), straight=straight)
        config = uvicorn.Config(
            app, http=LimitedHttp, log_config=None, access_log=False, ws="none", proxy_headers=False, lifespan="off",
            date_header=False, timeout_graceful_shutdown=2,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        wait_until(lambda: server.started, "the start of the server")
        try:
            yield app, listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)


def talk(port: int, *parts: bytes) -> bytes:
    """All that is answered until the server ends the connection, as the last part asks it to."""
    found = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        for part in parts:
            link.sendall(part)
            time.sleep(0.03)
        while got := link.recv(1 << 20):
            found += got
    return found


END = b"GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
TALKS: dict[str, tuple[bytes, ...]] = {
    "one after the other": (GET % b"/a", GET % b"/b?c", END),
    "pipelined": (GET % b"/a" + POST % b"Content-Length: 3" + b"bod" + GET % b"/b" + END,),
    "HEAD": (b"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", END),
    "without a body": (GET % b"/none", END),
    "long": (GET % b"/long", END),
    "of unknown length": (GET % b"/unknown-length", END),
    "that breaks": (GET % b"/broken",),
    "with a header that cannot be sent": (GET % b"/control",),
    "the last one": (GET % b"/close",),
    "HTTP/1.0": (b"GET /a HTTP/1.0\r\n\r\n",),
    "body": (POST % b"Content-Length: 3" + b"bod", END),
    "empty body": (POST % b"Content-Length: 0", END),
    "body that comes late": (POST % b"Content-Length: 6", b"bod", b"ies", END),
    "body in chunks": (POST % b"Transfer-Encoding: chunked" + b"3\r\nbod\r\n0\r\n\r\n", END),
    "long body": (POST % b"Content-Length: 70000" + b"x" * 70000, END),
    "body on request": (POST % b"Expect: 100-continue\r\nContent-Length: 3", b"bod", END),
    "no HTTP": (b"\0\r\n\r\n",),
}


@pytest.fixture(scope="module")
def servers() -> Iterator[list[tuple[App, int]]]:
    with served(straight=True) as ours, served(straight=False) as uvicorns:
        yield [ours, uvicorns]


@pytest.mark.parametrize("name", TALKS)
def test_both_ways_answer_the_same(name: str, servers: list[tuple[App, int]]) -> None:
    ours, uvicorns = (talk(port, *TALKS[name]) for _app, port in servers)
    assert ours == uvicorns
    assert (b"/end" in ours) == (TALKS[name][-1].endswith(END))


def test_it_works_without_a_task(servers: list[tuple[App, int]]) -> None:
    app, port = servers[0]
    before = app.tasks
    answer = talk(port, GET % b"/a" + POST % b"Content-Length: 3" + b"bod" + GET % b"/b" + END)
    heads = answer.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [each.partition(b"\r\n\r\n")[2] for each in heads] == [b"/a ", b"/echo bod", b"/b ", b"/end "]
    assert app.tasks == before


def test_a_client_that_left_hurts_nobody(servers: list[tuple[App, int]]) -> None:
    _app, port = servers[0]
    for part in (GET % b"/a", GET % b"/long", POST % b"Content-Length: 6" + b"bod"):
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.sendall(part)
    assert talk(port, END).endswith(b"/end ")


@pytest.mark.parametrize(
    "parts",
    [
        (b"",),
        (b"GET /a HTTP/1.1\r\nX-Slow: ",),
        (POST % b"Content-Length: 6" + b"bod",),
        (POST % b"Transfer-Encoding: chunked" + b"3\r\nbod\r\n",),
        (GET % b"/a", GET % b"/a", b"GET /a HTTP/1.1\r\nX-Slow: "),
        (POST % b"Content-Length: 3", b"bod", b"GET /a HTTP/1.1\r\nX-Slow: "),
    ],
)
def test_what_does_not_come_is_not_waited_for(
    parts: tuple[bytes, ...], servers: list[tuple[App, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_limits, "HEAD_S", 0.3)
    monkeypatch.setattr(http_limits, "BODY_S", 0.5)
    _app, port = servers[0]
    with socket.create_connection(("127.0.0.1", port), timeout=3) as link:
        for part in parts:
            link.sendall(part)
            time.sleep(0.03)
        # Sooner than uvicorn would end a connection that rests, or this would time out.
        while link.recv(1 << 20):
            pass
    assert not LimitedHttp.unfinished
