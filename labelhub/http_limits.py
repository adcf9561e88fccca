"""HTTP of clients that are slow or hostile: a request is here in time and within bounds, or its connection ends.

uvicorn by itself waits for ever for the rest of a request, and takes a head of any size.
"""

from asyncio import TimerHandle, Transport
from collections.abc import MutableMapping
from typing import ClassVar

from labelhub.http_straight import StraightHttp

HEAD_S = 10.0
BODY_S = 60.0
# How long an answer may wait for a client that does not read.
STUCK_S = 60.0
LARGEST_HEAD = 64 * 1024
MOST_PIPELINED = 16
# Each costs a file. The one that has waited longest makes room; a probe says what it wants at once.
MOST_UNFINISHED = 400


class LimitedHttp(StraightHttp):
    # Connections whose next request is not whole, and until when they are waited for, the oldest first.
    unfinished: ClassVar[MutableMapping["LimitedHttp", float]] = {}

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._in_head, self._head_bytes = False, 0
        self._stuck: TimerHandle | None = None
        self._look: TimerHandle | None = None
        self._await_rest(HEAD_S)
        if len(self.unfinished) > MOST_UNFINISHED:
            next(iter(self.unfinished))._give_up()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_all()
        self._flows()
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD:
                self._in_head = False
                self.send_400_response("The head of this request is too large.")

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        if sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            raise ValueError("The head of this request is too large.")
        if len(self.pipeline) >= MOST_PIPELINED:
            raise ValueError("Too many requests were sent before the first was answered.")
        self._await_rest(BODY_S)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self.cycle.response_complete:
            # It was refused before it was whole; uvicorn's own limit for what comes next is gone by now.
            self._await_rest(HEAD_S)
        else:
            self._has_all()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.timeout_keep_alive_task is not None:
            self._await_rest(HEAD_S)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._flows()
        self._stuck = self.loop.call_later(STUCK_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._flows()

    def _await_rest(self, seconds: float) -> None:
        self._has_all()
        until = self.unfinished[self] = self.loop.time() + seconds
        # A timer for each request would cost more than to read it: one that comes too early sets the next one.
        if self._look is None or self._look.when() > until:
            self._look_at(until)

    def _has_all(self) -> None:
        self.unfinished.pop(self, None)

    def _look_at(self, when: float) -> None:
        if self._look is not None:
            self._look.cancel()
        self._look = self.loop.call_at(when, self._is_it_late)

    def _is_it_late(self) -> None:
        self._look = None
        until = self.unfinished.get(self)
        if until is not None and until > self.loop.time():
            self._look_at(until)
        elif until is not None:
            self._give_up()

    def _give_up(self) -> None:
        self._has_all()
        self.transport.abort()

    def _flows(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
