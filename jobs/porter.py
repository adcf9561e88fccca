"""Hears for whom it is rung, and sends a thread of the worker there."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.db import connection

from jobs import pools
from jobs.dispatch import drain
from jobs.dispatch.session import is_stopping
from printers.bell import bell

log = logging.getLogger(__name__)

# As soon as it looks whether the worker ends.
HEAR_S = 1.0
AGAIN_S = 1.0
QUIET_S = 60.0


def serve(printer_id: UUID) -> None:
    """Print what waits for it, or hand that on; harmless at any time, any number of times, from anywhere."""
    pooled = pools.gather(printer_id)
    drain(printer_id)
    if pooled:
        pools.hand_over(printer_id)


class Porter(threading.Thread):
    """Of a worker, beside its tasks. No ring is taken before a thread is free, so that the other workers get it.

    `threads` are those of its tasks, so many: at its end it waits for all that work.
    """

    def __init__(self, threads: ThreadPoolExecutor, so_many: int) -> None:
        super().__init__(name="porter", daemon=True)
        self.threads = threads
        self.free = threading.Semaphore(so_many)
        self.complained_at = float("-inf")

    def run(self) -> None:
        while not is_stopping():
            if not self.free.acquire(timeout=HEAR_S):
                continue
            printer_id = self._hear()
            if printer_id is None or not self._send(printer_id):
                self.free.release()

    def _hear(self) -> str | None:
        try:
            return bell().take(HEAR_S)
        except Exception as error:
            # Whatever a broker's library raises. One line a minute: a broker that is down must not fill the log.
            if time.monotonic() - self.complained_at > QUIET_S:
                self.complained_at = time.monotonic()
                log.warning("No ring can be heard; the sweep finds the jobs. %s: %s", type(error).__name__, error)
            time.sleep(AGAIN_S)
            return None

    def _send(self, printer_id: str) -> bool:
        try:
            self.threads.submit(self._serve, printer_id)
        except RuntimeError:
            # The worker ends; the sweep finds the printer.
            return False
        return True

    def _serve(self, printer_id: str) -> None:
        try:
            serve(UUID(printer_id))
        except Exception as error:
            log.exception("The printer %s could not be served: %r", printer_id, error)
        finally:
            self.free.release()
            connection.close_if_unusable_or_obsolete()
