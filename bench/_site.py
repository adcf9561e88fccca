"""What compose.yaml starts, with emulated printers in a process of their own: their work is not the hub's."""

import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from bench._child import child
from tests.stack import Process, Stack, Web, stack

CLIENTS = 8
LIMIT_S = 600
PREPARE = """
import json
from labelhub.accounts.models import ApiToken
from printers.models import Printer, Site
site, _ = Site.objects.get_or_create(key="bench")
for n, (port, snmp_port) in enumerate(json.loads({ports!r})):
    Printer.objects.create(site=site, name=f"p{{n}}", model={model!r}, host="127.0.0.1", port=port,
                           snmp_port=snmp_port, media={medium!r})
token, text = ApiToken.issue("bench", ["read", "print", "manage"])
# Counted like any other, and never refused.
token.rate_limit_per_minute = 10_000_000
token.save(update_fields=["rate_limit_per_minute"])
print(text)
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """Printers of one model with one medium, and a label for them. `speed`: of the model's own; 0 is at once."""

    model: str
    medium: str
    template: str
    fields: dict[str, str]
    speed: float = 0.0


PT = Kind("pt-p750w", "tze:12", "asset-tag-12", {"name": "Bench drill", "id": "A-{}"})
QL = Kind(
    "ql-820nwb", "dk:29x90", "address-29x90", {"name": "Marie Curie {}", "street": "Rue 11", "town": "75005 Paris"}, 1.0
)


@dataclass
class Site:
    made: Stack
    web: Web
    token: str
    kind: Kind
    printers: int

    def start_workers(self, count: int) -> list[Process]:
        """So many in all."""
        running = [each for each in self.made.processes if each.name.startswith("worker")]
        running += [self.made.start("worker", f"worker-{n}") for n in range(len(running), count)]
        end = time.monotonic() + 60
        while self.web.readiness()["checks"]["print_queue"]["metric"].get("workers", 0) < count:
            if time.monotonic() > end:
                raise RuntimeError(self.made.logs()[-3000:])
            time.sleep(0.2)
        return running

    def ask(self, printer: int, mark: str, count: int) -> None:
        rows = [{name: text.format(f"{mark}-{n}") for name, text in self.kind.fields.items()} for n in range(count)]
        body = {"printer": f"bench/p{printer}", "template": self.kind.template, "rows": rows}
        status, answer = self.web.call("POST", "/api/print", body, self.token)
        if status != 202:
            raise RuntimeError(f"{status}: {answer}")

    def print_all(self, mark: str, each: int, printers: Iterable[int] | None = None) -> "Spent":
        """So many labels on each printer, from the first request to the last outcome."""
        wanted = list(range(self.printers) if printers is None else printers)
        labels, before, at_first = each * len(wanted), self.printed(), self.cpu()
        begun = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(lambda printer: self.ask(printer, mark, each), wanted))
        while (printed := self.printed() - before) < labels:
            if time.perf_counter() - begun > LIMIT_S:
                raise RuntimeError(f"{printed} of {labels} labels in {LIMIT_S} s:\n{self.made.logs()[-3000:]}")
            time.sleep(0.05)
        took = time.perf_counter() - begun
        at_last = self.cpu()
        return Spent(labels, took, *(after - before for before, after in zip(at_first, at_last, strict=True)))

    def printed(self) -> int:
        with psycopg.connect(self.made.database_url) as database:
            found = database.execute("SELECT count(*) FROM jobs_job WHERE outcome = 'confirmed'").fetchone()
        return int(found[0]) if found else 0

    def cpu(self) -> tuple[float, float]:
        """Seconds of web, workers and beat; of PostgreSQL."""
        hub = sum(_seconds(psutil.Process(each.popen.pid)) for each in self.made.processes if each.runs)
        server = psutil.Process(self.made.postgresql.process.pid)
        return hub, _seconds(server, ended=True) + sum(_seconds(each) for each in server.children())


@dataclass(frozen=True, slots=True)
class Spent:
    labels: int
    took_s: float
    hub_s: float
    database_s: float

    @property
    def rate(self) -> float:
        return self.labels / self.took_s

    @property
    def hub_ms(self) -> float:
        """Of CPU, a label."""
        return self.hub_s * 1000 / self.labels

    @property
    def database_ms(self) -> float:
        return self.database_s * 1000 / self.labels


def _seconds(process: psutil.Process, *, ended: bool = False) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    of_children = times.children_user + times.children_system if ended else 0.0
    return float(times.user + times.system + of_children)


@contextmanager
def site(kind: Kind, printers: int) -> Iterator[Site]:
    """Brought up and served, with beat and without a worker."""
    with (
        tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder,
        child("bench._site", kind.model, kind.medium, str(kind.speed), str(printers)) as ports,
        stack(Path(folder)) as made,
    ):
        command = PREPARE.format(ports=json.dumps(ports), model=kind.model.upper(), medium=kind.medium)
        token = made.run("python", "manage.py", "shell", "--no-imports", "-c", command).strip()
        made.start("beat")
        yield Site(made, made.start_web(), token, kind, printers)


def devices(model: str, medium: str, speed: float, count: int) -> None:
    """The printers, until standard input ends; their raw and SNMP ports on standard output."""
    from printers.emulator import EmulatedPrinter

    running = [EmulatedPrinter(model, medium, speed=speed, min_phase_s=0).start() for _ in range(count)]
    sys.stdout.write(json.dumps([(each.port, each.snmp_port) for each in running]) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    for each in running:
        each.stop()


if __name__ == "__main__":
    model, medium, speed, count = sys.argv[1:]
    devices(model, medium, float(speed), int(count))
