"""Real processes that start at the same moment, and what they leave alone before they start."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from printers.identity import derive_printer_id
from tests.databases import execute_many, fresh_settings, query
from tests.hubs import ROOT, environment, manage

pytestmark = [pytest.mark.processes, pytest.mark.django_db(databases=[])]

AT_ONCE = 8
BENCH = derive_printer_id("PT-P750W", "127.0.0.2", 9100)
CONFIGURATION = (
    '[[site]]\nkey = "lab"\n\n[[printer]]\nsite = "lab"\nname = "bench"\nmodel = "PT-P750W"\nhost = "127.0.0.2"\n'
)
# They meet before the first query: booting takes longer than everything else.
MEETING = "import sys, django; django.setup(); print('here', flush=True); sys.stdin.readline(); {action}"


def together(action: str, env: dict[str, str]) -> list[tuple[int, str]]:
    """Exit code and what was complained about, of each."""
    command = [sys.executable, "-c", MEETING.format(action=action)]
    settings = environment(DJANGO_SETTINGS_MODULE="labelhub.settings", **env)
    processes = [
        subprocess.Popen(
            command, cwd=ROOT, env=settings, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(AT_ONCE)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=120)[1] for process in processes]
    return [(process.returncode, text) for process, text in zip(processes, said, strict=True)]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "hub.toml").write_text(CONFIGURATION)
    return fresh_settings(
        tmp_path,
        LABELHUB_CONFIG=str(tmp_path / "hub.toml"),
        LABELHUB_ADMIN_PASSWORD="a-long-password",
        # Its printer is on loopback.
        LABELHUB_DEMO="1",
        LABELHUB_LOG_LEVEL="WARNING",
    )


def test_eight_bring_up_an_empty_database(env: dict[str, str]) -> None:
    done = together("from labelhub.startup import bring_up; bring_up()", env)
    assert done == [(0, "")] * AT_ONCE
    assert query(env, "SELECT id, name FROM printers_printer") in ([(BENCH, "bench")], [(BENCH.hex, "bench")])
    assert query(env, "SELECT username FROM accounts_user") == [("admin",)]
    assert query(env, "SELECT max(number), count(*) FROM templates_app_templateversion") == [
        (1, len(list((ROOT / "templates_app" / "builtin").glob("*.toml"))))
    ]
    assert query(env, "SELECT count(*) FROM printers_event WHERE kind = 'printer.created'") == [(1,)]


def test_eight_servers_reconcile_at_once(env: dict[str, str]) -> None:
    """An older row under another id is there: exactly one of them moves it."""
    assert manage("bring_up", **{**env, "LABELHUB_CONFIG": ""}).returncode == 0
    old = uuid4()
    make = (
        "from printers.models import *; from jobs.models import Job; s = Site.objects.create(key='lab');"
        f"p = Printer.objects.create(id='{old}', site=s, name='bench', model='PT-P700', host='127.0.0.9');"
        "PrinterStatus.objects.create(printer=p); Job.objects.bulk_create(Job(printer=p) for _ in range(50))"
    )
    made = manage("shell", "-v0", "-c", make, **{**env, "LABELHUB_CONFIG": ""})
    assert made.returncode == 0, made.stderr
    assert together("import labelhub.wsgi", env) == [(0, "")] * AT_ONCE
    assert query(env, "SELECT id FROM printers_printer") in ([(BENCH,)], [(BENCH.hex,)])
    assert query(env, "SELECT count(*) FROM jobs_job") == [(50,)]
    assert query(env, "SELECT DISTINCT printer_id FROM jobs_job") in ([(BENCH,)], [(BENCH.hex,)])
    assert query(env, "SELECT count(*) FROM printers_event WHERE kind = 'printer.migrated'") == [(1,)]


FORBIDDEN = """
import sys
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
asked = []
def connect(self):
    asked.append(1)
    raise OperationalError("not now")
BaseDatabaseWrapper.connect = connect
import django
django.setup()
from django.core.management import ManagementUtility
try:
    ManagementUtility(["manage.py", *sys.argv[1:]]).execute()
except SystemExit as ended:
    assert not ended.code, ended.code
assert "printers.reconcile" not in sys.modules, "reconciled"
assert len(asked) == int({queries}), asked
"""


@pytest.mark.parametrize(
    ("arguments", "queries"),
    [
        (["--help"], 0),
        (["bring_up", "--help"], 0),
        (["check"], 0),
        # Django's own look at the history of the database; it says so and goes on.
        (["makemigrations", "--check", "--dry-run"], 1),
        (["diffsettings"], 0),
    ],
)
def test_commands_that_are_no_servers_ask_nothing(arguments: list[str], queries: int, env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORBIDDEN.replace("{queries}", str(queries)), *arguments],
        cwd=ROOT,
        env=environment(DJANGO_SETTINGS_MODULE="labelhub.settings", **env),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_collecting_tests_reconciles_nothing(env: dict[str, str]) -> None:
    assert manage("bring_up", **{**env, "LABELHUB_CONFIG": ""}).returncode == 0
    collect = (
        "import pytest, sys; sys.exit(pytest.main(['--collect-only', '-q', '-p', 'no:cacheprovider', '--noconftest',"
    )
    done = subprocess.run(
        [sys.executable, "-c", collect + " 'tests/printers/test_identity.py', '--ds=labelhub.settings']))"],
        cwd=ROOT,
        env=environment(**env),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert query(env, "SELECT count(*) FROM printers_printer") == [(0,)]


@pytest.mark.parametrize("server", ["labelhub.wsgi", "labelhub.asgi"])
def test_web_refuses_a_database_of_a_newer_version(server: str, env: dict[str, str]) -> None:
    assert manage("bring_up", **env).returncode == 0
    insert = "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)"
    execute_many(env, insert, [["printers", "9999_from_the_future", "2026-11-21 00:00:00+00:00"]])
    command = [sys.executable, "-c", f"import {server}"]
    web = subprocess.run(command, cwd=ROOT, env=environment(**env), capture_output=True, text=True)
    for done in (web, manage("bring_up", **env)):
        assert done.returncode == 78, done.stderr
        assert "printers is at 9999_from_the_future there and at " in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_migration_that_cannot_be_applied_is_one_sentence(env: dict[str, str]) -> None:
    """Its table is there already: an older start died between the table and the note that it made it."""
    assert manage("bring_up", **env).returncode == 0
    query(env, "DELETE FROM django_migrations WHERE app = 'sessions'")
    done = manage("bring_up", **env)
    assert done.returncode == 78, done.stderr
    (line,) = done.stderr.splitlines()
    assert "already exists" in line
    assert "sessions is at no migration there and at 0001_initial here" in line
    assert query(env, "SELECT count(*) FROM printers_printer") == [(1,)]


def test_nothing_that_starts_silences_a_logger(env: dict[str, str]) -> None:
    """In a real process: under pytest the logging is pytest's own."""
    names = ["labelhub", "labelhub.accounts", "printers", "templates_app", "jobs", "health", "django.request", "celery"]
    action = (
        "from labelhub.startup import bring_up; import logging; names = sys.argv[1].split(); "
        "loggers = [logging.getLogger(f'{n}.x') for n in names]; bring_up(); "
        "[logger.warning('heard') for logger in loggers]"
    )
    code = f"import sys, django; django.setup(); {action}"
    done = subprocess.run(
        [sys.executable, "-c", code, " ".join(names)],
        cwd=ROOT,
        env=environment(DJANGO_SETTINGS_MODULE="labelhub.settings", **env),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[-2] for line in done.stderr.splitlines() if line.endswith("heard")] == [
        f"{n}.x:" for n in names
    ]
