import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from health import readiness, running
from health.readiness import CHECKS, Checked, overall
from jobs.models import Heartbeat, Job
from labelhub.accounts.models import User
from printers.models import Printer, PrinterStatus, Site, UserLimit
from printers.reconcile import reconcile
from templates_app.models import Template

pytestmark = pytest.mark.django_db


@pytest.fixture
def printer() -> Printer:
    site = Site.objects.create(key="lab")
    printer = Printer.objects.create(site=site, name="desk", model="PT-P750W", host="127.0.0.7")
    PrinterStatus.objects.create(printer=printer, online=True, last_seen_at=timezone.now())
    return printer


@pytest.fixture
def alive() -> None:
    for role in ("worker", "beat"):
        Heartbeat.objects.create(name=role, role=role)


@pytest.fixture(autouse=True)
def _in_this_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's transaction is only seen by its own thread."""

    def run_checks() -> dict[str, Checked]:
        return {name: running._answer(name) for name in CHECKS}

    monkeypatch.setattr("health.views.run_checks", run_checks)


def seen(printer: Printer, *, ago_s: float) -> None:
    PrinterStatus.objects.filter(printer=printer).update(last_seen_at=timezone.now() - timedelta(seconds=ago_s))


def test_it_works(client: Client, printer: Printer, alive: None) -> None:
    Template.objects.create(key="t")
    response = client.get("/readiness")
    assert response.status_code == 200
    body = response.json()
    assert body["status"] == "ready"
    assert list(body["checks"]) == [
        "database",
        "migrations",
        "template_seed",
        "printer_runtime",
        "printer_db_sync",
        "snmp_discovery",
        "print_queue",
        "sse_bus",
        "broker",
    ]
    assert {name: each["status"] for name, each in body["checks"].items()} == {
        "database": "ok",
        "migrations": "ok",
        "template_seed": "ok",
        "printer_runtime": "skipped",
        "printer_db_sync": "skipped",
        "snmp_discovery": "ok",
        "print_queue": "ok",
        "sse_bus": "ok",
        "broker": "skipped",
    }
    assert body["checks"]["database"]["metric"]["latency_ms"] >= 0
    assert response["Cache-Control"] == "no-store"


def test_the_other_name_works_too(client: Client) -> None:
    assert client.get("/readyz").json()["checks"].keys() == CHECKS.keys()


def test_without_a_template_it_is_not_ready(client: Client) -> None:
    response = client.get("/readiness")
    assert (response.status_code, response.json()["status"]) == (503, "not-ready")
    assert response.json()["checks"]["template_seed"]["status"] == "fail"


def test_a_lost_printer_degrades(client: Client, printer: Printer, alive: None) -> None:
    Template.objects.create(key="t")
    seen(printer, ago_s=700)
    response = client.get("/readiness")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")


class TestOverall:
    @pytest.mark.parametrize("name", ["database", "migrations", "template_seed"])
    def test_a_critical_failure_is_not_ready(self, name: str) -> None:
        assert overall({"broker": Checked("ok", ""), name: Checked("fail", "")}) == "not-ready"

    @pytest.mark.parametrize("name", sorted(CHECKS.keys() - readiness.CRITICAL))
    def test_any_other_failure_degrades(self, name: str) -> None:
        assert overall({"database": Checked("ok", ""), name: Checked("fail", "")}) == "degraded"

    def test_stale_is_not_ready_for_nothing_but_degraded(self) -> None:
        assert overall({"database": Checked("ok", ""), "snmp_discovery": Checked("stale", "")}) == "degraded"

    def test_what_does_not_apply_does_not_count(self) -> None:
        assert overall({"database": Checked("ok", ""), "broker": Checked("skipped", "")}) == "ready"


class TestDatabase:
    def test_it_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse() -> None:
            raise OperationalError("connection to server at db.internal failed")

        monkeypatch.setattr(connection, "cursor", refuse)
        answer = running._answer("database")
        assert (answer.status, answer.detail) == ("fail", "The database does not answer.")
        assert answer.private == "connection to server at db.internal failed"


class TestMigrations:
    def test_it_fails_where_one_is_missing(self) -> None:
        last = MigrationRecorder.Migration.objects.filter(app="jobs").latest("name")
        MigrationRecorder(connection).record_unapplied("jobs", last.name)
        answer = readiness.migrations()
        assert (answer.status, answer.detail) == ("fail", "The database lacks migrations of this version.")
        assert last.name in answer.private

    def test_it_fails_where_one_is_missing_among_newer_ones(self) -> None:
        recorder = MigrationRecorder(connection)
        recorder.record_unapplied("jobs", "0002_mark_the_barrier")
        recorder.record_applied("jobs", "9999_from_the_future")
        answer = readiness.migrations()
        assert answer.status == "fail"
        assert "lacks 0002_mark_the_barrier" in answer.private

    def test_a_newer_database_serves_until_this_process_is_replaced(self, client: Client, alive: None) -> None:
        Template.objects.create(key="t")
        MigrationRecorder(connection).record_applied("jobs", "9999_from_the_future")
        response = client.get("/readiness")
        assert (response.status_code, response.json()["status"]) == (200, "degraded")
        answer = response.json()["checks"]["migrations"]
        assert answer["status"] == "stale"
        assert answer["detail"].startswith("The database is newer than this version: jobs is at 9999_from_the_future")


@pytest.fixture
def configure(tmp_path: Path, settings: Settings) -> Callable[[str], None]:
    def write(text: str) -> None:
        (tmp_path / "hub.toml").write_text(text)
        settings.CONFIG_FILE = str(tmp_path / "hub.toml")

    return write


GOOD = '[[printer]]\nname = "desk"\nmodel = "PT-P750W"\nhost = "127.0.0.1"\n'
BAD = '[[printer]]\nname = "wall"\nmodel = "PT-P75"\nhost = "127.0.0.2"\n'


class TestPrinterRuntime:
    def test_it_works(self, configure: Callable[[str], None]) -> None:
        configure(GOOD)
        answer = readiness.printer_runtime()
        assert (answer.status, answer.metric) == ("ok", {"configured": 1, "broken": 0})

    def test_a_bad_entry_fails(self, configure: Callable[[str], None]) -> None:
        configure(GOOD + BAD)
        answer = readiness.printer_runtime()
        assert (answer.status, answer.metric) == ("fail", {"configured": 2, "broken": 1})
        assert "PT-P75" in answer.private
        assert "PT-P75" not in answer.detail

    def test_a_torn_file_fails(self, configure: Callable[[str], None]) -> None:
        configure("[[printer")
        assert readiness.printer_runtime().status == "fail"


class TestPrinterDbSync:
    def test_it_works(self, configure: Callable[[str], None]) -> None:
        configure(GOOD)
        reconcile()
        assert readiness.printer_db_sync().status == "ok"

    def test_a_missing_row_fails(self, configure: Callable[[str], None]) -> None:
        configure(GOOD)
        answer = readiness.printer_db_sync()
        assert (answer.status, answer.metric) == ("fail", {"configured": 1, "missing": 1})


class TestSnmpDiscovery:
    @pytest.mark.parametrize(
        ("ago_s", "status"), [(0, "ok"), (80, "ok"), (100, "stale"), (590, "stale"), (610, "fail")]
    )
    def test_the_last_answer_decides(self, printer: Printer, ago_s: float, status: str) -> None:
        seen(printer, ago_s=ago_s)
        assert readiness.snmp_discovery().status == status

    def test_an_attempt_is_not_an_answer(self, printer: Printer) -> None:
        PrinterStatus.objects.filter(printer=printer).update(
            captured_at=timezone.now(), online=False, last_seen_at=timezone.now() - timedelta(hours=1)
        )
        assert readiness.snmp_discovery().status == "fail"

    def test_a_printer_that_was_never_seen_fails(self, printer: Printer) -> None:
        PrinterStatus.objects.all().delete()
        assert readiness.snmp_discovery().status == "fail"

    def test_a_disabled_printer_does_not_count(self, printer: Printer) -> None:
        seen(printer, ago_s=9999)
        Printer.objects.update(enabled=False)
        assert readiness.snmp_discovery().status == "skipped"

    @pytest.mark.parametrize("count", [1, 3])
    def test_one_query_however_many(self, printer: Printer, count: int, django_assert_num_queries: Any) -> None:
        for number in range(1, count):
            Printer.objects.create(site=printer.site, name=f"p{number}", model="PT-P750W", host=f"127.0.1.{number}")
        with django_assert_num_queries(1):
            readiness.snmp_discovery()


class TestPrintQueue:
    def test_it_works(self, alive: None) -> None:
        answer = readiness.print_queue()
        assert (answer.status, answer.metric) == ("ok", {"workers": 1, "beats": 1, "oldest_waiting_s": 0.0})

    @pytest.mark.parametrize(("role", "what"), [("worker", "No worker"), ("beat", "No beat")])
    def test_a_dead_one_fails(self, role: str, what: str, alive: None) -> None:
        Heartbeat.objects.filter(role=role).update(seen_at=timezone.now() - timedelta(seconds=60))
        answer = readiness.print_queue()
        assert answer.status == "fail"
        assert answer.detail.startswith(what)

    def test_a_label_that_waits_too_long_is_stale(self, alive: None, printer: Printer) -> None:
        Job.objects.create(printer=printer, created_at=timezone.now() - timedelta(seconds=400))
        answer = readiness.print_queue()
        assert answer.status == "stale"
        assert answer.metric["oldest_waiting_s"] >= 400

    def test_a_paused_printer_lets_labels_wait(self, alive: None, printer: Printer) -> None:
        Printer.objects.update(paused=True)
        Job.objects.create(printer=printer, created_at=timezone.now() - timedelta(seconds=400))
        assert readiness.print_queue().status == "ok"


class TestSseBus:
    def test_it_fails_at_the_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(readiness, "subscribers", lambda: (2000, 2000))
        assert readiness.sse_bus().status == "fail"


class TestBroker:
    @pytest.fixture
    def closed_port(self) -> Iterator[int]:
        with socket.socket() as taken:
            # Bound and not listening: connections are refused, and nobody else takes it.
            taken.bind(("127.0.0.1", 0))
            yield taken.getsockname()[1]

    def test_it_fails(self, closed_port: int, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.BROKER_URL = f"redis://127.0.0.1:{closed_port}/0"
        monkeypatch.setattr(current_app.conf, "broker_url", settings.BROKER_URL)
        monkeypatch.setattr(current_app.conf, "broker_write_url", settings.BROKER_URL)
        answer = readiness.broker()
        assert (answer.status, answer.detail) == ("fail", "The broker does not answer: labels wait for the next sweep.")
        assert str(closed_port) in answer.private


class TestWhoSeesWhat:
    OUTSIDE = {"REMOTE_ADDR": "203.0.113.9"}

    @pytest.fixture(autouse=True)
    def _lost_printer(self, printer: Printer) -> None:
        seen(printer, ago_s=9999)

    def detail(self, client: Client, **extra: Any) -> str:
        answer: str = client.get("/readiness", **extra).json()["checks"]["snmp_discovery"]["detail"]
        return answer

    def test_this_machine_sees_names(self, client: Client) -> None:
        assert "lab/desk" in self.detail(client)

    def test_others_do_not(self, client: Client) -> None:
        assert self.detail(client, **self.OUTSIDE) == "1 of 1 printers have not answered for 10 minutes."

    def test_those_behind_a_proxy_on_this_machine_do_not(self, client: Client) -> None:
        assert "lab/desk" not in self.detail(client, HTTP_X_FORWARDED_FOR="203.0.113.9")

    def test_people_who_are_signed_in_do(self, client: Client) -> None:
        client.force_login(User.objects.create_user("mia"))
        assert "lab/desk" in self.detail(client, **self.OUTSIDE)

    def test_a_person_with_other_printers_does_not(self, client: Client, printer: Printer) -> None:
        mia = User.objects.create_user("mia")
        UserLimit.objects.create(user=mia, site=Site.objects.create(key="other"))
        client.force_login(mia)
        assert "lab/desk" not in self.detail(client, **self.OUTSIDE)

    def test_a_made_up_session_does_not(self, client: Client) -> None:
        client.cookies["sessionid"] = "x" * 32
        assert "lab/desk" not in self.detail(client, **self.OUTSIDE)


class TestOneCheck:
    def test_it_works(self, client: Client) -> None:
        response = client.get("/readiness/database")
        assert (response.status_code, response.json()["status"]) == (200, "ok")

    def test_a_failed_one_is_503_also_where_the_whole_is_not(self, client: Client) -> None:
        response = client.get("/readyz/print_queue")
        assert (response.status_code, response.json()["status"]) == (503, "fail")

    def test_an_unknown_one_is_404(self, client: Client) -> None:
        response = client.get("/readiness/printers")
        assert (response.status_code, response.json()["code"]) == (404, "not-found")
        assert "snmp_discovery" in response.json()["detail"]


def test_verbose_is_for_people(client: Client) -> None:
    response = client.get("/readiness?verbose")
    lines = response.content.decode().splitlines()
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert lines[0] == "[ok] database: The database answers."
    assert lines[-1] == "not-ready"


def test_the_host_header_does_not_matter(client: Client) -> None:
    Template.objects.create(key="t")
    assert client.get("/readiness", headers={"host": "elsewhere.invalid:8000"}).status_code == 200
