"""WSGI on threads: one way to a thread and back, once the request is here as a whole. No thread waits for a client that
sends slowly, or reads slowly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import Executor
from contextvars import copy_context
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from a2wsgi.wsgi import build_environ

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Head = tuple[int, list[tuple[bytes, bytes]]]

# An answer up to this size is handed over whole, a longer one (a file, an export) in parts.
WHOLE = 256 * 1024
# A longer body (a table, a font) is kept in a file.
SMALL_BODY = 64 * 1024
# No page and no operation takes more: a longer one is not read, and refused for its length.
LARGEST_BODY = 24 * 1024 * 1024
# So many long ones arrive at the same time; they are as yet anybody's.
LONG_AT_ONCE = 2


class ClientGone(Exception):
    """It ended the connection before its request was whole."""


class Threads:
    def __init__(self, application: Any, executor: Executor) -> None:
        self.application, self.executor = application, executor
        self._long = asyncio.Semaphore(LONG_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            sent, length = await self._body(scope, receive)
        except ClientGone:
            return
        loop = asyncio.get_running_loop()
        with sent:
            outcome = await loop.run_in_executor(self.executor, copy_context().run, self._outcome, scope, sent, length)
            await self.tell(outcome, scope, receive, send)

    def hand_over(self, scope: Scope, body: bytes, tell: "Callable[[Outcome], None]") -> None:
        """The same for a short body that is here: `tell` is called on the event loop."""
        loop = asyncio.get_running_loop()

        def work() -> None:
            outcome = self._outcome(scope, BytesIO(body), len(body) if body else None)
            loop.call_soon_threadsafe(tell, outcome)

        self.executor.submit(copy_context().run, work)

    async def tell(self, outcome: "Outcome", _scope: Scope, _receive: Receive, send: Send) -> None:
        if isinstance(outcome, BaseException):
            raise outcome
        loop = asyncio.get_running_loop()
        (status, headers), body, rest = outcome
        try:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            while rest is not None and body:
                await send({"type": "http.response.body", "body": body, "more_body": True})
                body = await loop.run_in_executor(self.executor, rest.next_part)
            await send({"type": "http.response.body", "body": body})
        finally:
            if rest is not None:
                await loop.run_in_executor(self.executor, rest.close)

    async def _body(self, scope: Scope, receive: Receive) -> tuple[IO[bytes], int | None]:
        """What was sent, and its length where it has one. Of what is too long only the length."""
        headers = dict(scope["headers"])
        if b"transfer-encoding" not in headers:
            if b"content-length" not in headers:
                return BytesIO(), None
            length = int(headers[b"content-length"])
            if length <= SMALL_BODY:
                return BytesIO(b"".join([part async for part in _parts(receive)])), length
            if length > LARGEST_BODY:
                return BytesIO(), length
        async with self._long:
            file: IO[bytes] = SpooledTemporaryFile(SMALL_BODY)  # noqa: SIM115
            length = 0
            try:
                async for part in _parts(receive):
                    length += len(part)
                    if length > LARGEST_BODY:
                        file.truncate(0)
                        break
                    file.write(part)
            except BaseException:
                file.close()
                raise
        file.seek(0)
        return file, length

    def _outcome(self, scope: Scope, sent: IO[bytes], length: int | None) -> "Outcome":
        # WSGI could not tell Remote_User, which a proxy lets through, from the Remote-User that it sets itself.
        scope["headers"] = [header for header in scope["headers"] if b"_" not in header[0]]
        environ: Any = build_environ(scope, sent)  # type: ignore[arg-type]
        if length is not None:
            environ["CONTENT_LENGTH"] = str(length)
        try:
            return self._begin(environ)
        except BaseException as error:
            return error

    def _begin(self, environ: Any) -> "Answer":
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


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


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


# The head, what of the body is there, and what gives the rest of it.
Answer = tuple[Head, bytes, Rest | None]
Outcome = Answer | BaseException
