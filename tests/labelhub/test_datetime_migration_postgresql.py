"""The data migration where PostgreSQL keeps `timestamp without time zone`, as a process that is killed half way."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from tests.databases import execute_many, fresh_settings, query
from tests.hubs import ROOT, environment, manage
from tests.labelhub.test_datetime_migration import BEFORE

pytestmark = [pytest.mark.processes, pytest.mark.postgresql_only, pytest.mark.django_db(databases=[])]

ROWS = 15_000
NAIVE = ("created_at", "render_time", "finished_at")
FIRST = datetime(2026, 1, 1, 0, 0, 0, 500)  # noqa: DTZ001 - as the older hub wrote it


@pytest.fixture
def older(tmp_path: Path) -> dict[str, str]:
    """The version before, with columns that know no time zone, full of jobs."""
    env = fresh_settings(tmp_path, LABELHUB_ADMIN_PASSWORD="a-long-password", PGTZ="America/New_York")
    steps = "; ".join(f"call_command('migrate', {app!r}, {name!r}, verbosity=0)" for app, name in BEFORE)
    done = manage("shell", "-v0", "-c", f"from django.core.management import call_command; {steps}", **env)
    assert done.returncode == 0, done.stderr
    for column in NAIVE:
        query(env, f"ALTER TABLE jobs_job ALTER COLUMN {column} TYPE timestamp USING {column} AT TIME ZONE 'UTC'")
    site, printer = uuid4(), uuid4()
    execute_many(env, "INSERT INTO printers_site (id, key, title) VALUES (%s, 'main', '')", [[site]])
    execute_many(
        env,
        "INSERT INTO printers_printer (id, site_id, name, queue_path, model, host, port, snmp_port, snmp_community,"
        " media, enabled, disabled_reason, paused, stop_reasons, stop_message, config_error, source, error_policy,"
        " created_at, updated_at) VALUES (%s, %s, 'bench', '', 'PT-P750W', '127.0.0.2', 9100, 161, 'public', '',"
        " true, '', false, '[]', '', '', 'person', 'stop-printer', now(), now())",
        [[printer, site]],
    )
    query(
        env,
        "INSERT INTO jobs_job (id, position, printer_id, template_key, fields, copies, options, medium, priority,"
        " state, reasons, message, artifact, deaths, requested_by, source_address, created_at, render_time,"
        " finished_at) SELECT gen_random_uuid(), n, %s, '', '{}', 1, '{}', '', 50, 'completed', '[]', '', '', 0,"
        " '', '', %s + n * interval '1 minute', %s, CASE WHEN n %% 3 = 0 THEN NULL"
        " ELSE %s + n * interval '1 minute' END FROM generate_series(0, %s) AS n",
        [printer, FIRST, FIRST, FIRST, ROWS - 1],
    )
    return env


def kinds(env: dict[str, str]) -> set[str]:
    rows = query(
        env,
        "SELECT data_type FROM information_schema.columns WHERE table_name = 'jobs_job' AND column_name = ANY(%s)",
        [list(NAIVE)],
    )
    return {row[0] for row in rows}


def instants(env: dict[str, str]) -> list[tuple[object, ...]]:
    return query(env, f"SELECT position, {', '.join(NAIVE)} FROM jobs_job ORDER BY position")


@pytest.mark.fault(26)
def test_it_is_finished_after_a_kill_half_way(older: dict[str, str]) -> None:
    before = instants(older)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment(**older), stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        there = query(older, "SELECT to_regclass('labelhub_normalised') IS NOT NULL")[0][0]
        if there and query(older, "SELECT 1 FROM labelhub_normalised WHERE name LIKE 'jobs_job.%%'", []):
            break
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was over before it could be killed: take more rows"

    done = manage("bring_up", **older)
    assert done.returncode == 0, done.stderr
    assert "date-times: " in done.stderr
    assert kinds(older) == {"timestamp with time zone"}
    assert instants(older) == [
        (row[0], *(value.replace(tzinfo=UTC) if isinstance(value, datetime) else None for value in row[1:]))
        for row in before
    ]
    recent = query(older, "SELECT count(*) FROM jobs_job WHERE created_at > %s", [utc(ROWS - 11)])
    assert recent == [(10,)]
    assert query(older, "SELECT DISTINCT error_policy FROM printers_printer") == [("retry-current-job",)]


def utc(minutes: int) -> datetime:
    return FIRST.replace(tzinfo=UTC) + timedelta(minutes=minutes)


def test_doubtful_times_stop_the_start_until_said(older: dict[str, str]) -> None:
    query(older, "UPDATE jobs_job SET created_at = '2026-10-25 02:30:00' WHERE position = 7")
    env = {**older, "LABELHUB_LEGACY_TIME_ZONE": "Europe/Berlin"}
    before = instants(env)
    refused = manage("bring_up", **env)
    assert refused.returncode == os.EX_CONFIG, refused.stderr
    assert "happened twice in Europe/Berlin" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert instants(env) == before

    said = manage("normalise_datetimes", "--fold", "earlier", **env)
    assert said.returncode == 0, said.stderr
    assert manage("bring_up", **env).returncode == 0
    rows = dict(query(env, "SELECT position, created_at FROM jobs_job WHERE position IN (0, 7)"))
    assert rows == {0: utc(-60), 7: datetime(2026, 10, 25, 0, 30, tzinfo=UTC)}
