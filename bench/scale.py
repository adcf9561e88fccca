"""The pages and probes of a large site on PostgreSQL: 1,000 printers, 1,000,000 jobs, 5,000,000 events.

The database is filled inside PostgreSQL. One web process, as it is deployed, answers one caller over its socket.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psycopg

from bench import Row
from tests.stack import stack

PRINTERS, JOBS, EVENTS = 1_000, 1_000_000, 5_000_000
WARM_UP, CALLS = 5, 40
# Every tenth printer has somebody or something waiting; the newest job of each printer is under way.
PREPARE = """
from django.conf import settings
from django.utils import timezone
from importlib import import_module
from labelhub.accounts.models import ApiToken, User
from printers.models import Printer, PrinterStatus, Site
sites = [Site.objects.create(key=f"site-{n}") for n in range(10)]
now = timezone.now()
printers = Printer.objects.bulk_create(
    Printer(site=sites[n % 10], name=f"p{n}", model="PT-P750W", host=f"127.1.{n // 250}.{n % 250 + 1}",
            stop_reasons=["offline"] if n % 100 == 7 else []) for n in range(PRINTERS))
PrinterStatus.objects.bulk_create(
    PrinterStatus(printer=each, online=n % 100 != 7, state="idle", media_width_mm=12, media_length_mm=0,
                  media_key="tze:12", media_type="laminated", tape_color="white", text_color="black",
                  source="status-block", captured_at=now, last_seen_at=now) for n, each in enumerate(printers))
token, text = ApiToken.issue("bench", ["read"])
ApiToken.objects.update(rate_limit_per_minute=10_000_000)
session = import_module(settings.SESSION_ENGINE).SessionStore()
user = User.objects.get(is_superuser=True)
session.update({"_auth_user_id": str(user.pk), "_auth_user_backend": settings.AUTHENTICATION_BACKENDS[-1],
                "_auth_user_hash": user.get_session_auth_hash()})
session.save()
print(printers[500].pk, text, session.session_key)
"""
# The indexes are made after the rows, as a restore does it.
FILL_JOBS = """
INSERT INTO jobs_job (id, position, printer_id, template_version_id, template_key, fields, copies, options, medium,
                      priority, state, reasons, message, outcome, artifact, deaths, render_time, requested_by,
                      source_address, placement, created_at)
SELECT ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, 0, p.ids[1 + n %% %(printers)s], t.version,
       t.key, jsonb_build_object('name', 'Drill ' || n %% 1000, 'id', 'A-' || n), 1, '{}', 'tze:12', 50,
       CASE WHEN n >= %(jobs)s - 300 THEN 'pending' WHEN n %% 1000 = 7 THEN 'pending-held'
            WHEN n %% 5000 = 9 THEN 'processing-stopped' WHEN n %% 50 = 0 THEN 'canceled' ELSE 'completed' END,
       CASE WHEN n %% 1000 = 7 AND n < %(jobs)s - 300 THEN '["hub-media-needed"]'::jsonb ELSE '[]'::jsonb END, '',
       CASE WHEN n >= %(jobs)s - 300 OR n %% 1000 = 7 THEN NULL WHEN n %% 5000 = 9 THEN 'unknown'
            WHEN n %% 50 = 0 THEN 'not_printed' ELSE 'confirmed' END,
       '', 0, now(), 'person-' || n %% 200, '', '', now() - ((%(jobs)s - n) || ' seconds')::interval
  FROM generate_series(0, %(jobs)s - 1) n,
       (SELECT array_agg(id ORDER BY name) ids FROM printers_printer) p,
       (SELECT t.key, t.current_id version FROM templates_app_template t WHERE t.key = 'asset-tag-12') t
"""
FILL_EVENTS = """
INSERT INTO printers_event (at, kind, printer_id, job_id, actor, data)
SELECT now() - ((%(events)s - n) || ' seconds')::interval / 5,
       (ARRAY['job.pending', 'job.processing', 'job.sending', 'job.completed', 'printer.status'])[1 + n %% 5],
       p.ids[1 + n / 5 %% %(printers)s],
       CASE WHEN n %% 5 < 4 THEN ('00000000-0000-7000-9000-' || lpad(to_hex(n / 5), 12, '0'))::uuid END,
       'hub', '{"from": "pending", "to": "processing", "reasons": []}'
  FROM generate_series(0, %(events)s - 1) n, (SELECT array_agg(id ORDER BY name) ids FROM printers_printer) p
"""


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder, stack(Path(folder)) as made:
        command = ("python", "manage.py", "shell", "--no-imports", "-c", f"PRINTERS = {PRINTERS}\n{PREPARE}")
        printer, token, session = made.run(*command).split()
        began = time.perf_counter()
        fill(made.database_url)
        filled = time.perf_counter() - began
        by_token, by_session = {"Authorization": f"Bearer {token}"}, {"Cookie": f"sessionid={session}"}
        asked = {
            "dashboard": ("/", by_session),
            "dashboard, live part": ("/dashboard/live", by_session),
            "queue page": ("/jobs", by_session),
            "queue page, live part": ("/jobs/live", by_session),
            "queue page of what is open": ("/jobs?show=open", by_session),
            "status of a printer": (f"/api/printers/{printer}/status", by_token),
            "readiness": ("/readiness", {}),
        }
        with closing(HTTPConnection("127.0.0.1", made.start_web().port, timeout=60)) as web:
            took = {what: _seconds(web, path, headers) for what, (path, headers) in asked.items()}
    large = f"{PRINTERS:,} printers, {JOBS:,} jobs, {EVENTS:,} events"
    return [
        Row(
            f"{what}, p95, {large}", "its median", statistics.median(found) * 1000, _p95(found) * 1000, "ms", "≤ 100 ms"
        )
        for what, found in took.items()
    ] + [Row("filling that database", "", None, filled, "s", "≤ 120 s")]


def fill(url: str) -> None:
    numbers = {"printers": PRINTERS, "jobs": JOBS, "events": EVENTS}
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("SET maintenance_work_mem = '256MB'")
        for table, statement in (("jobs_job", FILL_JOBS), ("printers_event", FILL_EVENTS)):
            with _without_indexes(database, table):
                database.execute(statement, numbers)
        database.execute("VACUUM ANALYZE")


@contextmanager
def _without_indexes(database: "psycopg.Connection[tuple[str, ...]]", table: str) -> Iterator[None]:
    """But the primary key's, and without a look at each row's foreign keys."""
    found = database.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexdef NOT LIKE 'CREATE UNIQUE%%'",
        (table,),
    ).fetchall()
    for name, _definition in found:
        database.execute(f'DROP INDEX "{name}"')
    database.execute("SET session_replication_role = replica")
    yield
    database.execute("SET session_replication_role = DEFAULT")
    for _name, definition in found:
        database.execute(definition)


def _seconds(web: HTTPConnection, path: str, headers: dict[str, str]) -> list[float]:
    found = []
    for _ in range(WARM_UP + CALLS):
        began = time.perf_counter()
        web.request("GET", path, headers=headers)
        answer = web.getresponse()
        body = answer.read()
        found.append(time.perf_counter() - began)
        # No worker and no beat run beside it: ready as far as this process goes.
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    return sorted(found[WARM_UP:])


def _p95(found: list[float]) -> float:
    return found[int(len(found) * 0.95)]


if __name__ == "__main__":
    for row in rows():
        print(row)
