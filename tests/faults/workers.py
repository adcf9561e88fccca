"""Real worker processes on the database of the test, and what must be true whatever happened to them."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import connection

from jobs.models import Job, Outcome, State
from jobs.states import OUTCOME_UNKNOWN, QUEUED_IN_DEVICE, TERMINAL
from printers.emulator import EmulatedPrinter
from printers.models import Event
from tests.hubs import ROOT, environment

IMPATIENT = {
    "jobs.dispatch.sending.WATCH_SLACK_S": 1.0,
    "jobs.dispatch.sending.SEND_SLACK_S": 2.0,
    "jobs.dispatch.sending.DRAIN_S": 1.0,
    "jobs.dispatch.sending.CONNECT_S": 1.0,
    "jobs.dispatch.sending.SAFETY": 0.2,
}


def database_url() -> str:
    known = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    return f"postgresql://{known['USER']}@{known['HOST']}:{known['PORT']}/{known['NAME']}"


def worker_environment(**more: str) -> dict[str, str]:
    return environment(
        DJANGO_SETTINGS_MODULE="labelhub.settings",
        LABELHUB_DATABASE_URL=database_url(),
        LABELHUB_DATA_DIR=str(settings.DATA_DIR),
        LABELHUB_SECRET_KEY=settings.SECRET_KEY,
        LABELHUB_DEMO="1",
        LABELHUB_LOG_LEVEL="ERROR",
        **more,
    )


@dataclass
class Worker:
    """Use it as a context; it is killed at its end."""

    failpoints: str = ""
    constants: dict[str, float] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        constants = [f"{name}={value}" for name, value in (IMPATIENT | self.constants).items()]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker", *self.options, *constants],
            cwd=ROOT,
            env=worker_environment(FAILPOINTS=self.failpoints),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def wait(self, limit_s: float = 30) -> int:
        return self.process.wait(limit_s)

    def wait_until_stopped(self, limit_s: float = 30) -> None:
        """SIGSTOP has reached it."""
        end = time.monotonic() + limit_s
        while (Path("/proc") / str(self.process.pid) / "stat").read_text().rpartition(")")[2].split()[0] != "T":
            assert time.monotonic() < end, "it was not stopped"
            assert self.process.poll() is None, "it ended"
            time.sleep(0.01)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def fork(self) -> int:
        """One more worker; its process id. Needs the option --fork."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def check_invariants(devices: Iterable[EmulatedPrinter]) -> Counter[str]:
    """I1 to I6 of every job for these printers; how many jobs ended in which way."""
    devices = list(devices)
    asked = Job.objects.filter(printer__port__in=[device.port for device in devices])
    printed = Counter(label.raster.sha256 for device in devices for label in device.labels)
    ends: Counter[str] = Counter()
    for job in asked.order_by("created_at", "position"):
        count = printed[job.artifact] if job.artifact else 0
        said = f"{job.pk} {job.state} {job.outcome} {job.reasons} printed {count}"
        assert count <= job.copies, f"I1, printed more than once: {said}"
        if job.state == State.COMPLETED and QUEUED_IN_DEVICE not in job.reasons:
            assert count == job.copies, f"I2, confirmed and not printed: {said}"
        assert job.state in TERMINAL or job.state == State.STOPPED, f"I3, never ended: {said}"
        if job.state in {State.ABORTED, State.CANCELED} and OUTCOME_UNKNOWN not in job.reasons:
            assert count == 0, f"I4, given up and printed: {said}"
        if job.state == State.STOPPED:
            assert (job.outcome, job.barrier_at is not None) == (Outcome.UNKNOWN, True), said
        _check_story(job)
        ends[f"{job.state} {job.outcome}"] += 1
    for device in devices:
        assert device.most_connections_at_once <= 1, "I5, two connections at once"
    return ends


def _check_story(job: Job) -> None:
    events: list[Any] = list(Event.objects.filter(job_id=job.pk, data__has_key="to").order_by("id"))
    story = [(event.data["from"], event.data["to"]) for event in events]
    assert story[0] == (None, "pending"), story
    assert all(before[1] == after[0] for before, after in pairwise(story)), f"I6, a change is missing: {story}"
    assert story[-1][1] == job.state, f"I6, the last change is missing: {story}, {job.state}"
