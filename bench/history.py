"""The first page of GET /api/jobs on PostgreSQL with every filter, with 10,000 and with 1,000,000 jobs.

Each database is filled inside PostgreSQL, vacuumed, and read by a process of its own, with a token, through the whole
stack of the hub but its socket; the two take turns, so that a noisy machine is the same for both.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack

from bench import Row
from tests.services import create_database, start_postgresql, start_redis

FEW, MANY = 10_000, 1_000_000
ROUNDS, CALLS = 12, 25
# Of what there is little, as many in both, over all the time: a page that is not full would be answered sooner.
RARE = 100
ALL, NEVER_MET = "no filter", "printer and requested_by that never met"
FILTERS = {
    ALL: "",
    "state (most)": "state=completed",
    "state (few)": "state=pending-held",
    "outcome (few)": "outcome=unknown",
    "printer": "printer=main/p3",
    "template": "template=t7",
    "batch of 1,000": "batch={batch}",
    "requested_by": "requested_by=person-11",
    "requested_by (nobody)": "requested_by=nobody",
    "time range": "created_from={from}&created_before={before}",
    "text (in many)": "text=drill",
    "text (in none)": "text=there-is-no-such-label",
    "printer, state and requested_by": "printer=main/p11&state=completed&requested_by=person-11",
    NEVER_MET: "printer=main/p12&requested_by=person-11",
    "sparse fields": "fields=id,state",
}
FILL = """
INSERT INTO jobs_batch (id, printer_id, total, options, requested_by, created_at)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(b), 12, '0'))::uuid, NULL, 1000, '{{}}', 'person-11', now()
  FROM generate_series(0, {count} / 10000) b;
INSERT INTO jobs_job (id, batch_id, position, printer_id, template_key, fields, copies, options, medium, priority,
                      state, reasons, message, outcome, artifact, deaths, render_time, requested_by, source_address,
                      created_at)
SELECT ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid,
       CASE WHEN n % 10000 < 1000
            THEN ('00000000-0000-7000-8000-' || lpad(to_hex(n / 10000), 12, '0'))::uuid END,
       n % 1000, p.ids[1 + n % 20], 't' || n % 40,
       jsonb_build_object('name', (ARRAY['Bench drill', 'Saw', 'Lathe', 'Mill'])[1 + n % 4], 'id', 'A-' || n),
       1, '{{}}', 'tze:12', 50,
       CASE WHEN n % ({count} / {rare}) = 0 THEN 'pending-held' WHEN n % 50 = 0 THEN 'canceled' ELSE 'completed' END,
       '[]', '',
       CASE WHEN n % ({count} / {rare}) = 1 THEN 'unknown' WHEN n % 50 = 0 THEN 'not_printed' ELSE 'confirmed' END,
       '', 0, now(), 'person-' || n % 200, '', now() - (({count} - n) || ' seconds')::interval
  FROM generate_series(0, {count} - 1) n,
       (SELECT array_agg(id ORDER BY length(name), name) ids FROM printers_printer) p;
"""


def rows() -> list[Row]:
    with ExitStack() as stack:
        server, redis = start_postgresql(), start_redis()
        stack.callback(server.stop)
        stack.callback(redis.stop)
        readers = {}
        for count in (FEW, MANY):
            url = create_database(server, f"history_{count}")
            environment = {**os.environ, "LABELHUB_DATABASE_URL": url, "LABELHUB_BROKER_URL": redis.url}
            readers[count] = subprocess.Popen(
                [sys.executable, "-m", "bench.history", str(count)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(readers[count].kill)
            _told(readers[count])
        took: dict[int, dict[str, list[float]]] = {count: {name: [] for name in FILTERS} for count in readers}
        for _ in range(ROUNDS):
            for count, reader in readers.items():
                _say(reader, "read")
                for name, found in _told(reader).items():
                    took[count][name] += found
    figures = {name: (_p95(took[FEW][name]), _p95(took[MANY][name])) for name in FILTERS}
    return [
        Row(
            f"first page of 1,000,000 jobs, {name}, p95",
            "with 10,000",
            *figures[name],
            "ms",
            "≤ 30 ms" if name == NEVER_MET else "≤ 30 ms, ≤ 1.3 × of 10,000",
        )
        for name in FILTERS
    ]


def notes(_rows: list[Row]) -> str:
    """Why one of them has no ratio to keep."""
    return (
        "Who asks for what two filters have in common, and there is nothing, has all jobs of the rarer one looked "
        f"through: {MANY // 200:,} of {MANY:,}, {FEW // 200} of {FEW:,}."
    )


def _p95(found: list[float]) -> float:
    return sorted(found)[int(len(found) * 0.95)]


def _say(reader: "subprocess.Popen[str]", word: str) -> None:
    assert reader.stdin is not None
    reader.stdin.write(f"{word}\n")
    reader.stdin.flush()


def _told(reader: "subprocess.Popen[str]") -> dict[str, list[float]]:
    assert reader.stdout is not None
    line = reader.stdout.readline()
    if not line:
        raise RuntimeError("The reader of the history ended.")
    found: dict[str, list[float]] = json.loads(line)
    return found


def reader(count: int) -> None:
    """Fills its database, says so, and answers every line with the milliseconds of each call."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from labelhub.accounts.models import ApiToken
    from printers.models import Printer, Site

    call_command("migrate", verbosity=0)
    site = Site.objects.create(key="main")
    for n in range(20):
        Printer.objects.create(site=site, name=f"p{n}", model="PT-P750W", host=f"127.0.1.{n + 1}")
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(count=count, rare=RARE))
        cursor.execute("SELECT min(created_at), max(created_at) FROM jobs_job")
        first, last = cursor.fetchone()
        cursor.execute("VACUUM ANALYZE")
    middle = first + (last - first) / 2
    values = {
        "batch": "00000000-0000-7000-8000-000000000000",
        "from": f"{middle:%Y-%m-%dT%H:%M:%SZ}",
        "before": f"{last:%Y-%m-%dT%H:%M:%SZ}",
    }
    token, text = ApiToken.issue("bench", ["read"])
    # Counted like any other, and never refused.
    token.rate_limit_per_minute = 10_000_000
    token.save(update_fields=["rate_limit_per_minute"])
    client = Client(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Bearer {text}"})
    paths = {name: f"/api/jobs?{query.format(**values)}" for name, query in FILTERS.items()}
    _calls(client, paths, 2)
    print("{}", flush=True)
    for _line in sys.stdin:
        print(json.dumps(_calls(client, paths, CALLS)), flush=True)


def _calls(client: object, paths: dict[str, str], count: int) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(count):
        for name, path in paths.items():
            began = time.perf_counter()
            answer = client.get(path)  # type: ignore[attr-defined]
            took[name].append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code} {answer.content[:300]!r}")
    return took


if __name__ == "__main__":
    reader(int(sys.argv[1]))
