"""A day of a busy site in some minutes: 200 printers, bursts, faults, a worker that is killed, and people who sign in.

Time is compressed by its load: each of the 24 hours brings its labels at once, and then everything that is kept grows
older by an eighth of the time that it is kept. So after eight hours as much is forgotten as comes. Shorter:

    python -m bench.busy_day --hours 4 --labels 2000 --printers 40
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench import Row
from printers.emulator import EmulatedPrinter
from tests.labelhub.webhooks.receiver import Receiver
from tests.stack import Process, Stack, Web, configuration, stack

HOURS, LABELS, PRINTERS = 24, 8_000, 200
WARM_UP = 1 / 3
CLIENTS, BURST = 8, 40
# Of the labels of a day, by the hour.
PROFILE = (1, 1, 1, 1, 2, 4, 8, 12, 14, 14, 12, 8, 10, 14, 14, 12, 8, 6, 4, 3, 2, 2, 1, 1)
FAULTS = ("cover-open", "no-media", "off", "refuse", "reset=300", "jam", "snmp-off", "wrong-media", "snmp-garbage")
BROKEN_SHARE = 0.03
SETTLE_S = 240
# Column that tells the age of a row, how many days the hub keeps it, and which rows may be made older.
KEPT: dict[str, tuple[str, float, str]] = {
    "jobs_job": ("finished_at", 1, "state IN ('completed', 'aborted', 'canceled')"),
    "printers_event": ("at", 1, "true"),
    "jobs_idempotencykey": ("created_at", 1, "true"),
    "jobs_heartbeat": ("seen_at", 1, "seen_at < now() - interval '1 minute'"),
    "webhooks_delivery": ("ended_at", 7, "ended_at IS NOT NULL"),
    "django_session": ("expire_date", 14, "true"),
    "axes_accesslog": ("attempt_time", 90, "true"),
    "axes_accessattempt": ("attempt_time", 90, "true"),
}
# Their rows go with those of the tables above.
GO_ALONG = {"jobs_attempt", "jobs_batch", "axes_accessattemptexpiration", "axes_accessfailurelog"}
# Sums: a row for each printer and kind of thing that ever happened to it.
SUMS = {"printers_total"}
IMAGES_KEPT_DAYS = 7
STEPS = 8
PREPARE = """
from labelhub.accounts.models import ApiToken
from labelhub.webhooks.models import Webhook
Webhook.objects.create(name="day", url={url!r}, kinds=["job.completed", "job.aborted", "job.processing-stopped"])
token, text = ApiToken.issue("day", ["read", "print", "manage"])
token.rate_limit_per_minute = 10_000_000
token.save(update_fields=["rate_limit_per_minute"])
print(text)
"""
CLEAN_UP = """
from jobs.tasks import clean_up
from labelhub.accounts.tasks import tidy as accounts
from labelhub.webhooks.tasks import tidy as webhooks
for task in (clean_up, accounts, webhooks):
    task()
"""


@dataclass
class Day:
    made: Stack
    web: Web
    token: str
    devices: list[EmulatedPrinter]
    steady: dict[str, Process]
    chance: random.Random
    numbers: Any = field(default_factory=count)
    memory: dict[str, list[float]] = field(default_factory=dict)
    tables: list[dict[str, int]] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    false: int = 0
    overdue: int = 0
    files: int = 0
    accepted: int = 0

    def hour(self, labels: int, *, kill: bool) -> None:
        broken = self.chance.sample(self.devices, max(1, round(len(self.devices) * BROKEN_SHARE)))
        for device in broken:
            device.set_fault(self.chance.choice(FAULTS))
        wanted = self._wanted(labels)
        half = len(wanted) // 2
        with ThreadPoolExecutor(CLIENTS) as clients:
            people = clients.submit(self._people)
            jobs = [job for found in clients.map(self._ask, wanted[:half]) for job in found]
            if kill:
                self._replace_a_worker()
            jobs += [job for found in clients.map(self._ask, wanted[half:]) for job in found]
            people.result()
        for device in broken:
            device.clear_fault()
        self._settle(jobs)
        self._grow_older()
        self.made.run("python", "manage.py", "shell", "--no-imports", "-c", CLEAN_UP)
        self._look()

    def _wanted(self, labels: int) -> list[tuple[int, int]]:
        """(printer, labels) for each request: a third of the labels comes in bursts."""
        bursts = [(self.chance.randrange(len(self.devices)), BURST) for _ in range(labels // 3 // BURST)]
        singles = [(self.chance.randrange(len(self.devices)), 1) for _ in range(labels - len(bursts) * BURST)]
        wanted = bursts + singles
        self.chance.shuffle(wanted)
        return wanted

    def _ask(self, what: tuple[int, int]) -> list[str]:
        printer, labels = what
        rows = [{"name": "Busy day", "id": f"D-{next(self.numbers)}"} for _ in range(labels)]
        body = {"printer": f"main/p{printer}", "template": "asset-tag-12", "rows": rows}
        key = f"day-{rows[0]['id']}"
        status, answer = self.web.call("POST", "/api/print", body, self.token, Idempotency_Key=key)
        if status != 202:
            raise RuntimeError(f"{status}: {answer}")
        return [each["id"] for each in answer["jobs"]]

    def _people(self) -> None:
        """Some look, and somebody cannot remember a password."""
        for path in ("/readiness", "/api/printers", "/api/jobs"):
            self.web.call("GET", path, token=self.token)
        for _ in range(3):
            self.web.call("GET", "/sign-in")
        form = urllib.request.Request(f"{self.web.origin}/sign-in", b"username=admin&password=wrong")
        with suppress(urllib.error.HTTPError):
            urllib.request.urlopen(form, timeout=30).close()

    def _replace_a_worker(self) -> None:
        old = next(each for each in reversed(self.made.processes) if each.name.startswith("spare") and each.runs)
        old.kill()
        self.made.start("worker", f"spare-{len(self.made.processes)}")

    def _settle(self, jobs: list[str]) -> None:
        """Every label of the hour has an end, or a person says what became of it; and what was said of it is true."""
        self.accepted += len(jobs)
        end = time.monotonic() + SETTLE_S
        while open_ones := self.query(
            "SELECT count(*) FROM jobs_job WHERE state IN ('pending', 'pending-held', 'processing')"
        )[0][0]:
            if time.monotonic() > end:
                print(f"{open_ones} labels are still open", flush=True)
                break
            time.sleep(0.2)
        rows = self.query("SELECT id, state, outcome, artifact FROM jobs_job WHERE id = ANY(%s::uuid[])", jobs)
        printed = Counter(label.raster.sha256 for device in self.devices for label in device.labels)
        for job, state, outcome, artifact in rows:
            self.ends[f"{state} {outcome}"] += 1
            came_out = printed[artifact] if artifact else 0
            self.false += came_out > 1 or (outcome == "confirmed") > came_out or (state == "aborted" and came_out > 0)
            if state == "processing-stopped":
                self.web.call("POST", f"/api/jobs/{job}/resolve", {"printed": came_out == 1}, self.token)
            elif state not in {"completed", "aborted", "canceled"}:
                self.lost += 1
        self.lost += len(jobs) - len(rows)

    def _grow_older(self) -> None:
        with psycopg.connect(self.made.database_url, autocommit=True) as database:
            for table, (column, days, which) in KEPT.items():
                older = f"{column} - interval '{days * 24 / STEPS} hours'"
                database.execute(f"UPDATE {table} SET {column} = {older} WHERE {which}".encode())
            database.execute(b"VACUUM (ANALYZE) jobs_job, jobs_attempt, printers_event, webhooks_delivery")
        for path in (self.made.folder / "data" / "artifacts").glob("??/*"):
            with suppress(OSError):
                os.utime(path, times=(path.stat().st_mtime - IMAGES_KEPT_DAYS * 24 * 3600 / STEPS,) * 2)

    def _look(self) -> None:
        for name, process in self.steady.items():
            memory = psutil.Process(process.popen.pid).memory_info().rss / 1e6
            self.memory.setdefault(name, []).append(memory)
        names = [row[0] for row in self.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        self.tables.append({name: self.query(f'SELECT count(*) FROM "{name}"')[0][0] for name in names})
        for table, (column, days, which) in KEPT.items():
            too_old = f"{column} < now() - interval '{days * 24} hours' AND {which}"
            if table == "django_session":
                too_old = f"{column} < now()"
            self.overdue += self.query(f"SELECT count(*) FROM {table} WHERE {too_old}")[0][0]
        before = time.time() - IMAGES_KEPT_DAYS * 24 * 3600
        images = list((self.made.folder / "data" / "artifacts").glob("??/*"))
        self.files = len(images)
        self.overdue += sum(path.stat().st_mtime < before for path in images)

    def query(self, statement: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.made.database_url) as database:
            return database.execute(statement.encode(), values).fetchall()

    def grown(self, warm: int) -> dict[str, tuple[int, int]]:
        """Tables that nothing is forgotten of, and that have more rows than when the day was warm."""
        first, last = self.tables[warm], self.tables[-1]
        bounded = KEPT.keys() | GO_ALONG | SUMS
        return {name: (first[name], rows) for name, rows in last.items() if name not in bounded and rows > first[name]}


def rows(hours: int = HOURS, labels: int = LABELS, printers: int = PRINTERS, seed: int = 1) -> list[Row]:
    begun = time.monotonic()
    day = live(hours, labels, printers, seed)
    took = time.monotonic() - begun
    warm = round(hours * WARM_UP)
    told = ", ".join(f"{number} {end}" for end, number in day.ends.most_common())
    grown = day.grown(warm)
    return [
        Row(
            f"{hours} h of a busy site, {printers} printers, {day.accepted:,} labels",
            "",
            None,
            took / 60,
            "min",
            "≤ 10 min",
        ),
        Row(f"labels without an end ({told})", "", None, day.lost, "", "0"),
        Row("labels that came out twice, or not as it was said", "", None, day.false, "", "0"),
        *(
            Row(f"memory of {name} at the end", "after warm-up", *_first_and_last(found, warm), "MB", "± 5 %")
            for name, found in day.memory.items()
        ),
        Row(f"rows and pictures older than they are kept ({day.files:,} pictures)", "", None, day.overdue, "", "0"),
        Row(
            f"tables without retention that grew {json.dumps(grown) if grown else ''}".strip(),
            "",
            None,
            len(grown),
            "",
            "0",
        ),
    ]


def _first_and_last(found: list[float], warm: int) -> tuple[float, float]:
    return statistics.median(found[warm : warm + 3]), statistics.median(found[-3:])


def live(hours: int, labels: int, printers: int, seed: int) -> Day:
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as name, ExitStack() as at_the_end:
        folder = Path(name)
        receiver = at_the_end.enter_context(Receiver())
        devices = [
            at_the_end.enter_context(EmulatedPrinter("PT-P750W", "tze:12", speed=0, min_phase_s=0.02))
            for _ in range(printers)
        ]
        made = at_the_end.enter_context(stack(folder, config=configuration(folder, devices)))
        made.settings |= {"LABELHUB_JOB_RETENTION_DAYS": "1", "LABELHUB_WEBHOOK_ORIGINS": receiver.origin}
        token = made.run(
            "python", "manage.py", "shell", "--no-imports", "-c", PREPARE.format(url=f"{receiver.origin}/day")
        ).strip()
        worker, beat = made.start("worker", "worker"), made.start("beat")
        made.start("worker", "spare")
        web = made.start_web()
        web.wait_ready()
        at_the_end.callback(made.stop)
        steady = {"web": web.process, "worker": worker, "beat": beat}
        day = Day(made, web, token, devices, steady, random.Random(seed))
        profile = [PROFILE[hour % len(PROFILE)] for hour in range(hours)]
        for hour, share in enumerate(profile):
            day.hour(max(1, labels * share // sum(profile)), kill=hour % 6 == 5)
        return day


if __name__ == "__main__":
    from bench.__main__ import table

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("hours", HOURS), ("labels", LABELS), ("printers", PRINTERS), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    print(table(rows(**vars(parser.parse_args()))))
