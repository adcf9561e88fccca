"""Drawing is all processor: threads that do it at the same time only take the interpreter from each other, a dozen
times for each label, and every label takes longer for it."""

import time
from collections import deque
from threading import Lock
from types import TracebackType

# How long one that is in stays so where others wait.
SLICE_S = 0.02


class OneAtATime:
    """Threads come in one at a time, in the order in which they ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken = False
        self._since = 0.0
        # Each is released when it is its turn.
        self._waiting: deque[Lock] = deque()

    def __enter__(self) -> "OneAtATime":
        with self._lock:
            waits = self._taken
            self._taken = True
            if waits:
                turn = Lock()
                turn.acquire()
                self._waiting.append(turn)
        if waits:
            turn.acquire()
        self._since = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def give_way(self) -> None:
        """By whoever is in: lets the next one in, and comes back after the last that waits."""
        if self._waiting and time.monotonic() - self._since > SLICE_S:
            self.__exit__(None, None, None)
            self.__enter__()


# A single label never waits for a batch.
SINGLES, BATCHES = OneAtATime(), OneAtATime()
