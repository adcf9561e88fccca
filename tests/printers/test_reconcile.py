import logging
import threading
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from health.readiness import snmp_discovery
from jobs.models import Attempt, Batch, Job, Pool, PoolMember, PrinterLease
from labelhub.accounts.models import ApiToken, User
from printers.configuration import read_configuration
from printers.identity import derive_printer_id
from printers.models import Event, Printer, PrinterStatus, Site, TokenBinding, UserLimit
from printers.move import move_printer, relations_to_printer
from printers.reconcile import LEFT_CONFIGURATION, Reconciled, reconcile
from printers.snmp import Answer
from printers.status import printer_state
from printers.status import record as record_status

pytestmark = pytest.mark.django_db

BENCH = derive_printer_id("PT-P750W", "127.0.0.2", 9100)
SHELF = derive_printer_id("QL-820NWB", "127.0.0.3", 9100)


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def run(tmp_path: Path, *entries: str) -> Reconciled:
    path = tmp_path / "labelhub.toml"
    path.write_text("\n".join(f"[[printer]]\n{entry}" for entry in entries), encoding="utf-8")
    return reconcile(read_configuration(path))


def entry(name: str = "bench", model: str = "PT-P750W", host: str = "127.0.0.2", **more: object) -> str:
    lines = {"name": name, "model": model, "host": host, **more}
    return "\n".join(
        f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in lines.items()
    )


def shelf(name: str = "shelf") -> str:
    return entry(name, "QL-820NWB", "127.0.0.3")


def site() -> Site:
    return Site.objects.get_or_create(key="main")[0]


def test_it_works(tmp_path: Path) -> None:
    done = run(tmp_path, entry(media="tze:12"), shelf())
    assert set(done.created) == {BENCH, SHELF}
    bench = Printer.objects.get(pk=BENCH)
    assert (bench.handle, bench.path, bench.media, bench.source) == ("bench", "main/bench", "tze:12", "configuration")
    assert Event.objects.filter(kind="printer.created").count() == 2


def test_again_writes_nothing(tmp_path: Path) -> None:
    run(tmp_path, entry(), shelf())
    before, events = list(Printer.objects.values()), Event.objects.count()
    with CaptureQueriesContext(connection) as queries:
        done = run(tmp_path, entry(), shelf())
    assert set(done.untouched) == {BENCH, SHELF}
    assert list(Printer.objects.values()) == before
    assert Event.objects.count() == events
    assert [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))] == []


def test_a_changed_entry_refreshes_its_row(tmp_path: Path) -> None:
    run(tmp_path, entry())
    done = run(tmp_path, entry("workbench", "pt-p750w", snmp_community="lab"))
    assert done.refreshed == [BENCH]
    bench = Printer.objects.get(pk=BENCH)
    assert (bench.name, bench.model, bench.snmp_community) == ("workbench", "pt-p750w", "lab")
    assert "lab" not in str(list(Event.objects.values_list("data", flat=True)))


def test_an_error_policy_is_the_files_where_it_names_one_and_else_a_persons(tmp_path: Path) -> None:
    run(tmp_path, entry())
    assert Printer.objects.get(pk=BENCH).error_policy == "retry-current-job"
    Printer.objects.update(error_policy="abort-job")
    assert run(tmp_path, entry()).untouched == [BENCH]
    run(tmp_path, entry(error_policy="stop-printer"))
    assert Printer.objects.get(pk=BENCH).error_policy == "stop-printer"


def test_what_left_is_disabled_and_comes_back(tmp_path: Path) -> None:
    run(tmp_path, entry(), shelf())
    Printer.objects.create(site=site(), name="by hand", model="PT-P750W", host="127.0.0.9")
    assert run(tmp_path, entry()).disabled == [SHELF]
    gone = Printer.objects.get(pk=SHELF)
    assert (gone.enabled, gone.disabled_reason) == (False, LEFT_CONFIGURATION)
    assert Printer.objects.get(name="by hand").enabled
    run(tmp_path, entry(), shelf())
    assert Printer.objects.get(pk=SHELF).enabled


def test_a_person_s_no_stays_no(tmp_path: Path) -> None:
    run(tmp_path, entry())
    Printer.objects.filter(pk=BENCH).update(enabled=False, disabled_reason="In repair.")
    run(tmp_path, entry())
    assert not Printer.objects.get(pk=BENCH).enabled


def test_a_bad_entry_stops_only_itself_and_says_it_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bad = entry("broken", "PT-P9999", "127.0.0.7")
    with caplog.at_level(logging.ERROR):
        run(tmp_path, bad, entry())
        run(tmp_path, bad, entry())
    assert len([r for r in caplog.records if "PT-P9999" in r.getMessage()]) == 1
    broken = Printer.objects.get(name="broken")
    assert "PT-P9999" in broken.config_error
    assert Printer.objects.get(pk=BENCH).config_error == ""
    run(tmp_path, entry("broken", "PT-P900", "127.0.0.7"), entry())
    assert Printer.objects.get(name="broken").config_error == ""


def test_an_unreadable_file_changes_nothing(tmp_path: Path) -> None:
    run(tmp_path, entry())
    (tmp_path / "labelhub.toml").write_text("[[printer")
    assert reconcile(read_configuration(tmp_path / "labelhub.toml")) == Reconciled()
    assert Printer.objects.get(pk=BENCH).enabled


def test_loopback_is_refused_outside_demo_mode(tmp_path: Path, settings: Any) -> None:
    settings.DEMO = False
    run(tmp_path, entry())
    assert Printer.objects.get(pk=BENCH).config_error


def test_two_entries_with_one_handle(tmp_path: Path) -> None:
    run(tmp_path, entry("same"), shelf("same"))
    assert Printer.objects.get(pk=BENCH).handle == "same"
    second = Printer.objects.get(pk=SHELF)
    assert second.handle is None
    assert "belongs to printer 1 (same)" in second.config_error


def test_swapped_names(tmp_path: Path) -> None:
    run(tmp_path, entry("a"), shelf("b"))
    run(tmp_path, entry("b"), shelf("a"))
    assert (Printer.objects.get(pk=BENCH).name, Printer.objects.get(pk=SHELF).name) == ("b", "a")
    assert Printer.objects.count() == 2


def with_history(printer_id: UUID) -> Printer:
    """A printer that something of every kind points at."""
    printer = Printer.objects.create(id=printer_id, site=site(), name="bench", model="PT-P750W", host="127.0.0.2")
    PrinterStatus.objects.create(printer=printer, state="idle")
    PrinterLease.objects.create(printer=printer, token=7)
    TokenBinding.objects.create(printer=printer, token=ApiToken.issue("script", ["print"])[0])
    UserLimit.objects.create(printer=printer, user=User.objects.create(username="guest"))
    PoolMember.objects.create(printer=printer, pool=Pool.objects.create(site=site(), name="tags"))
    batch = Batch.objects.create(printer=printer, total=3000)
    jobs = Job.objects.bulk_create(Job(printer=printer, batch=batch, position=n) for n in range(3000))
    Attempt.objects.bulk_create(Attempt(job=job, number=1, printer=printer, token=7) for job in jobs)
    Event.objects.bulk_create(Event(kind="job.pending", printer=printer, job_id=job.id) for job in jobs)
    return printer


def counts(printer_id: UUID) -> dict[str, int]:
    return {
        model._meta.label: model._base_manager.filter(**{column: printer_id}).count()
        for model, column, _ in relations_to_printer()
    }


def test_every_relation_is_found() -> None:
    declared = {
        (model, field.attname)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey) and field.remote_field.model is Printer and not model._meta.proxy
    }
    assert {(model, column) for model, column, _ in relations_to_printer()} == declared


def test_the_history_of_the_test_covers_every_relation() -> None:
    old = uuid4()
    with_history(old)
    # A new relation to a printer belongs into `with_history`: its rows have to survive a new id as well.
    assert {label for label, count in counts(old).items() if not count} == set()


def test_an_older_id_is_migrated_with_all_its_history(tmp_path: Path) -> None:
    old = uuid4()
    with_history(old)
    before = counts(old)
    with CaptureQueriesContext(connection) as queries:
        done = run(tmp_path, entry())
    assert done.migrated == {old: BENCH}
    assert not Printer.objects.filter(pk=old).exists()
    after = counts(BENCH)
    after["printers.Event"] -= Event.objects.filter(kind__startswith="printer.").count()
    assert after == before
    assert len(queries) < 60
    assert Printer.objects.get(pk=BENCH).source == "configuration"
    connection.check_constraints()


def test_an_older_row_beside_the_derived_one_is_merged_into_it(tmp_path: Path) -> None:
    run(tmp_path, entry("elsewhere"))
    PrinterStatus.objects.create(printer_id=BENCH, state="printing")
    old = uuid4()
    with_history(old)
    TokenBinding.objects.create(printer_id=BENCH, token=ApiToken.objects.get())
    run(tmp_path, entry("bench"))
    assert [p.id for p in Printer.objects.all()] == [BENCH]
    assert Printer.objects.get().name == "bench"
    assert PrinterStatus.objects.get().state == "printing"
    assert TokenBinding.objects.count() == 1
    assert Job.objects.filter(printer_id=BENCH).count() == 3000
    connection.check_constraints()


def test_a_move_takes_statements_not_rows() -> None:
    old, new = uuid4(), uuid4()
    with_history(old)
    with CaptureQueriesContext(connection) as queries:
        move_printer(old, new)
    assert len(queries) < 30
    connection.check_constraints()


class TestNamesWithoutAnAddress:
    @pytest.fixture(autouse=True)
    def _name_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def answer(host: str, *_: object, **__: object) -> list[Any]:
            if host == "known.invalid":
                return [(2, 1, 6, "", ("127.0.0.5", 0))]
            raise OSError("Name or service not known")

        monkeypatch.setattr("printers.networks.socket.getaddrinfo", answer)

    def test_it_stops_that_printer_and_says_so_once(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        entries = (entry("lost", host="lost.invalid"), entry("found", host="known.invalid"), shelf())
        with caplog.at_level(logging.ERROR):
            run(tmp_path, *entries)
            run(tmp_path, *entries)
        (said,) = [record.getMessage() for record in caplog.records]
        assert "printer 1 (lost): There is no host called lost.invalid" in said
        lost = Printer.objects.select_related("status").get(name="lost")
        assert printer_state(lost, lost.status) == ("stopped", ["offline"])
        assert "There is no host called lost.invalid" in lost.status.last_error
        assert PrinterStatus.objects.count() == 1
        assert snmp_discovery().status == "fail"

    def test_an_answer_sets_it_free(self, tmp_path: Path) -> None:
        run(tmp_path, entry("lost", host="lost.invalid"))
        lost = Printer.objects.get()
        status = record_status(lost, Answer(printer_status=3))
        assert printer_state(lost, status)[0] == "idle"
        run(tmp_path, entry("lost", host="known.invalid"))

    def test_a_name_server_that_is_slow_holds_nobody(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("printers.unresolved.LIMIT_S", 0.1)
        go_on = threading.Event()
        monkeypatch.setattr("printers.networks.socket.getaddrinfo", lambda *_, **__: go_on.wait(10))
        begun = time.monotonic()
        run(tmp_path, *(entry(f"p{n}", host=f"slow{n}.invalid") for n in range(40)))
        assert time.monotonic() - begun < 5
        go_on.set()
        assert Printer.objects.count() == 40
