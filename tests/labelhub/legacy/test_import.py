import json
import shutil
import sqlite3
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from jobs.models import Batch, Job
from labelhub.accounts.models import ApiToken
from labelhub.legacy import ImportRefused, import_hub
from labelhub.legacy.source import TABLES, table_of
from printers.instants import Fold, parse_instant
from printers.models import Event, Printer, PrinterStatus
from templates_app.models import Preset, Template

pytestmark = pytest.mark.django_db

DATABASES = Path(__file__).parent / "databases"
OLD, NEW = DATABASES / "hub-before-datetime-fix.sqlite3", DATABASES / "hub-0.11-mixed.sqlite3"
MODELS = (Printer, PrinterStatus, Template, Preset, ApiToken, Batch, Job, Event)


def everything() -> list[list[Any]]:
    return [list(model._default_manager.order_by("pk").values_list()) for model in MODELS]


@pytest.fixture
def changed(tmp_path: Path) -> Any:
    """A copy of the newer database after some SQL."""

    def _changed(*statements: str) -> Path:
        path = tmp_path / "hub.sqlite3"
        shutil.copy(NEW, path)
        with sqlite3.connect(path) as database:
            for statement in statements:
                database.execute(statement)
        database.close()
        return path

    return _changed


@pytest.mark.parametrize(("path", "printers", "jobs"), [(OLD, 2, 120), (NEW, 3, 200)])
def test_it_works(path: Path, printers: int, jobs: int) -> None:
    report = import_hub(path)
    assert (report.of("printers").written, Printer.objects.count()) == (printers, printers)
    assert (report.of("jobs").written, Job.objects.count()) == (jobs, jobs)
    assert {table: count.read for table, count in report.tables.items() if count.read} != {}
    for count in report.tables.values():
        assert count.read == count.written + sum(count.skipped.values())


@pytest.mark.parametrize("path", [OLD, NEW])
def test_ids_instants_and_fields_are_kept(path: Path) -> None:
    import_hub(path)
    with sqlite3.connect(path) as database:
        rows = database.execute(
            "SELECT id, printer_id, payload, created_at, started_at, finished_at FROM jobs"
        ).fetchall()
    database.close()
    jobs = {job.id: job for job in Job.objects.all()}
    assert len(rows) == len(jobs)
    for job_id, printer_id, payload, *times in rows:
        job = jobs[UUID(job_id)]
        assert job.printer_id == UUID(printer_id)
        assert job.fields == json.loads(payload)["label_data"]
        assert [job.created_at, job.started_at, job.finished_at] == [
            parse_instant(text, UTC) if text else None for text in times
        ]


def test_states_say_what_is_known() -> None:
    import_hub(NEW)
    found = {
        (table_of(job.legacy)["state"], job.state, job.outcome, tuple(job.reasons))
        for job in Job.objects.exclude(state="canceled")
    }
    assert found == {
        ("done", "completed", "sent", ("hub-imported", "queued-in-device")),
        ("failed", "aborted", "unknown", ("hub-imported", "hub-outcome-unknown")),
        ("failed_restart", "aborted", "unknown", ("hub-imported", "hub-outcome-unknown")),
        ("queued", "pending-held", None, ("hub-imported", "hub-held-after-restore")),
        ("printing", "pending-held", None, ("hub-imported", "hub-held-after-restore")),
    }
    assert Job.objects.filter(state__in=["pending", "processing"]).count() == 0
    assert Job.objects.filter(legacy__state="cancelled").count() == Job.objects.filter(state="canceled").count() == 10
    failed = Job.objects.filter(legacy__error="tape_empty: no tape").first()
    assert failed is not None
    assert "tape_empty: no tape" in failed.message


def test_what_waited_can_be_printed_after_a_release() -> None:
    import_hub(NEW)
    for job in Job.objects.filter(state="pending-held"):
        assert job.template_version is not None
        assert job.template_version.template.key == "imported-qr-two-lines-12mm"


def test_templates_of_the_older_generation_become_ours() -> None:
    import_hub(OLD)
    templates = Template.objects.select_related("current")
    assert templates.count() == 12
    assert all(t.current is not None and t.source == "imported" for t in templates)
    assert Preset.objects.get().template == templates.get(key="snipeit-12mm")
    assert Job.objects.filter(template_key="snipeit-24mm").exclude(template_version=None).exists()


def test_the_rest_comes_along() -> None:
    import_hub(NEW)
    assert Batch.objects.get().total == Job.objects.filter(batch__isnull=False).count() == 4
    assert Preset.objects.get().values == {"title": "Regal 3"}
    assert {s.media_width_mm for s in PrinterStatus.objects.all()} == {12.0, 62.0}
    assert all(s.captured_at == s.last_seen_at and s.online for s in PrinterStatus.objects.all())
    audit = Event.objects.get(kind="printer.audit-imported")
    assert (audit.actor, audit.data["action"], audit.at) == (
        "api-key:none",
        "create",
        datetime(2026, 5, 14, 8, 0, 0, 236294, UTC),
    )


def test_keys_arrive_disabled_and_say_why() -> None:
    import_hub(NEW)
    token = ApiToken.objects.get()
    assert (token.name, token.enabled, token.scopes, token.digest) == ("bootstrap-admin", False, ["admin"], "")
    assert "make a new token" in token.note
    assert ApiToken.find(f"lh_{token.prefix}") is None


def test_twice_changes_nothing() -> None:
    for path in (OLD, NEW):
        import_hub(path)
    before = everything()
    for path in (OLD, NEW):
        report = import_hub(path)
        assert sum(count.written for count in report.tables.values()) == 0
    assert everything() == before


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    before = everything()
    dry = import_hub(NEW, dry_run=True)
    assert everything() == before
    real = import_hub(NEW)
    assert dry.tables == real.tables
    assert dry.dry_run


def test_what_is_not_known_here_is_kept(changed: Any) -> None:
    path = changed(
        "PRAGMA ignore_check_constraints=ON",
        "UPDATE jobs SET state = 'teleported' WHERE rowid = 1",
        "UPDATE jobs SET printer_id = '00000000000000000000000000000001' WHERE rowid = 2",
        "UPDATE printers SET model = 'PT-P9999' WHERE rowid = 1",
        "UPDATE jobs SET payload = 'no json' WHERE rowid = 3",
    )
    report = import_hub(path)
    assert report.of("jobs").written == 200
    strange = Job.objects.get(legacy__state="teleported")
    assert (strange.state, strange.outcome) == ("aborted", "unknown")
    assert "“teleported”" in strange.message
    assert Job.objects.get(printer__model="unknown").printer.enabled is False
    printer = Printer.objects.get(model="PT-P9999")
    assert "PT-P9999" in printer.config_error
    assert Job.objects.filter(legacy__payload="no json").count() == 1


def test_a_time_that_cannot_be_read_is_noted_and_left_empty(changed: Any) -> None:
    report = import_hub(changed("UPDATE jobs SET finished_at = 'soon' WHERE rowid = 1"))
    assert report.of("jobs").written == 200
    assert any("“soon” is no date and time" in note for note in report.notes)


def test_local_times_in_doubt_refuse_the_whole_import(changed: Any) -> None:
    path = changed("UPDATE jobs SET created_at = '2026-10-25 02:30:00' WHERE rowid = 1")
    with pytest.raises(ImportRefused, match="happened twice"):
        import_hub(path, time_zone="Europe/Berlin")
    assert Job.objects.count() == Printer.objects.count() == 0
    import_hub(path, time_zone="Europe/Berlin", fold=Fold.LATER)
    assert Job.objects.filter(created_at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC)).count() == 1


def test_a_name_that_is_taken_gets_a_number() -> None:
    import_hub(NEW)
    report = import_hub(OLD)
    assert Printer.objects.count() == 5
    assert any("is taken here" in note for note in report.notes)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is no SQLite database"),
        (b"PK\x03\x04 something else entirely", "is no SQLite database"),
        (b"SQLite format 3\0" + b"\0" * 4000, "cannot be read as a database"),
    ],
)
def test_a_foreign_file_is_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "hub.sqlite3"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=says) as raised:
        call_command("import_hub", str(path))
    assert "\n" not in str(raised.value)


def test_another_program_s_database_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE jobs (id integer)")
    database.close()
    with pytest.raises(ImportRefused, match="no Label-Printer-Hub database: it has no table alembic_version and"):
        import_hub(path)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="cannot be read: No such file"):
        import_hub(tmp_path / "nowhere.sqlite3")


def test_the_source_is_not_touched() -> None:
    before = NEW.read_bytes()
    import_hub(NEW)
    assert NEW.read_bytes() == before
    assert not list(DATABASES.glob("*-wal"))


def test_the_report_lists_every_table() -> None:
    out = StringIO()
    call_command("import_hub", str(NEW), "--dry-run", stdout=out)
    assert all(table in out.getvalue() for table in TABLES)
    assert "A dry run: nothing was written." in out.getvalue()
