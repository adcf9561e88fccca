"""Who is rung: printers' ids, each once however often it is rung, the one that waits longest first.

They lie in a sorted set of Redis, or in this process where the broker is in its memory. To take a Celery message would
cost a worker 0.7 to 1 ms, a third of what a label in a batch does. Nothing depends on a ring: the sweep finds what was
lost.
"""

import threading
import time
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

from django.conf import settings

KEY = "labelhub:rung"
# A Redis that swallows packets holds nobody up for longer.
ANSWER_S = 1.0


class Bell(Protocol):
    def put(self, printer_ids: Sequence[str]) -> None:
        """Ring for them. Raises OSError or RedisError where Redis does not take it."""

    def take(self, wait_s: float) -> str | None:
        """The next one, which nobody else gets; None where there is none in so many seconds. Raises as `put`."""


def bell() -> Bell:
    return _bell_of(settings.BROKER_URL)


@cache
def _bell_of(url: str) -> Bell:
    return InThisProcess() if url.startswith("memory:") else InRedis(url)


class InThisProcess:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rung: dict[str, None] = {}

    def put(self, printer_ids: Sequence[str]) -> None:
        with self._changed:
            self._rung.update(dict.fromkeys(printer_ids))
            self._changed.notify(len(printer_ids))

    def take(self, wait_s: float) -> str | None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._rung, wait_s):
                return None
            first = next(iter(self._rung))
            del self._rung[first]
            return first


class InRedis:
    def __init__(self, url: str) -> None:
        self._url = url
        self._ringing = self._client(ANSWER_S)
        self._hearing: dict[float, Any] = {}

    def put(self, printer_ids: Sequence[str]) -> None:
        now = time.time()
        self._ringing.zadd(KEY, dict.fromkeys(printer_ids, now), nx=True)

    def take(self, wait_s: float) -> str | None:
        if wait_s not in self._hearing:
            self._hearing[wait_s] = self._client(wait_s + ANSWER_S)
        found = self._hearing[wait_s].bzpopmin(KEY, wait_s)
        return found[1].decode() if found else None

    def _client(self, answer_s: float) -> Any:
        # Embedded hubs do not need it.
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        return Redis.from_url(
            self._url,
            socket_timeout=answer_s,
            socket_connect_timeout=ANSWER_S,
            socket_keepalive=True,
            # One that the server has closed is opened again; more is the sweep's business.
            retry=Retry(NoBackoff(), 1),
        )
