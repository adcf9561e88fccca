"""The data migration of older date-times over a large table: how long it takes, and how little memory, on SQLite."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from bench import Row

EVENTS = 1_000_000
SHAPES = (
    "2026-05-17T11:51:33.798110",
    "2026-05-17 11:51:33",
    "2026-05-17T11:51:35Z",
    "2026-05-17T13:51:36+02:00",
    "2026-05-17 06:51:38-05:00+00:00",
)
# A process of its own, so that its memory is its own; the base is what it takes before the first row.
MEASURE = """
import time, django
django.setup()
from django.apps import apps
from django.db import connection
from bench._memory import peak_mb
from printers.normalise import normalise
connection.ensure_connection()
before, begun = peak_mb(), time.perf_counter()
done = normalise(apps, connection, "UTC")
print(done.changed, time.perf_counter() - begun, peak_mb() - before, peak_mb())
"""


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder:
        env = {**os.environ, "LABELHUB_DATA_DIR": folder, "LABELHUB_LOG_LEVEL": "WARNING"}
        _run(["manage.py", "migrate", "-v0"], env)
        with closing(sqlite3.connect(Path(folder) / "labelhub.sqlite3")) as database, database:
            database.execute("DROP TABLE labelhub_normalised")
            database.executemany(
                "INSERT INTO printers_event (at, kind, actor, data) VALUES (?, 'job.completed', '', '{}')",
                ((SHAPES[n % len(SHAPES)],) for n in range(EVENTS)),
            )
        changed, seconds, grown, peak = map(float, _run(["-c", MEASURE], env).split())
    if changed < EVENTS * 3 / 5:
        raise RuntimeError(f"only {changed:.0f} values were changed")
    return [
        Row(f"normalise {EVENTS:,} older date-times, SQLite", "", None, seconds, "s", "–"),
        Row("its memory beyond that of the started process", "", None, grown, "MB", "≤ 30 MB, whatever the rows"),
        Row("its memory as a whole", "", None, peak, "MB", "–"),
    ]


def _run(arguments: list[str], env: dict[str, str]) -> str:
    return subprocess.run([sys.executable, *arguments], env=env, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    for row in rows():
        print(row)
