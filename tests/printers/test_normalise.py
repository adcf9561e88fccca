import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection

from jobs.models import Job
from printers.instants import Fold
from printers.models import Printer, PrinterStatus, Site
from printers.normalise import MARKS, InstantsInDoubt, _columns, normalise

pytestmark = pytest.mark.django_db

SHAPES = {
    "2026-05-17T11:51:33.798110": datetime(2026, 5, 17, 11, 51, 33, 798110, UTC),
    "2026-05-17 11:51:33.798110": datetime(2026, 5, 17, 11, 51, 33, 798110, UTC),
    "2026-05-17T11:51:34": datetime(2026, 5, 17, 11, 51, 34, tzinfo=UTC),
    "2026-05-17T11:51:35Z": datetime(2026, 5, 17, 11, 51, 35, tzinfo=UTC),
    "2026-05-17T13:51:36+02:00": datetime(2026, 5, 17, 11, 51, 36, tzinfo=UTC),
    "2026-05-17T17:21:37+05:30": datetime(2026, 5, 17, 11, 51, 37, tzinfo=UTC),
    "2026-05-17 06:51:38-05:00+00:00": datetime(2026, 5, 17, 11, 51, 38, tzinfo=UTC),
}


@pytest.fixture(autouse=True)
def _before_the_migration() -> None:
    """The migrations of the test database have been here and said so."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {MARKS}")


@pytest.fixture
def printer() -> Printer:
    return Printer.objects.create(
        site=Site.objects.create(key="main"), name="bench", model="PT-P750W", host="127.0.0.2"
    )


def put(table: str, column: str, key: Any, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [text, key.hex])


def texts(table: str, column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT CAST({column} AS text) FROM {table} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def legacy_jobs(printer: Printer) -> dict[Any, datetime]:
    jobs = {Job.objects.create(printer=printer, fields={"title": "2026-05-17 11:51:33+02:00"}).id: s for s in SHAPES}
    for job_id, text in jobs.items():
        put("jobs_job", "created_at", job_id, text)
    return {job_id: SHAPES[text] for job_id, text in jobs.items()}


@pytest.mark.sqlite_only
def test_every_shape_becomes_its_instant(printer: Printer) -> None:
    jobs = legacy_jobs(printer)
    assert list(Job.objects.order_by("created_at").values_list("id", flat=True)) != sorted(jobs, key=lambda j: jobs[j])
    done = normalise(apps, connection, "UTC")
    assert done.changed >= 6
    assert done.nulls_before == done.nulls_after
    assert dict(Job.objects.values_list("id", "created_at")) == jobs
    ordered = Job.objects.order_by("created_at", "id").values_list("created_at", flat=True)
    assert list(ordered) == sorted(jobs.values())
    assert Job.objects.filter(created_at__gte=datetime(2026, 5, 17, 11, 51, 35, tzinfo=UTC)).count() == 4
    assert set(Job.objects.values_list("fields__title", flat=True)) == {"2026-05-17 11:51:33+02:00"}
    assert normalise(apps, connection, "UTC").read == 0


@pytest.mark.sqlite_only
def test_naive_values_are_taken_in_the_stated_zone(printer: Printer) -> None:
    job = Job.objects.create(printer=printer)
    put("jobs_job", "created_at", job.id, "2026-05-17T11:51:33")
    normalise(apps, connection, "Europe/Berlin")
    # Marked as done: a second run does not shift it again.
    normalise(apps, connection, "Europe/Berlin")
    job.refresh_from_db()
    assert job.created_at == datetime(2026, 5, 17, 9, 51, 33, tzinfo=UTC)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(("fold", "hour"), [(Fold.EARLIER, 0), (Fold.LATER, 1)])
def test_doubtful_times_change_nothing_until_said(printer: Printer, fold: Fold, hour: int) -> None:
    job = Job.objects.create(printer=printer)
    other = Job.objects.create(printer=printer)
    put("jobs_job", "created_at", job.id, "2026-10-25T02:30:00")
    put("jobs_job", "created_at", other.id, "2026-05-17T11:51:33Z")
    before = texts("jobs_job", "created_at")
    with pytest.raises(InstantsInDoubt, match=r"jobs_job.created_at .*happened twice in Europe/Berlin"):
        normalise(apps, connection, "Europe/Berlin")
    assert texts("jobs_job", "created_at") == before
    Printer.objects.all().update(
        created_at=datetime(2026, 5, 1, tzinfo=UTC), updated_at=datetime(2026, 5, 1, tzinfo=UTC)
    )
    normalise(apps, connection, "Europe/Berlin", fold)
    job.refresh_from_db()
    assert job.created_at == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


@pytest.mark.sqlite_only
def test_what_is_no_instant_is_listed_not_lost(printer: Printer) -> None:
    job = Job.objects.create(printer=printer)
    put("jobs_job", "finished_at", job.id, "soon")
    with pytest.raises(InstantsInDoubt, match="“soon” is no date and time"):
        normalise(apps, connection, "UTC")
    assert texts("jobs_job", "finished_at") == ["soon"]


def test_timestamps_inside_json(printer: Printer) -> None:
    PrinterStatus.objects.create(
        printer=printer,
        sources={
            "block": {"captured_at": "2026-05-17 06:51:38-05:00+00:00", "text": "2026-05-17 06:51:38"},
            "list": [{"at": "2026-05-17T13:51:36+02:00"}],
        },
    )
    normalise(apps, connection, "UTC")
    assert PrinterStatus.objects.get().sources == {
        "block": {"captured_at": "2026-05-17T11:51:38Z", "text": "2026-05-17 06:51:38"},
        "list": [{"at": "2026-05-17T11:51:36Z"}],
    }


@pytest.mark.sqlite_only
def test_a_column_that_failed_half_way_is_done_again(printer: Printer, monkeypatch: pytest.MonkeyPatch) -> None:
    legacy_jobs(printer)
    calls = {"n": 0}
    real = json.loads

    def fail_later(text: str) -> Any:
        calls["n"] += 1
        raise RuntimeError("the power went")

    monkeypatch.setattr("printers.normalise.json.loads", fail_later)
    with pytest.raises(RuntimeError):
        normalise(apps, connection, "UTC")
    monkeypatch.setattr("printers.normalise.json.loads", real)
    normalise(apps, connection, "UTC")
    assert set(Job.objects.values_list("created_at", flat=True)) == set(SHAPES.values())


def test_every_date_time_and_json_column_is_covered() -> None:
    covered = {column.name for column in _columns(apps, connection)}
    assert {
        "jobs_job.created_at",
        "jobs_attempt.evidence",
        "printers_event.at",
        "accounts_apitoken.expires_at",
    } <= covered
    assert not covered & {"jobs_job.fields", "templates_app_preset.values"}


@pytest.mark.postgresql_only
@pytest.mark.parametrize(("fold", "hour"), [(None, None), (Fold.EARLIER, 0), (Fold.LATER, 1)])
def test_columns_without_a_time_zone_get_one(printer: Printer, fold: Fold | None, hour: int | None) -> None:
    ids = sorted(uuid4() for _ in range(3))
    Job.objects.bulk_create(Job(id=i, printer=printer) for i in ids)
    with connection.cursor() as cursor:
        # PostgreSQL alters no table whose foreign keys are still to be checked.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE jobs_job ALTER COLUMN created_at TYPE timestamp USING created_at AT TIME ZONE 'UTC'"
        )
        cursor.execute("SET LOCAL TIME ZONE 'America/New_York'")
        for job_id, text in zip(
            ids, ("2026-05-17 11:51:33.5", "2026-01-17 11:51:33", "2026-10-25 02:30:00"), strict=True
        ):
            cursor.execute("UPDATE jobs_job SET created_at = %s WHERE id = %s", [text, job_id])
    if fold is None:
        with pytest.raises(InstantsInDoubt, match="happened twice"):
            normalise(apps, connection, "Europe/Berlin")
        return
    normalise(apps, connection, "Europe/Berlin", fold)
    with connection.cursor() as cursor:
        # Django reads every answer as UTC.
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
    assert list(Job.objects.order_by("id").values_list("created_at", flat=True)) == [
        datetime(2026, 5, 17, 9, 51, 33, 500000, UTC),
        datetime(2026, 1, 17, 10, 51, 33, tzinfo=UTC),
        datetime(2026, 10, 25, hour or 0, 30, tzinfo=UTC),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_typeof(created_at)::text FROM jobs_job LIMIT 1")
        assert cursor.fetchone() == ("timestamp with time zone",)
