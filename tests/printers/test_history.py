"""What a printer did in the last two weeks, from its jobs, their attempts and the log."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Attempt, Job
from printers.history import DAYS, Day, history_of, tiles_of
from printers.models import Event, Printer
from templates_app.models import Template
from tests.pages.rows import make_job, make_printer, make_template, signed_in

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def day(at: datetime, days: list[Day]) -> Day:
    return next(each for each in days if each.date == timezone.localdate(at))


def printed(printer: Printer, at: datetime, template: Template | None = None, **values: Any) -> Job:
    return make_job(printer, template, state="completed", outcome="confirmed", created_at=at, finished_at=at, **values)


def attempted(job: Job, at: datetime, outcome: str, tape_mm: float = 0) -> None:
    Attempt.objects.create(
        job=job, number=job.attempts.count() + 1, printer=job.printer, token=1, outcome=outcome, tape_mm=tape_mm,
        ended_at=at,
    )  # fmt: skip


def said(printer: Printer, at: datetime, **data: Any) -> None:
    Event.objects.create(at=at, kind="printer.status", printer=printer, data={"online": True, "state": "idle"} | data)


def test_labels_and_tape() -> None:
    printer, other = make_printer(), make_printer("other")
    yesterday = NOW - timedelta(days=1)
    attempted(printed(printer, yesterday, copies=3), yesterday, "confirmed", 99.0)
    attempted(printed(printer, yesterday), yesterday, "sent", 33.0)
    attempted(make_job(printer, state="aborted"), yesterday, "not_printed", 1000.0)
    attempted(printed(printer, NOW - timedelta(days=20)), NOW - timedelta(days=20), "confirmed", 5000.0)
    attempted(printed(other, yesterday, copies=50), yesterday, "confirmed", 7000.0)
    days = history_of(printer, NOW)
    assert len(days) == DAYS
    assert (days[0].date.isoformat(), days[-1].date.isoformat()) == ("2026-03-07", "2026-03-20")
    found = day(yesterday, days)
    assert (found.labels, round(found.tape_m, 3), found.errors) == (4, 0.132, 1)
    assert sum(each.labels for each in days) == 4


def test_days_are_those_of_the_reader() -> None:
    printer = make_printer()
    printed(printer, datetime(2026, 3, 19, 23, 30, tzinfo=UTC))
    assert day(NOW - timedelta(days=1), history_of(printer, NOW)).labels == 1
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert day(NOW, history_of(printer, NOW)).labels == 1


def test_time_online() -> None:
    printer = make_printer()
    said(printer, NOW - timedelta(days=30))
    said(printer, datetime(2026, 3, 18, 6, tzinfo=UTC), online=False)
    said(printer, datetime(2026, 3, 19, 18, tzinfo=UTC), online=True)
    days = history_of(printer, NOW)
    assert [each.online for each in days[:-3]] == [1.0] * 11
    assert [each.online for each in days[-3:]] == [0.25, 0.25, 1.0]


def test_before_the_first_answer_nothing_is_known() -> None:
    printer = make_printer()
    said(printer, datetime(2026, 3, 19, 18, tzinfo=UTC))
    assert [each.online for each in history_of(printer, NOW)] == [None] * 12 + [1.0, 1.0]


def test_each_stop_is_one_error() -> None:
    printer = make_printer()
    for n, state in enumerate(["stopped", "stopped", "idle", "stopped"]):
        said(printer, NOW - timedelta(hours=4 - n), state=state)
    said(printer, NOW - timedelta(minutes=5), online=False, state="stopped")
    assert day(NOW, history_of(printer, NOW)).errors == 2


def test_tiles_never_leave_their_box() -> None:
    days = [Day(NOW.date() - timedelta(days=n), n * 1000, n / 3, n, None) for n in range(DAYS)]
    for tile in tiles_of(days):
        assert len(tile.bars) == DAYS
        assert all(0 <= bar.y <= 40 and 0 < bar.height <= 40 and 0 <= bar.x <= 133 for bar in tile.bars)
    assert [tile.total for tile in tiles_of(days)] == ["91,000", "30.3 m", "–", "91"]


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow(rows: int) -> None:
    printer = make_printer()
    for n in range(rows):
        attempted(printed(printer, NOW - timedelta(days=n)), NOW - timedelta(days=n), "confirmed", 30.0)
        said(printer, NOW - timedelta(days=n))
    with CaptureQueriesContext(connection) as captured:
        history_of(printer, NOW)
    assert len(captured) == 4


def test_the_page_shows_it_with_a_table() -> None:
    printer = make_printer()
    now = timezone.now()
    attempted(printed(printer, now, template=make_template(), copies=7), now, "confirmed", 231.0)
    client = signed_in()
    text = client.get(f"/printers/{printer.id}").content.decode()
    assert "The last two weeks" in text
    assert text.count("<rect") >= 4 * DAYS
    assert '<td class="num">7</td><td class="num">0.2 m</td>' in text
    assert "The last two weeks" not in client.get(f"/printers/{printer.id}/live").content.decode()
