"""The data migration over an older database that is not empty, as a process of its own, killed half way."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BEFORE = [("accounts", "0001"), ("printers", "0002"), ("templates_app", "0002"), ("jobs", "0002")]
SHAPES = {
    "2026-05-17T11:51:33.798110": "2026-05-17 11:51:33.798110",
    "2026-05-17 11:51:33": "2026-05-17 11:51:33",
    "2026-05-17T11:51:35Z": "2026-05-17 11:51:35",
    "2026-05-17T13:51:36+02:00": "2026-05-17 11:51:36",
    "2026-05-17 06:51:38-05:00+00:00": "2026-05-17 11:51:38",
}
ROWS = 15_000

pytestmark = [pytest.mark.processes, pytest.mark.sqlite_only]


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LABELHUB_")}
    return {**kept, "LABELHUB_DATA_DIR": str(folder), "LABELHUB_SECRET_KEY": "k" * 60, **more}


def manage(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(folder, **more), capture_output=True, text=True)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database of the version before, full of jobs with date-times in every shape."""
    folder = tmp_path_factory.mktemp("older")
    steps = "; ".join(f"call_command('migrate', {app!r}, {name!r}, verbosity=0)" for app, name in BEFORE)
    done = manage(folder, "shell", "-v0", "-c", f"from django.core.management import call_command; {steps}")
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(folder / "labelhub.sqlite3")) as database, database:
        site, printer = uuid4().hex, uuid4().hex
        database.execute("INSERT INTO printers_site (id, key, title) VALUES (?, 'main', '')", [site])
        columns = "id, site_id, name, queue_path, model, host, port, snmp_port, snmp_community, media, enabled"
        columns += ", disabled_reason, paused, stop_reasons, stop_message, config_error, source, error_policy"
        columns += ", created_at, updated_at"
        values = [printer, site, "bench", "", "PT-P750W", "127.0.0.2", 9100, 161, "public", "", 1, "", 0, "[]", "", ""]
        values += ["person", "stop-printer", *list(SHAPES)[:2]]
        marks = ", ".join("?" * len(values))
        database.execute(f"INSERT INTO printers_printer ({columns}) VALUES ({marks})", values)
        shapes = list(SHAPES)
        database.executemany(
            "INSERT INTO jobs_job (id, position, printer_id, template_key, fields, copies, options, medium, priority,"
            " state, reasons, message, artifact, deaths, requested_by, source_address, created_at, render_time,"
            " finished_at)"
            " VALUES (?, 0, ?, '', '{}', 1, '{}', '', 50, 'completed', '[]', '', '', 0, '', '', ?, ?, ?)",
            (
                (uuid4().hex, printer, shapes[n % 5], shapes[(n + 1) % 5], shapes[(n + 2) % 5] if n % 3 else None)
                for n in range(ROWS)
            ),
        )
    return folder


@pytest.fixture
def older(filled: Path, tmp_path: Path) -> Path:
    shutil.copy(filled / "labelhub.sqlite3", tmp_path / "labelhub.sqlite3")
    return tmp_path


def column(folder: Path, name: str) -> list[str | None]:
    with closing(sqlite3.connect(folder / "labelhub.sqlite3")) as database:
        return [row[0] for row in database.execute(f"SELECT {name} FROM jobs_job ORDER BY rowid")]


@pytest.mark.fault(26)
def test_it_is_finished_after_a_kill_half_way(older: Path) -> None:
    before = {name: column(older, name) for name in ("created_at", "render_time", "finished_at")}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment(older), stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with closing(sqlite3.connect(older / "labelhub.sqlite3", timeout=20)) as database:
            tables = "SELECT count(*) FROM sqlite_master WHERE name = 'labelhub_normalised'"
            if database.execute(tables).fetchone()[0]:
                marks = {row[0] for row in database.execute("SELECT name FROM labelhub_normalised")}
                if any(mark.startswith("jobs_job") for mark in marks):
                    break
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was over before it could be killed: take more rows"

    done = manage(older, "bring_up", LABELHUB_ADMIN_PASSWORD="a-long-password")
    assert done.returncode == 0, done.stderr
    for name, texts in before.items():
        assert column(older, name) == [SHAPES[text] if text else None for text in texts]
    with closing(sqlite3.connect(older / "labelhub.sqlite3")) as database:
        # The older hub went on by itself, whatever it called that.
        assert database.execute("SELECT DISTINCT error_policy FROM printers_printer").fetchall() == [
            ("retry-current-job",)
        ]


def test_doubtful_times_stop_the_start_with_a_sentence_until_said(older: Path) -> None:
    with closing(sqlite3.connect(older / "labelhub.sqlite3")) as database, database:
        database.execute("UPDATE jobs_job SET created_at = '2026-10-25T02:30:00' WHERE rowid = 7")
    before = column(older, "created_at")
    zone = {"LABELHUB_LEGACY_TIME_ZONE": "Europe/Berlin", "LABELHUB_ADMIN_PASSWORD": "a-long-password"}
    refused = manage(older, "bring_up", **zone)
    assert refused.returncode == os.EX_CONFIG
    assert "happened twice in Europe/Berlin" in refused.stderr
    assert "--fold earlier" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert column(older, "created_at") == before

    assert manage(older, "normalise_datetimes", "--fold", "earlier", **zone).returncode == 0
    done = manage(older, "bring_up", **zone)
    assert done.returncode == 0, done.stderr
    assert column(older, "created_at")[6] == "2026-10-25 00:30:00"
    # Naive times were local ones, and are not shifted a second time.
    assert column(older, "created_at")[0] == "2026-05-17 09:51:33.798110"
