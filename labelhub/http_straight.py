"""HTTP to a thread and back: no task of the event loop, and no turn of it between head and body of an answer.

uvicorn gives each request a task, which takes four turns of the loop; each gives the interpreter away and waits for it
again, and with busy threads that is most of what a request costs. What is not an ordinary request with an ordinary
answer (a long body or answer, a stream, a client that does not read, the last request of a connection) goes uvicorn's
way, with the same result.
"""

import logging
import re
from asyncio import Transport
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from labelhub.threads import SMALL_BODY, Outcome, Threads

OF_THE_LINK = frozenset({b"connection", b"transfer-encoding"})
# What no header may have in it, nor an end of a line; uvicorn refuses to send one, and says so.
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class StraightHttp(HttpToolsProtocol):
    # The request whose body is on its way, and where it goes.
    _expected: "tuple[RequestResponseCycle, Threads] | None" = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # uvicorn asks only whether there are handlers, and writes a line for nobody.
        self.access_log = self.access_log and self.access_logger.isEnabledFor(logging.INFO)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        find: Callable[[Any], Threads | None] = getattr(app, "threads_of", lambda _scope: None)
        threads = None if cycle.waiting_for_100_continue or cycle.access_log else find(cycle.scope)
        length = _length(cycle.scope["headers"])
        if threads is None or length > SMALL_BODY:
            super()._start_asgi_task(cycle, app)
        elif length and cycle.more_body:
            self._expected = cycle, threads
        else:
            self._hand_over(cycle, threads)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._expected is not None and not self._expected[0].more_body:
            cycle, threads = self._expected
            self._expected = None
            self._hand_over(cycle, threads)

    def _hand_over(self, cycle: RequestResponseCycle, threads: Threads) -> None:
        scope: Any = cycle.scope
        threads.hand_over(scope, bytes(cycle.body), partial(self._answer, cycle, threads))

    def _answer(self, cycle: RequestResponseCycle, threads: Threads, outcome: Outcome) -> None:
        whole = _whole(cycle, outcome)
        if whole is None or self.flow.write_paused:
            super()._start_asgi_task(cycle, partial(threads.tell, outcome))
        elif not cycle.disconnected:
            self.transport.write(whole)
            cycle.response_started = cycle.response_complete = True
            cycle.on_response()


def _length(headers: Iterable[tuple[bytes, bytes]]) -> float:
    """Of the body that comes; what is sent in parts has any."""
    found = 0.0
    for name, value in headers:
        if name == b"content-length":
            found = int(value)
        elif name == b"transfer-encoding":
            return float("inf")
    return found


def _whole(cycle: RequestResponseCycle, outcome: Outcome) -> bytes | None:
    """Head and body as uvicorn writes them; None for what is out of the ordinary."""
    if isinstance(outcome, BaseException) or not cycle.keep_alive or cycle.scope["method"] == "HEAD":
        return None
    (status, headers), body, rest = outcome
    said = dict(headers)
    if rest is not None or said.get(b"content-length") != b"%d" % len(body) or not said.keys().isdisjoint(OF_THE_LINK):
        return None
    lines = [STATUS_LINE[status]]
    for name, value in (*cycle.default_headers, *headers):
        lines += name, b": ", value, b"\r\n"
    head = b"".join(lines)
    # One header a line.
    if CONTROL.search(head) or {head.count(b"\r"), head.count(b"\n")} != {len(lines) // 4 + 1}:
        return None
    return b"%b\r\n%b" % (head, body)
