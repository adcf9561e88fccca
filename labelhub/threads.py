"""WSGI on threads for requests that fit into memory: one way to a thread and back, where the general adapter makes
five. No thread waits for a client that sends slowly."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import Executor
from contextvars import copy_context
from io import BytesIO
from typing import Any

from a2wsgi.wsgi import build_environ

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Head = tuple[int, list[tuple[bytes, bytes]]]

# An answer up to this size is handed over whole, a longer one (a file, an export) in parts.
WHOLE = 256 * 1024
# A longer body (a table, a font) is read by the general adapter, part by part.
SMALL_BODY = 64 * 1024


def is_small(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    return b"transfer-encoding" not in headers and length.isdigit() and int(length) <= SMALL_BODY


class SmallRequests:
    def __init__(self, application: Any, executor: Executor) -> None:
        self.application, self.executor = application, executor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent = await _body(scope, receive)
        if sent is None:
            return
        loop = asyncio.get_running_loop()
        environ = build_environ(scope, BytesIO(sent))  # type: ignore[arg-type]
        (status, headers), body, rest = await loop.run_in_executor(
            self.executor, copy_context().run, self._begin, environ
        )
        await send({"type": "http.response.start", "status": status, "headers": headers})
        try:
            while rest is not None and body:
                await send({"type": "http.response.body", "body": body, "more_body": True})
                body = await loop.run_in_executor(self.executor, rest.next_part)
            await send({"type": "http.response.body", "body": body})
        finally:
            if rest is not None:
                await loop.run_in_executor(self.executor, rest.close)

    def _begin(self, environ: Any) -> tuple[Head, bytes, "Rest | None"]:
        head: list[Head] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            head[:] = [(int(status[:3]), [(n.encode("latin-1").lower(), v.encode("latin-1")) for n, v in headers])]

        rest = Rest(self.application(environ, start_response))
        try:
            body = rest.next_part()
        except BaseException:
            rest.close()
            raise
        if not rest.ended:
            return head[0], body, rest
        rest.close()
        return head[0], body, None


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """None where the client went away before its end."""
    if not any(name == b"content-length" for name, _ in scope["headers"]):
        return b""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


class Rest:
    """What is left of an answer."""

    def __init__(self, answer: Iterable[bytes]) -> None:
        self.answer, self.chunks, self.ended = answer, iter(answer), False

    def next_part(self) -> bytes:
        """Empty at the end."""
        found, size = [], 0
        while size <= WHOLE:
            chunk = next(self.chunks, None)
            if chunk is None:
                self.ended = True
                break
            found.append(chunk)
            size += len(chunk)
        return b"".join(found)

    def close(self) -> None:
        close: Callable[[], None] = getattr(self.answer, "close", lambda: None)
        close()
