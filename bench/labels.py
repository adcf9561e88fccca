"""Labels from request to outcome: 50 emulated printers that print in no time, PostgreSQL, Redis, and two web processes
and two workers, one of each for a core of this class of machine.

The printers run in a process of their own, so that their work is not counted as the hub's; so do the database and the
broker. CPU is what web, workers and beat used between the first request and the last outcome.

A machine that others use as well is now fast and now slow. Single jobs and batches take turns in some rounds, the best
of each counts, the slowest is told; and so is how long an encoder that we did not write takes between them.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from queue import Queue
from statistics import median
from typing import Any

import psutil
import psycopg

from bench import Row
from bench._child import child
from bench.encode import yardstick_ms
from tests.stack import Stack, stack

PRINTERS, CLIENTS = 50, 8
SINGLES, BATCH, BATCHES, ROUNDS = 1500, 100, 1, 3
# Of brother_ql, on the machine for which the targets were set: 15 to 17 ms.
YARDSTICK_MS = 16.0
ALONE, LIMIT_S = 60, 600
# Measured on this class of machine: 67 to 74 labels a second, 14.7 ms of CPU a label.
PEER, PEER_LABELS_PER_S, PEER_CPU_MS = "the existing hub, as measured", 70.5, 14.7
DELAYS = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY 1000 * extract(epoch FROM attempt.acked_at - job.created_at))
FROM jobs_attempt attempt JOIN jobs_job job ON job.id = attempt.job_id WHERE job.created_at > %s
"""
PREPARE = """
import json, sys
from labelhub.accounts.models import ApiToken
from printers.models import Printer, Site
site, _ = Site.objects.get_or_create(key="bench")
for n, (port, snmp_port) in enumerate(json.loads({ports!r})):
    Printer.objects.create(site=site, name=f"p{{n}}", model="PT-P750W", host="127.0.0.1", port=port,
                           snmp_port=snmp_port, media="tze:12")
token, text = ApiToken.issue("bench", ["read", "print"])
# Counted like any other, and never refused.
token.rate_limit_per_minute = 10_000_000
token.save(update_fields=["rate_limit_per_minute"])
print(text)
"""


def rows() -> list[Row]:
    found = measure()
    peer_ms = 1000 / PEER_LABELS_PER_S
    lines = []
    for what, rounds, most, most_cpu in (
        (f"{PRINTERS} printers, single jobs", found.singles, "≤ 6.7 ms: 150/s", "≤ 8 ms"),
        (f"batches of {BATCH}", found.batches, "≤ 2.5 ms: 400/s", "≤ 3 ms"),
    ):
        best, slowest = min(rounds), max(rounds)
        lines += [
            Row(f"a label end to end, {what}, best of {ROUNDS} rounds", PEER, peer_ms, best[0], "ms", most),
            Row("the same, CPU of all hub processes", PEER, PEER_CPU_MS, best[1], "ms", most_cpu),
            Row("the same, slowest round", "", None, slowest[0], "ms", ""),
            Row("the same, its CPU", "", None, slowest[1], "ms", ""),
        ]
    return [
        *lines,
        Row("idle printer: submitted → the printer has its bytes, p50", "", None, found.first_byte_ms, "ms", "≤ 30 ms"),
        Row(
            "the machine meanwhile: encode QL 62 mm, by brother_ql-inventree",
            "when targets were set",
            YARDSTICK_MS,
            median(found.yardstick_ms),
            "ms",
            "",
        ),
    ]


def notes(_rows: list[Row]) -> str:
    """What the machine has to do with it."""
    return (
        "All of it follows the speed of the machine, which its last row tells. In an hour when brother_ql took 21.7 "
        "to 30.5 ms, ten runs took 7.8 to 9.4 ms for a single job and 2.4 to 3.1 ms for one of a batch: then most of "
        "these targets were missed."
    )


@dataclass(frozen=True)
class Measured:
    """`singles` and `batches`: by round, milliseconds and milliseconds of CPU a label. `first_byte_ms`: from the
    request to the last byte. `yardstick_ms`: before, between and after the rounds.
    """

    first_byte_ms: float
    singles: list[tuple[float, float]]
    batches: list[tuple[float, float]]
    yardstick_ms: list[float]


def measure() -> Measured:
    with (
        tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder,
        child("bench.labels") as ports,
        stack(Path(folder)) as made,
    ):
        command = PREPARE.format(ports=json.dumps(ports))
        token = made.run("python", "manage.py", "shell", "--no-imports", "-c", command).strip()
        for n in (1, 2):
            made.start("worker", f"worker-{n}")
        made.start("beat")
        webs = [made.start_web(f"web-{n}") for n in (1, 2)]
        for web in webs:
            web.wait_ready()

        clients = _Clients([web.port for web in webs], token)
        ask = clients.ask
        warm = [(n, _some(1, f"w{n}")) for n in range(PRINTERS)]
        for _ in range(2):
            _timed(made, ask, warm)
        found = Measured(_alone(made, ask), [], [], [yardstick_ms()])
        for n in range(ROUNDS):
            clients.reconnect()
            found.singles.append(_timed(made, ask, _wanted(SINGLES, 1, f"s{n}")))
            clients.reconnect()
            found.batches.append(_timed(made, ask, _wanted(PRINTERS * BATCHES, BATCH, f"b{n}")))
            found.yardstick_ms.append(yardstick_ms())
        return found


def _wanted(requests: int, labels: int, mark: str) -> list[tuple[int, list[dict[str, str]]]]:
    return [(n % PRINTERS, _some(labels, f"{mark}-{n}")) for n in range(requests)]


def _some(count: int, mark: str) -> list[dict[str, str]]:
    return [{"name": f"Bench drill {mark}", "id": f"A-{mark}-{n}"} for n in range(count)]


class _Clients:
    """Each keeps its connection: what this process uses is taken away from the hub."""

    def __init__(self, ports: list[int], token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.links: Queue[HTTPConnection] = Queue()
        for n in range(CLIENTS):
            self.links.put(HTTPConnection("127.0.0.1", ports[n % len(ports)], timeout=60))

    def ask(self, wanted: tuple[int, list[dict[str, str]]]) -> None:
        printer, rows = wanted
        link = self.links.get()
        try:
            body = {"printer": f"bench/p{printer}", "template": "asset-tag-12", "rows": rows}
            link.request("POST", "/api/print", json.dumps(body), self.headers)
            answer = link.getresponse()
            text = answer.read()
        finally:
            self.links.put(link)
        if answer.status != 202:
            raise RuntimeError(f"{answer.status}: {text!r}")

    def reconnect(self) -> None:
        """A connection that rests for some seconds is ended by the hub."""
        for link in self.links.queue:
            link.close()


Ask = Callable[[tuple[int, list[dict[str, str]]]], None]


def _timed(made: Stack, ask: Ask, wanted: list[tuple[int, list[dict[str, str]]]]) -> tuple[float, float]:
    labels = sum(len(each) for _, each in wanted)
    with psycopg.connect(made.database_url, autocommit=True) as database:
        before, cpu, begun = _printed(database), _cpu(made), time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(ask, wanted))
        while (printed := _printed(database) - before) < labels:
            if time.perf_counter() - begun > LIMIT_S:
                raise RuntimeError(f"{printed} of {labels} labels in {LIMIT_S} s:\n{made.logs()[-3000:]}")
            # Counting them costs the database as much as a few labels: seldom while much is left.
            left = (time.perf_counter() - begun) * (labels - printed) / max(1, printed)
            time.sleep(max(0.05, min(1.0, left / 4)))
    return (time.perf_counter() - begun) * 1000 / labels, (_cpu(made) - cpu) * 1000 / labels


def _alone(made: Stack, ask: Ask) -> float:
    """One after the other, each at a printer that has nothing to do."""
    with psycopg.connect(made.database_url, autocommit=True) as database:
        [begun] = database.execute("SELECT now()").fetchone() or [None]
        for n in range(ALONE):
            before = _printed(database)
            ask((n % PRINTERS, _some(1, f"a{n}")))
            while _printed(database) == before:
                time.sleep(0.01)
        [p50] = database.execute(DELAYS, [begun]).fetchone() or [0.0]
    return float(p50)


def _printed(database: psycopg.Connection[Any]) -> int:
    found = database.execute("SELECT count(*) FROM jobs_job WHERE outcome = 'confirmed'").fetchone()
    return int(found[0]) if found else 0


def _cpu(made: Stack) -> float:
    """Seconds, of web, workers and beat."""
    times = [psutil.Process(each.popen.pid).cpu_times() for each in made.processes]
    return float(sum(each.user + each.system for each in times))


def devices() -> None:
    """The printers, until standard input ends; their raw and SNMP ports on standard output."""
    from printers.emulator import EmulatedPrinter

    running = [EmulatedPrinter("pt-p750w", "tze:12", speed=0, min_phase_s=0).start() for _ in range(PRINTERS)]
    sys.stdout.write(json.dumps([(each.port, each.snmp_port) for each in running]) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    for each in running:
        each.stop()


if __name__ == "__main__":
    devices()
