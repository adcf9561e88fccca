"""An imported hub is a hub: its jobs wait until they are released and print then, its pages and lists answer."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from jobs import queue
from jobs.dispatch import drain
from jobs.models import Job, Outcome, State
from jobs.sweep import printers_to_ring, sweep
from labelhub.legacy import import_hub
from printers.callers import HUB
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from templates_app.models import Preset, Template
from tests.api import script
from tests.labelhub.legacy.test_import import NEW, OLD, changed

__all__ = ["changed"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    for name in ("jobs.doorbell.ring", "jobs.sweep.ring"):
        monkeypatch.setattr(name, lambda printer_id: None)


@pytest.fixture(params=["hub-0.11", "before its datetime fix"])
def imported(request: pytest.FixtureRequest) -> Path:
    path = NEW if request.param == "hub-0.11" else OLD
    import_hub(path)
    return path


def held() -> list[Job]:
    """Those that were for a width that this hub knows for their printer come first."""
    return list(Job.objects.filter(state=State.HELD).select_related("printer").order_by("-medium"))


@pytest.fixture
def device(imported: Path) -> Iterator[EmulatedPrinter]:
    """An emulated printer in the place of the one for which jobs wait."""
    assert imported.exists()
    job = held()[0]
    with EmulatedPrinter(job.printer.model, job.medium, speed=0) as running:
        Printer.objects.filter(pk=job.printer_id).update(
            host="127.0.0.1", port=running.port, snmp_port=running.snmp_port, enabled=True, paused=False
        )
        yield running


def test_nothing_prints_by_itself_and_a_release_prints(device: EmulatedPrinter) -> None:
    job = held()[0]
    for _ in range(2):
        sweep()
        drain(job.printer_id)
    assert printers_to_ring() == []
    assert device.bytes_read == 0
    assert {each.state for each in held()} == {State.HELD}

    queue.release(job, HUB)
    drain(job.printer_id)
    job.refresh_from_db()
    assert (job.state, job.outcome) == (State.COMPLETED, Outcome.CONFIRMED), job.message
    assert len(device.labels) == job.copies
    others = Job.objects.filter(printer_id=job.printer_id).exclude(pk=job.pk)
    assert {each.state for each in others} & {State.PENDING, State.PROCESSING} == set()


def test_a_reprint_of_what_was_printed_prints(device: EmulatedPrinter) -> None:
    printer = held()[0].printer
    done = Job.objects.filter(printer=printer, state=State.COMPLETED, medium=held()[0].medium).first()
    assert done is not None
    again = queue.reprint(done, HUB)
    drain(printer.pk)
    again.refresh_from_db()
    assert (again.state, len(device.labels)) == (State.COMPLETED, 1)


@pytest.mark.usefixtures("imported")
def test_options_are_in_our_words() -> None:
    for job in Job.objects.select_related("printer"):
        assert job.options == {"cut": True}
        kind = "tze" if job.printer.model.startswith("PT") else "dk"
        width = (job.template_key.rpartition("-")[2]).removesuffix("mm")
        # Rolls are 12 and 62 mm wide, not 18 or 24.
        assert job.medium == (f"{kind}:{width}" if kind == "tze" or width in {"12", "62"} else "")


PAGES = ["/", "/printers", "/jobs", "/templates", "/print"]
LISTS = ["/api/printers?limit=200", "/api/jobs?limit=200", "/api/templates?limit=200"]


def every_answer(user: Any) -> Iterator[tuple[str, int]]:
    client, caller = Client(), script()
    client.force_login(user)
    strange = Job.objects.filter(template_version=None)[:3]
    jobs = [*Job.objects.all()[:3], *strange, *held()[:2]]
    printers = list(Printer.objects.all())
    pages = [*PAGES, *(f"/jobs/{job.pk}" for job in jobs), *(f"/printers/{printer.pk}" for printer in printers)]
    pages += [f"/templates/{template.key}" for template in Template.objects.exclude(current=None)]
    for path in pages:
        yield path, client.get(path).status_code
    lists = [*LISTS, *(f"/api/jobs/{job.pk}" for job in jobs), *(f"/api/jobs/{job.pk}/events" for job in jobs)]
    lists += [f"/api/printers/{printer.pk}{tail}" for printer in printers for tail in ("", "/status")]
    for path in lists:
        yield path, caller.get(path).status_code


def test_pages_and_lists_show_it(imported: Path, admin_user: Any) -> None:
    assert imported.exists()
    assert {(path, status) for path, status in every_answer(admin_user) if status != 200} == set()


def test_pages_and_lists_show_what_is_not_known_here(changed: Any, admin_user: Any) -> None:
    import_hub(
        changed(
            "PRAGMA ignore_check_constraints=ON",
            "UPDATE printers SET model = 'PT-P9999' WHERE rowid = 1",
            "UPDATE jobs SET state = 'teleported' WHERE rowid = 1",
            "UPDATE jobs SET payload = 'no json' WHERE rowid = 3",
            "UPDATE jobs SET printer_id = '00000000000000000000000000000001' WHERE rowid = 2",
        )
    )
    Template.objects.create(key="without-a-design", title="Without", source="imported")
    Preset.objects.create(name="alone", values={"title": "x"})
    assert {(path, status) for path, status in every_answer(admin_user) if status != 200} == set()
    assert script().get("/api/templates/without-a-design").status_code == 404
    unknown = Printer.objects.get(model="PT-P9999")
    body = script().get(f"/api/printers/{unknown.pk}").json()
    assert (body["state"], body["model"]) == ("stopped", "PT-P9999")
    assert "PT-P9999" in body["config_error"]


def test_a_job_without_a_template_is_released_and_says_why_it_cannot_print(changed: Any) -> None:
    import_hub(changed("UPDATE jobs SET payload = '{}' WHERE state = 'queued'"))
    job = next(job for job in held() if job.template_version_id is None)
    Printer.objects.filter(pk=job.printer_id).update(enabled=True, paused=False)
    queue.release(job, HUB)
    drain(job.printer_id)
    job.refresh_from_db()
    assert (job.state, job.outcome) == (State.ABORTED, Outcome.NOT_PRINTED)
    assert "template" in job.message


def test_what_postgresql_cannot_store_is_replaced(changed: Any) -> None:
    path = changed("UPDATE printers SET name = 'a' || char(0) || 'b' WHERE rowid = 1")
    with sqlite3.connect(path) as database:
        payload = '{"label_data": {"title": "\\u0000 \\ud800 x"}, "size": NaN, "content_type": "qr_two_lines"}'
        database.execute("UPDATE jobs SET payload = ?, error = ? WHERE rowid = 1", [payload, "\0"])
        database.execute("UPDATE jobs SET payload = ? WHERE rowid = 2", ["[" * 100_000])
    database.close()
    assert import_hub(path).of("jobs").written == 200
    assert Printer.objects.filter(name="a\ufffdb").count() == 1
    assert Job.objects.filter(fields={"title": "\ufffd ? x"}).count() == 1


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("ALTER TABLE jobs DROP COLUMN payload", "its table jobs has no payload"),
        ("ALTER TABLE api_keys DROP COLUMN notes", "its table api_keys has no notes"),
    ],
)
def test_a_generation_that_is_not_known_is_one_sentence(statement: str, says: str, changed: Any) -> None:
    from labelhub.legacy import ImportRefused

    with pytest.raises(ImportRefused, match=says):
        import_hub(changed(statement))
    assert Job.objects.count() == Printer.objects.count() == 0
