import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from jobs.views.tables import SLACK
from labelhub.threads import LARGEST_BODY, SMALL_BODY, WHOLE, Threads
from templates_app.data import MAX_BYTES


class Answer:
    def __init__(self, *chunks: bytes) -> None:
        self.chunks, self.closed, self.taken = chunks, 0, 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.taken += 1
            yield chunk

    def close(self) -> None:
        self.closed += 1


def scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http", "method": "GET", "path": "/a b", "raw_path": b"/a%20b", "query_string": b"x=1", "root_path": "",
        "http_version": "1.1", "scheme": "http", "headers": list(headers), "server": ("h", 80),
        "client": ("1.2.3.4", 9),
    }  # fmt: skip


def call(
    application: Callable[..., Any], send: Any = None, *messages: dict[str, Any], chunked: bool = False
) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    length = sum(len(each.get("body", b"")) for each in messages)
    said = (b"transfer-encoding", b"chunked") if chunked else (b"content-length", str(length).encode())
    headers = [(b"x-a", b"b"), *([said] if messages else [])]
    left = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(left)

    async def keep(message: Any) -> None:
        sent.append(dict(message))

    with ThreadPoolExecutor(1) as threads:
        asyncio.run(Threads(application, threads)(scope(*headers), receive, send or keep))
    return sent


def answering(answer: Answer, seen: dict[str, Any] | None = None) -> Callable[..., Any]:
    def application(environ: dict[str, Any], start_response: Any) -> Answer:
        if seen is not None:
            seen.update(environ, read=environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain"), ("X-Name", "é")])
        return answer

    return application


def test_it_works() -> None:
    answer, seen = Answer(b"one ", b"", b"two"), dict[str, Any]()
    sent = call(answering(answer, seen))
    assert sent == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"text/plain"), (b"x-name", b"\xe9")],
        },
        {"type": "http.response.body", "body": b"one two"},
    ]
    assert answer.closed == 1
    assert (seen["PATH_INFO"], seen["QUERY_STRING"], seen["REMOTE_ADDR"]) == ("/a b", "x=1", "1.2.3.4")
    assert (seen["HTTP_X_A"], seen["read"]) == ("b", b"")


@pytest.mark.parametrize("size", [WHOLE, WHOLE + 1, 3 * WHOLE + 5])
def test_a_long_answer_comes_in_parts(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    answer = Answer(*(data[at : at + 65536] for at in range(0, size, 65536)))
    sent = call(answering(answer))
    bodies = [each["body"] for each in sent[1:]]
    assert b"".join(bodies) == data
    assert max(map(len, bodies)) <= WHOLE + 65536
    assert [each.get("more_body", False) for each in sent[1:]] == [True] * (len(bodies) - 1) + [False]
    assert answer.closed == 1


def test_an_empty_answer_is_one() -> None:
    assert call(answering(Answer()))[1:] == [{"type": "http.response.body", "body": b""}]


def test_an_answer_that_nobody_waits_for_is_closed() -> None:
    answer = Answer(*[b"x" * WHOLE] * 9)

    async def gone(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        call(answering(answer), gone)
    assert (answer.closed, answer.taken < 9) == (1, True)


def test_an_answer_that_breaks_is_closed() -> None:
    class Breaking(Answer):
        def __iter__(self) -> Iterator[bytes]:
            raise ValueError("broken")
            yield b""

    answer = Breaking()
    with pytest.raises(ValueError, match="broken"):
        call(answering(answer))
    assert answer.closed <= 1


def test_a_body_is_read_whole() -> None:
    seen = dict[str, Any]()
    parts = {"body": b"one ", "more_body": True}, {"body": b"two"}
    call(answering(Answer(), seen), None, *({"type": "http.request", **each} for each in parts))
    assert (seen["read"], seen["CONTENT_LENGTH"]) == (b"one two", "7")


def test_half_a_body_is_no_request() -> None:
    seen = dict[str, Any]()
    begun = {"type": "http.request", "body": b"one", "more_body": True}
    assert call(answering(Answer(), seen), None, begun, {"type": "http.disconnect"}) == []
    assert seen == {}


@pytest.mark.parametrize("size", [SMALL_BODY, SMALL_BODY + 1, LARGEST_BODY])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_long_body_is_read_whole(size: int, chunked: bool) -> None:
    seen = dict[str, Any]()
    parts = {"body": b"x" * (size - 10), "more_body": True}, {"body": b"y" * 10}
    messages = ({"type": "http.request", **each} for each in parts)
    call(answering(Answer(), seen), None, *messages, chunked=chunked)
    assert (seen["read"], seen["CONTENT_LENGTH"]) == (b"x" * (size - 10) + b"y" * 10, str(size))
    assert seen["wsgi.input"].closed


@pytest.mark.parametrize("chunked", [False, True])
def test_of_what_is_too_long_only_the_length_is_told(chunked: bool) -> None:
    seen = dict[str, Any]()
    begun = {"type": "http.request", "body": b"x" * (LARGEST_BODY + 1), "more_body": True}
    call(answering(Answer(), seen), None, begun, chunked=chunked)
    assert (seen["read"], seen["CONTENT_LENGTH"]) == (b"", str(LARGEST_BODY + 1))


def test_the_largest_table_that_is_taken_arrives() -> None:
    assert MAX_BYTES + SLACK <= LARGEST_BODY
