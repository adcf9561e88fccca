"""The event stream, spoken to as a server speaks to it: ASGI scopes and messages."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from functools import partial
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client

from labelhub import events
from labelhub.accounts.models import ApiToken, User
from labelhub.router import asgi_application
from printers import stream
from printers.models import Event, record
from printers.stream import GRACE_S, Reader
from tests.api import make_printer, script

pytestmark = pytest.mark.django_db(transaction=True)


class Listening:
    """One open stream: what came, parsed."""

    def __init__(
        self, query: str = "", *, token: str = "", cookie: str = "", last: str = "", method: str = "GET"
    ) -> None:
        headers = [(b"host", b"localhost")]
        for name, value in [
            ("authorization", f"Bearer {token}" if token else ""),
            ("cookie", cookie),
            ("last-event-id", last),
        ]:
            if value:
                headers.append((name.encode(), value.encode()))
        self.scope: dict[str, Any] = {
            "type": "http", "method": method, "path": events.PATH, "query_string": query.encode(), "headers": headers,
            "client": ("127.0.0.1", 1), "server": ("localhost", 80), "scheme": "http",
        }  # fmt: skip
        self.gone = asyncio.Event()
        self.sent: list[dict[str, Any]] = []

    async def __aenter__(self) -> "Listening":
        self.task = asyncio.create_task(events.events(self.scope, self._receive, self._send))
        await self.until(lambda: bool(self.sent))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.gone.set()
        await asyncio.wait_for(self.task, 5)

    async def _receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.sent.append(dict(message))

    async def until(self, condition: Callable[[], bool], limit: float = 5.0) -> None:
        end = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < end, self.text
            await asyncio.sleep(0.01)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def text(self) -> str:
        return b"".join(each.get("body", b"") for each in self.sent[1:]).decode()

    @property
    def messages(self) -> list[tuple[str, dict[str, Any]]]:
        found = []
        for block in self.text.split("\n\n"):
            lines = dict(
                line.split(": ", 1) for line in block.splitlines() if not line.startswith(":") and ": " in line
            )
            if "data" in lines:
                found.append((lines["id"], json.loads(lines["data"])))
        return found

    @property
    def kinds(self) -> list[str]:
        return [data["kind"] for _id, data in self.messages]


def heard(stream_: Listening) -> bool:
    return stream_.kinds == ["news"]


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())  # type: ignore[arg-type]


async def elsewhere(work: Callable[[], Any]) -> Any:
    """As another request would: in a thread with its own connection."""

    def closing() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return await asyncio.to_thread(closing)


def test_it_works() -> None:
    token, printer = script("read").text, make_printer()
    record("before")

    async def scenario() -> None:
        async with Listening(token=token) as stream_:
            assert stream_.status == 200
            headers = dict(stream_.sent[0]["headers"])
            assert headers[b"content-type"].startswith(b"text/event-stream")
            assert headers[b"x-accel-buffering"] == b"no"
            await stream_.until(lambda: "retry: " in stream_.text)
            job = uuid4()
            made = await elsewhere(
                lambda: record("job.pending", printer_id=printer.id, job_id=job, actor="eva", data={"n": 1})
            )
            await stream_.until(lambda: bool(stream_.messages))
            ((resume, data),) = stream_.messages
            assert resume == str(made.id)
            assert data["at"].endswith("Z")
            del data["at"]
            assert data == {
                "id": made.id, "kind": "job.pending", "printer": str(printer.id), "job": str(job), "batch": None,
                "actor": "eva", "data": {"n": 1},
            }  # fmt: skip

    run(scenario)


def test_what_was_before_is_not_sent_unasked() -> None:
    token = script("read").text
    record("old")

    async def scenario() -> None:
        async with Listening(token=token) as stream_:
            await elsewhere(lambda: record("new"))
            await stream_.until(lambda: bool(stream_.messages))
            assert stream_.kinds == ["new"]

    run(scenario)


@pytest.mark.parametrize("way", ["header", "parameter"])
def test_last_event_id_replays_without_loss_or_repetition(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CHUNK", 3)
    token = script("read").text
    first = record("0")
    for number in range(1, 9):
        record(str(number))

    async def scenario() -> None:
        last = {"last": str(first.id)} if way == "header" else {"query": f"last_event_id={first.id}"}
        async with Listening(token=token, **last) as stream_:
            await elsewhere(lambda: record("9"))
            await stream_.until(lambda: "9" in stream_.kinds)
            assert stream_.kinds == [str(number) for number in range(1, 10)]
            ids = [int(resume) for resume, _data in stream_.messages]
            assert ids == sorted(set(ids))

    run(scenario)


@pytest.mark.parametrize("name", ["printer", "job", "batch"])
def test_filters(name: str) -> None:
    token, printer, other = script("read").text, make_printer(), make_printer("other")
    job, batch = uuid4(), uuid4()
    wanted = {"printer": "main/workbench", "job": str(job), "batch": str(batch)}[name]
    before = record("start")

    def record_all(prefix: str) -> None:
        record(f"{prefix}wanted", printer_id=printer.id, job_id=job, batch_id=batch)
        record(f"{prefix}other", printer_id=other.id, job_id=uuid4(), batch_id=uuid4())
        record(f"{prefix}nothing")

    record_all("old-")

    async def scenario() -> None:
        async with Listening(f"{name}={wanted}", token=token, last=str(before.id)) as stream_:
            await elsewhere(lambda: record_all("new-"))
            await stream_.until(lambda: "new-wanted" in stream_.kinds)
            await asyncio.sleep(2 * stream.POLL_S)
            assert stream_.kinds == ["old-wanted", "new-wanted"]

    run(scenario)


def test_a_bound_token_hears_of_its_printers_only() -> None:
    mine, other = make_printer("mine"), make_printer("other")
    token = script("read", printers=(mine,)).text
    before = record("start")

    def record_all(prefix: str) -> None:
        record(f"{prefix}other", printer_id=other.id)
        record(f"{prefix}mine", printer_id=mine.id)
        record(f"{prefix}nobody's")

    record_all("old-")

    async def scenario() -> None:
        async with Listening(token=token, last=str(before.id)) as stream_:
            await elsewhere(lambda: record_all("new-"))
            await stream_.until(lambda: "new-mine" in stream_.kinds)
            await asyncio.sleep(2 * stream.POLL_S)
            assert stream_.kinds == ["old-mine", "new-mine"]
        async with Listening(f"printer={other.id}", token=token) as refused:
            assert refused.status == 404

    run(scenario)


def test_who_may_no_longer_listen_hears_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PING_S", 0.05)
    monkeypatch.setattr(events, "RECHECK_S", 0.1)
    kept, text = script("read"), script("read").text
    revoked = ApiToken.find(text)
    assert revoked is not None

    async def scenario() -> None:
        async with Listening(token=kept.text) as staying, Listening(token=text) as ending:
            await ending.until(lambda: ending.text.count(": ping") > 3)
            await elsewhere(revoked.revoke)
            await asyncio.wait_for(ending.task, 5)
            await elsewhere(lambda: record("secret"))
            await staying.until(lambda: "secret" in staying.kinds)
            assert ending.kinds == []

    run(scenario)


def test_a_bound_token_does_not_hear_where_a_label_came_from() -> None:
    mine, other = make_printer("mine"), make_printer("other")
    token = script("read", printers=(mine,)).text
    before = record("start")
    moved = {"from_printer": str(other.id), "to_printer": str(mine.id)}

    async def scenario() -> None:
        async with Listening(token=token, last=str(before.id)) as stream_:
            await elsewhere(lambda: record("new", printer_id=mine.id, data=moved))
            await stream_.until(lambda: "new" in stream_.kinds)
            assert [data["data"]["from_printer"] for _id, data in stream_.messages] == [None, None]

    record("old", printer_id=mine.id, data=moved)
    run(scenario)


def test_a_session_may_listen() -> None:
    browser = Client()
    browser.force_login(User.objects.create_user("eva"))
    cookie = f"{django_settings.SESSION_COOKIE_NAME}={browser.cookies[django_settings.SESSION_COOKIE_NAME].value}"

    async def scenario() -> None:
        async with Listening(cookie=cookie) as stream_:
            assert stream_.status == 200

    run(scenario)


@pytest.mark.parametrize(
    ("query", "last", "scopes", "status", "code"),
    [
        ("", "", None, 401, "not-authenticated"),
        ("", "", ["print"], 403, "forbidden"),
        ("printer=main/nothing", "", ["read"], 404, "unknown-printer"),
        ("job=nonsense", "", ["read"], 404, "not-found"),
        ("color=red", "", ["read"], 422, "invalid"),
        ("last_event_id=latest", "", ["read"], 422, "invalid"),
        ("", "latest", ["read"], 422, "invalid"),
        ("", "9" * 30, ["read"], 422, "invalid"),
        ("", "²", ["read"], 422, "invalid"),
    ],
)
def test_refusals_are_problems(query: str, last: str, scopes: list[str] | None, status: int, code: str) -> None:
    text = ApiToken.issue("script", scopes)[1] if scopes else ""

    async def scenario() -> None:
        async with Listening(query, token=text, last=last) as stream_:
            await stream_.until(lambda: len(stream_.sent) == 2)
            body = json.loads(stream_.text)
            assert (stream_.status, body["status"], body["code"]) == (status, status, code)
            if status == 422:
                name = query.partition("=")[0]
                where = [("header", "/Last-Event-ID")] if last else [("query", f"/{name}")]
                assert [(each["in"], each["pointer"]) for each in body["problems"]] == where
            assert dict(stream_.sent[0]["headers"])[b"content-type"] == b"application/problem+json"

    run(scenario)


def test_a_head_request_ends() -> None:
    token = script("read").text

    async def scenario() -> None:
        async with Listening(token=token, method="HEAD") as stream_:
            await asyncio.wait_for(stream_.task, 2)
            assert (stream_.status, stream_.text) == (200, "")

    run(scenario)


def test_it_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PING_S", 0.05)
    token = script("read").text

    async def scenario() -> None:
        async with Listening(token=token) as stream_:
            await stream_.until(lambda: stream_.text.count(": ping") >= 2)

    run(scenario)


def test_there_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MAX_LISTENERS", 1)
    token = script("read").text

    async def scenario() -> None:
        async with Listening(token=token) as first:
            async with Listening(token=token) as second:
                assert (first.status, second.status) == (200, 503)
                assert b"retry-after" in dict(second.sent[0]["headers"])
            assert stream.subscribers() == (1, 1)
        assert stream.subscribers()[0] == 0
        async with Listening(token=token) as third:
            assert third.status == 200

    run(scenario)


def test_one_that_does_not_read_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "QUEUE_SIZE", 2)
    listener = stream.Listener(stream.Wanted(), 0)
    for number in range(1, 5):
        listener.hear(stream.Said(Event(id=number, kind="x"), number))
    assert listener.queue.get_nowait() is None
    assert listener.queue.empty()


def test_stop_ends_every_stream() -> None:
    token = script("read").text

    async def scenario() -> None:
        async with Listening(token=token) as one, Listening(token=token) as two:
            events.stop()
            await asyncio.wait_for(asyncio.gather(one.task, two.task), 2)
            async with Listening(token=token) as late:
                assert late.status == 503

    run(scenario)


def test_streams_share_one_reader_and_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty streams cost as many reads as one."""
    token = script("read").text
    reads: list[int] = []
    read = Reader.read

    def counted(self: Reader, now: float) -> list[stream.Said]:
        reads.append(1)
        return read(self, now)

    monkeypatch.setattr(Reader, "read", counted)

    async def scenario() -> None:
        open_streams = [Listening(token=token) for _ in range(50)]
        for each in open_streams:
            await each.__aenter__()
        reads.clear()
        await elsewhere(lambda: record("news"))
        for each in open_streams:
            await each.until(partial(heard, each))
        assert len(reads) <= 8
        for each in open_streams:
            await each.__aexit__()

    ApiToken.objects.update(rate_limit_per_minute=0)
    run(scenario)


class TestGaps:
    """PostgreSQL gives ids out before the commit: a lower one may appear later."""

    def test_a_late_id_is_delivered(self) -> None:
        record("before")
        reader = Reader()
        reader.start(0.0)
        base = record("first").id
        assert [said.event.id for said in reader.read(0.0)] == [base]
        Event.objects.create(id=base + 3, kind="overtakes")
        (said,) = reader.read(1.0)
        assert (said.event.id, said.resume) == (base + 3, base)
        Event.objects.create(id=base + 1, kind="late")
        (said,) = reader.read(2.0)
        assert (said.event.id, said.resume) == (base + 1, base + 1)
        Event.objects.create(id=base + 2, kind="later")
        (said,) = reader.read(3.0)
        assert (said.event.id, said.resume) == (base + 2, base + 3)
        assert reader.read(4.0) == []

    def test_an_id_that_never_comes_is_given_up(self) -> None:
        record("before")
        reader = Reader()
        reader.start(0.0)
        base = record("first").id
        reader.read(0.0)
        Event.objects.create(id=base + 2, kind="after a rollback")
        reader.read(1.0)
        assert reader.resume == base
        reader.read(1.0 + GRACE_S + 0.1)
        assert reader.resume == base + 2

    def test_one_that_was_open_when_the_reader_began_is_delivered(self) -> None:
        base = record("first").id
        Event.objects.create(id=base + 2, kind="overtook")
        reader = Reader()
        reader.start(0.0)
        assert reader.resume == base
        Event.objects.create(id=base + 1, kind="late")
        assert [said.event.kind for said in reader.read(1.0)] == ["late"]

    def test_coming_back_with_the_id_loses_nothing(self) -> None:
        token = script("read").text
        base = record("first").id
        Event.objects.create(id=base + 2, kind="overtakes")

        async def scenario() -> None:
            async with Listening(token=token, last=str(base)) as stream_:
                await stream_.until(lambda: stream_.kinds == ["overtakes"])
                last = stream_.messages[-1][0]
            await elsewhere(lambda: Event.objects.create(id=base + 1, kind="late"))
            async with Listening(token=token, last=last) as again:
                await again.until(lambda: "late" in again.kinds)

        run(scenario)


def test_many_writers_lose_nothing() -> None:
    token = script("read").text

    async def scenario() -> None:
        async with Listening(token=token) as stream_:

            def write(name: int) -> None:
                for number in range(20):
                    record(f"{name}-{number}")
                connection.close()

            threads = [Thread(target=write, args=(name,)) for name in range(4)]
            for thread in threads:
                thread.start()
            await stream_.until(lambda: len(stream_.messages) >= 80, 20)
            for thread in threads:
                thread.join()
            assert sorted(stream_.kinds) == sorted(f"{name}-{number}" for name in range(4) for number in range(20))

    run(scenario)


def test_only_reading_is_known_here() -> None:
    async def ask() -> list[dict[str, Any]]:
        stream = Listening(method="POST")
        await asgi_application()(stream.scope, stream._receive, stream._send)
        return stream.sent

    start, body = asyncio.run(ask())
    assert (start["status"], dict(start["headers"])[b"allow"]) == (405, b"GET, HEAD")
    assert json.loads(body["body"])["code"] == "method-not-allowed"
