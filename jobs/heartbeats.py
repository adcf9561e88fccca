"""Live processes say so in the database; readiness believes nothing else."""

import logging
import os
import socket
import threading

from django.db import DatabaseError, connection
from django.utils import timezone

from jobs.epoch import keep_count
from jobs.models import Heartbeat

log = logging.getLogger(__name__)

WORKER, BEAT = "worker", "beat"
EVERY_S = 10.0


def beat(role: str, name: str = "") -> None:
    """Say that this process lives."""
    name = (name or f"{role}@{socket.gethostname()}:{os.getpid()}")[:160]
    now = timezone.now()
    if not Heartbeat.objects.filter(name=name).update(seen_at=now):
        first = Heartbeat(name=name, role=role, started_at=now, seen_at=now)
        Heartbeat.objects.bulk_create([first], ignore_conflicts=True)


class Pulse(threading.Thread):
    """Of a worker, beside its tasks: long labels on every thread must not make it look dead."""

    def __init__(self) -> None:
        super().__init__(name="pulse", daemon=True)
        self.ends = threading.Event()

    def run(self) -> None:
        try:
            while True:
                self.once()
                if self.ends.wait(EVERY_S):
                    return
        finally:
            connection.close()

    def once(self) -> None:
        try:
            beat(WORKER)
            keep_count()
        except DatabaseError as error:
            log.warning("This worker cannot say that it lives: %s", str(error).strip())
            connection.close()
