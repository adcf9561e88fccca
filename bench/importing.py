"""How long a hub with 20,000 jobs takes to come along: `manage.py import_hub` as a whole process, on SQLite."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from bench import Row

LEGACY = Path(__file__).resolve().parent.parent / "tests/labelhub/legacy/databases/hub-0.11-mixed.sqlite3"
JOBS = 20_000


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="labelhub-bench-") as folder:
        source = _grown(Path(folder) / "old.sqlite3")
        environment = {**os.environ, "LABELHUB_DATA_DIR": f"{folder}/data"}
        Path(f"{folder}/data").mkdir()
        _manage(["migrate", "-v0"], environment)
        started = time.perf_counter()
        out = _manage(["import_hub", str(source)], environment)
        seconds = time.perf_counter() - started
        if f"{JOBS:>9}" not in out:
            raise RuntimeError(f"not every job came along:\n{out}")
    return [Row(f"import {JOBS:,} legacy jobs, SQLite, whole process", "", None, seconds, "s", "≤ 20 s")]


def _grown(path: Path) -> Path:
    path.write_bytes(LEGACY.read_bytes())
    with sqlite3.connect(path) as database:
        jobs = database.execute("SELECT * FROM jobs").fetchall()
        marks = ", ".join("?" * len(jobs[0]))
        more = ((uuid4().hex, *jobs[n % len(jobs)][1:]) for n in range(JOBS - len(jobs)))
        database.executemany(f"INSERT INTO jobs VALUES ({marks})", more)
    database.close()
    return path


def _manage(arguments: list[str], environment: dict[str, str]) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    for row in rows():
        print(row)
