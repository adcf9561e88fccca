"""Live processes say so in the database; readiness believes nothing else."""

import os
import socket

from django.utils import timezone

from jobs.models import Heartbeat

WORKER, BEAT = "worker", "beat"


def beat(role: str, name: str = "") -> None:
    """Say that this process lives."""
    name = (name or f"{role}@{socket.gethostname()}:{os.getpid()}")[:160]
    now = timezone.now()
    if not Heartbeat.objects.filter(name=name).update(seen_at=now):
        first = Heartbeat(name=name, role=role, started_at=now, seen_at=now)
        Heartbeat.objects.bulk_create([first], ignore_conflicts=True)
