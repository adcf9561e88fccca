import logging
import time
from typing import Any

from celery.beat import ScheduleEntry, Scheduler

log = logging.getLogger(__name__)

QUIET_S = 60.0


class Schedule(Scheduler):
    """In memory: each entry is harmless to ring again after a restart. One line a minute while the broker is away."""

    complained_at = float("-inf")

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:
            # Whatever a broker's library raises; Celery would log its traceback for each entry, every second.
            if time.monotonic() - self.complained_at > QUIET_S:
                self.complained_at = time.monotonic()
                log.warning("Nothing can be rung: %s", error)
