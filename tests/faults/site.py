"""A deployment under fault: what compose.yaml starts, four emulated printers, and labels that are counted."""

import itertools
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg

from printers.emulator import EmulatedPrinter
from tests.faults.disk import POSTGRESQL, Disk, small_disk
from tests.faults.invariants import check_invariants_of
from tests.faults.workers import kill
from tests.hubs import ROOT
from tests.services import dies_with_its_parent, start_postgresql, wait_until
from tests.stack import Process, Stack, Web, configuration, stack

PRINTERS = 4
# What a label may take while the machine has other work, too.
LIMIT_S = 120
OF_OPEN_JOBS = "FROM jobs_job WHERE state IN ('pending', 'pending-held', 'processing')"


@dataclass
class Site:
    made: Stack
    devices: list[EmulatedPrinter]
    webs: list[Web]
    workers: list[Process]
    token: str
    # Its database lies on it alone; None where it has none, or none could be mounted.
    disk: Disk | None
    numbers: Iterator[int] = field(default_factory=itertools.count)
    # What the errors in its logs may be about (I7).
    expects: str = "nothing"

    def submit(self, printer: int = 0, *, web: int = 0, count: int = 1, **more: Any) -> list[str]:
        """Labels that no other is like; their jobs' ids."""
        rows = [{"name": "Fault", "id": f"F-{next(self.numbers)}", "url": "https://inv.invalid"} for _ in range(count)]
        what = {"fields": rows[0]} if count == 1 else {"rows": rows}
        body = {"printer": f"main/p{printer}", "template": "asset-tag-12", **what, **more}
        code, answer = self.webs[web].call("POST", "/api/print", body, self.token)
        assert code == 202, answer
        return [each["id"] for each in answer["jobs"]]

    def call(self, method: str, path: str, body: Any = None, *, web: int = 0, **headers: str) -> tuple[int, Any]:
        return self.webs[web].call(method, path, body, self.token, **headers)

    def job(self, job: str) -> dict[str, Any]:
        code, found = self.call("GET", f"/api/jobs/{job}")
        assert code == 200, found
        return dict(found)

    def ask_database(self, statement: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.made.database_url, autocommit=True) as connection:
            found = connection.execute(statement.encode(), values)
            return found.fetchall() if found.description else []

    def open_jobs(self) -> int:
        """That may still go on by themselves."""
        return int(self.ask_database(f"SELECT count(*) {OF_OPEN_JOBS}")[0][0])

    def settle(self, limit_s: float = LIMIT_S) -> Counter[str]:
        """Wait for the end of the queue, and check I1 to I6 for everything that was ever asked of this site."""
        try:
            wait_until(lambda: self.open_jobs() == 0, "the end of the queue", limit_s=limit_s)
        except TimeoutError as error:
            left = self.ask_database(f"SELECT id, state, reasons, message, deaths {OF_OPEN_JOBS}")
            raise AssertionError(f"{error}: {left[:5]}\n{self.made.logs()[-5000:]}") from error
        return check_invariants_of(self.made.database_url, self.devices)

    def errors(self) -> dict[str, list[str]]:
        """By process, what it logged as an error so far."""
        logs = {each.name: each.log.read_text(errors="replace").splitlines() for each in self.made.processes}
        return {
            name: [line for line in lines if " ERROR " in line or " CRITICAL " in line] for name, lines in logs.items()
        }

    def start_worker(self, **settings: str) -> Process:
        worker = self.made.start("worker", f"worker-{len(self.made.processes)}", settings)
        self.workers.append(worker)
        return worker


@dataclass
class Nursery:
    """Workers of this deployment, forked from one that has loaded everything: they are at work in a moment.

    Use it as a context; they end with it.
    """

    made: Stack
    process: subprocess.Popen[str] = field(init=False)
    living: list[int] = field(default_factory=list)

    def __enter__(self) -> Self:
        with (self.made.folder / "nursery.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*dies_with_its_parent("KILL"), sys.executable, "-m", "tests.faults.worker", "--fork", "--deployed"],
                cwd=ROOT,
                env=self.made.env | {"LABELHUB_LOG_LEVEL": "WARNING"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.living:
            kill(each)
        self.process.kill()
        self.process.communicate()

    def fork(self) -> None:
        """One more worker."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.living.append(int(self.process.stdout.readline()))


@contextmanager
def deployed(
    folder: Path, printers: int = PRINTERS, webs: int = 2, workers: int = 2, *, on_small_disk: bool = False
) -> Iterator[Site]:
    """2 web, 2 workers, beat; PostgreSQL and Redis of their own, because these tests take them away."""
    devices = [EmulatedPrinter("PT-P750W", "tze:12", speed=0, min_phase_s=0.05).start() for _ in range(printers)]
    with ExitStack() as at_the_end:
        for device in devices:
            at_the_end.callback(device.stop)
        disk = at_the_end.enter_context(small_disk()) if on_small_disk else None
        postgresql = start_postgresql(within=disk.folder, more=POSTGRESQL) if disk else start_postgresql()
        at_the_end.callback(postgresql.stop)
        with stack(folder, config=configuration(folder, devices), postgresql=postgresql) as made:
            made.settings["LABELHUB_PROBE_INTERVAL_S"] = "2"
            living = [made.start("worker", f"worker-{n}") for n in range(workers)]
            made.start("beat")
            serving = [made.start_web(f"web-{n}") for n in range(webs)]
            if workers:
                serving[0].wait_ready()
            yield Site(made, devices, serving, living, made.issue_token("read", "print", "manage"), disk)
