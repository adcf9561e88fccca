"""Real worker processes on the database of the test."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import connection

from tests.hubs import ROOT, environment

IMPATIENT = {
    "jobs.dispatch.patience.WATCH_SLACK_S": 1.0,
    "jobs.dispatch.patience.SEND_SLACK_S": 2.0,
    "jobs.dispatch.patience.DRAIN_S": 1.0,
    "jobs.dispatch.patience.CONNECT_S": 1.0,
    "jobs.dispatch.patience.SAFETY": 0.2,
}


def database_url() -> str:
    known = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    return f"postgresql://{known['USER']}@{known['HOST']}:{known['PORT']}/{known['NAME']}"


def worker_environment(**more: str) -> dict[str, str]:
    ours = {
        "DJANGO_SETTINGS_MODULE": "labelhub.settings",
        "LABELHUB_DATABASE_URL": database_url(),
        "LABELHUB_DATA_DIR": str(settings.DATA_DIR),
        "LABELHUB_SECRET_KEY": settings.SECRET_KEY,
        "LABELHUB_DEMO": "1",
        "LABELHUB_LOG_LEVEL": "ERROR",
    }
    return environment(**ours | more)


@dataclass
class Worker:
    """Use it as a context; it is killed at its end."""

    failpoints: str = ""
    constants: dict[str, float] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] = field(init=False)
    log: Path = field(init=False)

    def __enter__(self) -> Self:
        self.log = Path(settings.DATA_DIR) / f"worker-{time.monotonic_ns()}.log"
        constants = [f"{name}={value}" for name, value in (IMPATIENT | self.constants).items()]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.worker", *self.options, *constants],
                cwd=ROOT,
                env=worker_environment(FAILPOINTS=self.failpoints, **self.env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    @property
    def errors(self) -> list[str]:
        """I7: what it logged as an error; an end by SIGKILL logs nothing."""
        return [line for line in self.log.read_text().splitlines() if " ERROR " in line or " CRITICAL " in line]

    def wait(self, limit_s: float = 120) -> int:
        return self.process.wait(limit_s)

    def wait_until_stopped(self, limit_s: float = 120) -> None:
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
