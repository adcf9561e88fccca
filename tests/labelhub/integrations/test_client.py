"""What another app may do to the hub: nothing but be named in a sentence."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from labelhub.integrations import client
from labelhub.integrations.errors import IntegrationBusy, IntegrationFailed
from labelhub.integrations.integration import Integration
from tests.labelhub.integrations.app import App, Asked


def answers(asked: Asked) -> tuple[int, Any]:
    return 200, {"path": asked.path}


@pytest.fixture
def app() -> Iterator[App]:
    with App(answers) as app:
        yield app


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TOTAL_S", 0.4)


def ask(app: App, *path: str, name: str = "inventory") -> Any:
    there = Integration(name=name, kind="snipeit", title="Inventory", url=app.origin)
    return client.get(there, *(path or ("x",)), headers={"authorization": "Bearer t"}, query={"a": "1"})


def test_it_works(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert ask(app, "api", "a/b?c#d é") == {"path": "/api/a%2Fb%3Fc%23d%20%C3%A9"}
    [asked] = app.asked
    assert asked.query == {"a": ["1"]}
    assert (asked.headers["authorization"], asked.headers["accept-encoding"]) == ("Bearer t", "identity")


def test_cookies_are_not_kept(app: App) -> None:
    app.headers = {"set-cookie": "session=1; Path=/"}
    ask(app)
    ask(app)
    assert ["cookie" in each.headers for each in app.asked] == [False, False]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (301, "Inventory sends the hub elsewhere (301)"),
        (302, "Inventory sends the hub elsewhere (302)"),
        (401, "Inventory refuses the hub's token (401)"),
        (403, "Inventory refuses the hub's token (403)"),
        (204, "Inventory answered with 204."),
        (429, "Inventory answered with 429."),
        (500, "Inventory answered with 500."),
    ],
)
def test_a_status_that_is_no_answer(app: App, status: int, sentence: str) -> None:
    app.answers = lambda _: (status, {})
    app.headers = {"location": "/elsewhere"}
    with pytest.raises(IntegrationFailed) as raised:
        ask(app)
    assert raised.value.detail.startswith(sentence)
    assert len(app.asked) == 1


def test_html(app: App) -> None:
    app.kind, app.answers = "text/html; charset=utf-8", lambda _: (200, b"<html>Sign in</html>")
    with pytest.raises(IntegrationFailed, match="answered with text/html instead of JSON"):
        ask(app)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 200_000, b"\xff", b'{"a": 1}x', b"1" * 5000])
def test_json_that_is_none(app: App, body: bytes) -> None:
    app.answers = lambda _: (200, body)
    with pytest.raises(IntegrationFailed, match="not valid JSON"):
        ask(app)


def endless(write: Any) -> None:
    write.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[")
    while True:
        write.write(b"1," * 50_000)


def test_ten_gigabytes(app: App) -> None:
    app.raw = endless
    with pytest.raises(IntegrationFailed, match="larger than 4 MB"):
        ask(app)


def dripping(head: bytes) -> Callable[[Any], None]:
    def drip(write: Any) -> None:
        write.write(head)
        while True:
            write.write(b"x")
            write.flush()
            time.sleep(0.05)

    return drip


@pytest.mark.usefixtures("_hurried")
@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"]
)
def test_one_that_drips_is_given_up_in_time(app: App, head: bytes) -> None:
    """No single wait is long; all together are."""
    app.raw = dripping(head)
    begun = time.monotonic()
    with pytest.raises(IntegrationFailed, match=r"did not answer within 0\.4 s"):
        ask(app)
    assert time.monotonic() - begun < 3


@pytest.mark.usefixtures("_hurried")
def test_one_that_does_not_even_accept() -> None:
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        # The one place in its queue is taken.
        socket.create_connection(full.getsockname()),
    ):
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        with pytest.raises(IntegrationFailed, match="did not answer"):
            client.get(Integration(name="x", kind="grocy", title="Inventory", url=url), "x", headers={})


@pytest.mark.parametrize(
    "head", [b"garbage\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"]
)
def test_one_that_speaks_otherwise(app: App, head: bytes) -> None:
    app.raw = lambda write: write.write(head)
    with pytest.raises(IntegrationFailed, match="cannot be reached at http"):
        ask(app)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://127.0.0.1:1"])
def test_one_that_is_not_there(url: str) -> None:
    there = Integration(name="inventory", kind="snipeit", title="Inventory", url=url)
    with pytest.raises(IntegrationFailed, match="cannot be reached at"):
        client.get(there, "x", headers={})


def test_nobody_waits_behind_two_that_wait(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TOTAL_S", 10)
    go, waiting = threading.Event(), threading.Semaphore(0)

    def slowly(asked: Asked) -> tuple[int, Any]:
        if asked.path == "/slow":
            waiting.release()
            go.wait(10)
        return 200, {}

    app.answers = slowly
    with ThreadPoolExecutor(4) as pool:
        slow = [pool.submit(ask, app, "slow") for _ in range(client.AT_ONCE)]
        for _ in slow:
            assert waiting.acquire(timeout=10)
        begun = time.monotonic()
        with pytest.raises(IntegrationBusy) as raised:
            ask(app)
        assert raised.value.extra["retry_after"] == 10
        # Another app still has a turn, one at a time then.
        assert ask(app, name="pantry") == {}
        other = pool.submit(ask, app, "slow", name="pantry")
        assert waiting.acquire(timeout=10)
        with pytest.raises(IntegrationBusy):
            ask(app, name="spools")
        assert time.monotonic() - begun < 5
        go.set()
        assert [each.result() for each in (*slow, other)] == [{}] * 3
    assert ask(app) == {}


def test_a_turn_comes_back_after_every_failure(app: App) -> None:
    app.answers = lambda _: (500, {})
    for _ in range(client.AT_ONCE_IN_ALL + 1):
        with pytest.raises(IntegrationFailed):
            ask(app)
