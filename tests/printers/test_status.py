from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from printers import status
from printers.brother_status import build_block
from printers.models import Event, Printer, PrinterStatus, Site
from printers.snmp import Answer
from printers.status import store
from printers.status.store import next_probe
from tests.printers.agents import DIE_CUT_BLOCK, PT, PT_BLOCK, Agent

pytestmark = pytest.mark.django_db

READY = Answer(block=PT_BLOCK, device_id="MDL:PT-P750W;", printer_status=3, display="READY", life_count=17)
OPEN = Answer(block=build_block(series=0x30, model_code=0x68, error2=0x10), printer_status=3)
SILENT = Answer(problem="timeout", error="It did not answer.")
QUICK = Answer(block=build_block(series=0x30, model_code=0x68, width_mm=12, media_type=1, tape_color=1, text_color=8,
                                 phase=1), printer_status=4, life_count=18, complete=False)  # fmt: skip


@pytest.fixture
def printer() -> Printer:
    site = Site.objects.create(key="main")
    return Printer.objects.create(site=site, name="labels", model="PT-P750W", host="127.1.1.7")


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    heard: list[str] = []
    monkeypatch.setattr(store, "bell", lambda: SimpleNamespace(put=heard.extend))
    monkeypatch.setattr(store, "current_app", SimpleNamespace(send_task=heard.append))
    return heard


def _events() -> list[dict[str, Any]]:
    return [event.data for event in Event.objects.filter(kind="printer.status")]


def test_it_works(printer: Printer, settings: LazySettings) -> None:
    settings.DEMO = True
    with Agent(PT) as agent:
        printer.host, printer.snmp_port = "127.0.0.1", agent.port
        row = status.refresh(printer)
    kept = status.current(printer)
    assert kept is not None
    assert (kept.online, kept.state, kept.media_key, kept.model_seen) == (True, "idle", "tze:12", "PT-P750W")
    assert bytes(kept.raw_block or b"") == PT_BLOCK
    assert kept.captured_at == kept.last_seen_at == row.captured_at
    assert (kept.display, kept.life_count, kept.source) == ("READY", 17, "status-block")


def test_a_failure_keeps_what_was_known_and_when(printer: Printer) -> None:
    before = status.record(printer, READY)
    status.record(printer, SILENT)
    row = PrinterStatus.objects.get()
    assert (row.online, row.last_error, row.failures) == (False, "It did not answer.", 1)
    assert (row.state, row.media_key, row.tape_color, row.display) == ("idle", "tze:12", "white", "READY")
    assert bytes(row.raw_block or b"") == PT_BLOCK
    assert row.last_seen_at == before.last_seen_at
    assert row.captured_at is not None
    assert before.captured_at is not None
    assert row.captured_at > before.captured_at


def test_a_success_replaces_everything(printer: Printer) -> None:
    status.record(printer, READY)
    status.record(printer, SILENT)
    status.record(printer, OPEN)
    row = PrinterStatus.objects.get()
    assert (row.online, row.last_error, row.failures) == (True, "", 0)
    assert (row.state, row.reasons, row.error_state) == ("stopped", ["cover-open"], ["cover open"])
    assert (row.media_key, row.media_width_mm, row.tape_color, row.display) == ("", None, "", "")


def test_a_quick_answer_leaves_alone_what_was_not_asked(printer: Printer) -> None:
    status.record(printer, READY)
    status.record(printer, QUICK)
    row = PrinterStatus.objects.get()
    assert (row.state, row.life_count, row.media_key) == ("processing", 18, "tze:12")
    assert (row.display, row.model_seen, row.source) == ("READY", "PT-P750W", "status-block")


def test_changes_are_events(printer: Printer) -> None:
    status.record(printer, READY)
    status.record(printer, OPEN)
    status.record(printer, SILENT)
    assert [(e["online"], e["state"], e["tape_loaded"]) for e in _events()] == [
        (True, "idle", "12mm"),
        (True, "stopped", None),
        (False, "stopped", None),
    ]


def test_no_event_when_nothing_changed(printer: Printer) -> None:
    status.record(printer, READY)
    status.record(
        printer, Answer(block=PT_BLOCK, device_id="MDL:PT-P750W;", printer_status=3, display="ECO", life_count=9)
    )
    status.record(printer, SILENT)
    status.record(printer, SILENT)
    assert len(_events()) == 2
    assert PrinterStatus.objects.get().failures == 2


def test_the_queue_hears_that_it_became_ready(
    printer: Printer, rung: list[str], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    ring = str(printer.id)
    for answer, expected in (
        (READY, [ring]),
        (READY, []),
        (OPEN, []),
        (READY, [ring]),
        (SILENT, []),
        (READY, [ring]),
        (Answer(block=DIE_CUT_BLOCK), [ring]),
    ):
        rung.clear()
        with django_capture_on_commit_callbacks(execute=True):
            status.record(printer, answer)
        assert rung == expected


def test_the_queue_hears_it_until_it_lets_the_printer_go(
    printer: Printer, rung: list[str], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    printer.stop_reasons = ["cover-open"]
    with django_capture_on_commit_callbacks(execute=True):
        status.record(printer, READY)
        status.record(printer, READY)
    assert len(rung) == 2


def test_a_broker_that_is_down_does_not_hurt(
    printer: Printer,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def down(_printer_ids: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(store, "bell", lambda: SimpleNamespace(put=down))
    with django_capture_on_commit_callbacks(execute=True):
        status.record(printer, READY)
    assert PrinterStatus.objects.get().online
    assert "no broker" in caplog.text


def test_a_printer_that_was_deleted_meanwhile_is_left_out(printer: Printer) -> None:
    gone = Printer(site=printer.site, name="gone", model="PT-P750W", host="127.1.1.8")
    status.record_many([(gone, READY), (printer, READY)])
    assert [row.printer_id for row in PrinterStatus.objects.all()] == [printer.id]
    assert len(_events()) == 1


@pytest.mark.parametrize("printers", [1, 3, 60])
def test_statements_do_not_depend_on_the_number(
    printer: Printer, printers: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    many = [Printer(site=printer.site, name=f"p{n}", model="PT-P750W", host="127.1.1.7") for n in range(printers)]
    Printer.objects.bulk_create(many)
    status.record_many([(each, READY) for each in many])
    with django_assert_num_queries(5):  # savepoint, rows, upsert, events, release
        status.record_many([(each, OPEN) for each in many])
    assert PrinterStatus.objects.filter(state="stopped").count() == printers
    with django_assert_num_queries(4):  # no events
        status.record_many([(each, OPEN) for each in many])


def test_the_first_probe_and_the_backoff(settings: LazySettings) -> None:
    settings.PROBE_INTERVAL_S = 30
    now = timezone.now()
    waits = [(next_probe(now, n, attention=False) - now).total_seconds() for n in (0, 1, 2, 3, 4, 5, 6, 1000)]
    assert waits == [30, 30, 60, 120, 240, 300, 300, 300]


def test_a_printer_that_needs_a_person_is_asked_more_often(printer: Printer) -> None:
    row = status.record(printer, OPEN)
    assert row.captured_at is not None
    assert row.next_probe_at - row.captured_at == timedelta(seconds=10)


def test_one_that_is_off_is_left_alone_longer_and_longer_also_when_it_stopped_jobs(printer: Printer) -> None:
    printer.stop_reasons = ["offline"]
    for _ in range(9):
        row = status.record(printer, SILENT)
    assert row.captured_at is not None
    assert row.next_probe_at - row.captured_at == timedelta(seconds=300)


def test_due_now_ends_a_backoff(
    printer: Printer, rung: list[str], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    for _ in range(6):
        status.record(printer, SILENT)
    other = Printer.objects.create(site=printer.site, name="other", model="PT-P750W", host="127.1.1.8")
    later = status.record(other, SILENT).next_probe_at
    with django_capture_on_commit_callbacks(execute=True):
        status.due_now(printer.id)
    assert PrinterStatus.objects.get(printer=printer).next_probe_at <= timezone.now()
    assert PrinterStatus.objects.get(printer=other).next_probe_at == later
    assert rung == ["printers.tasks.probe_due"]


def test_a_printer_whose_jobs_wait_for_media_is_asked_soon(printer: Printer) -> None:
    other = Printer.objects.create(site=printer.site, name="other", model="PT-P750W", host="127.1.1.8")
    later = status.record(other, READY).next_probe_at
    status.record(printer, READY)
    status.ask_soon(printer.id)
    soon = PrinterStatus.objects.get(printer=printer).next_probe_at
    assert soon <= timezone.now()
    status.ask_soon(printer.id)
    assert PrinterStatus.objects.get(printer=printer).next_probe_at == soon
    assert PrinterStatus.objects.get(printer=other).next_probe_at == later


def _state(printer: Printer, row: PrinterStatus | None = None) -> tuple[str, list[str]]:
    return status.printer_state(printer, row)


def test_the_state_in_ipp_words(printer: Printer) -> None:
    assert _state(printer) == ("idle", [])
    assert _state(printer, status.record(printer, READY)) == ("idle", [])
    assert _state(printer, status.record(printer, QUICK)) == ("processing", [])
    assert _state(printer, status.record(printer, OPEN)) == ("stopped", ["cover-open"])
    assert _state(printer, status.record(printer, SILENT)) == ("stopped", ["offline"])


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"paused": True}, ["paused"]),
        ({"enabled": False}, ["hub-disabled"]),
        ({"config_error": "There is no model PT-X."}, ["hub-configuration-error"]),
        ({"stop_reasons": ["media-empty"]}, ["media-empty"]),
        ({"paused": True, "stop_reasons": ["media-jam"]}, ["paused", "media-jam"]),
    ],
)
def test_what_the_hub_itself_holds_back(printer: Printer, changes: dict[str, Any], reasons: list[str]) -> None:
    for name, value in changes.items():
        setattr(printer, name, value)
    assert _state(printer, status.record(printer, READY)) == ("stopped", reasons)


def test_a_warning_does_not_stop_it(printer: Printer) -> None:
    row = status.record(
        printer, Answer(block=build_block(series=0x30, model_code=0x68, width_mm=12, media_type=1, error1=8))
    )
    assert _state(printer, row) == ("idle", ["other-warning"])


def test_the_medium_that_is_loaded(printer: Printer) -> None:
    printer.media = "tze:24"

    def key(row: PrinterStatus | None) -> str | None:
        medium = status.loaded_medium(printer, row)
        return medium.key if medium else None

    assert key(None) == "tze:24"
    assert key(status.record(printer, SILENT)) == "tze:24"
    assert key(status.record(printer, READY)) == "tze:12"
    assert key(status.record(printer, SILENT)) == "tze:12"
    assert key(status.record(printer, OPEN)) is None
    # A device that tells nothing but its name cannot contradict the person.
    assert key(status.record(printer, Answer(device_id="MDL:PT-P750W;"))) == "tze:24"


def test_another_model_can_be_taken_over(printer: Printer) -> None:
    assert status.model_mismatch(printer, status.record(printer, READY)) is None
    seen = status.model_mismatch(printer, status.record(printer, Answer(block=DIE_CUT_BLOCK)))
    assert seen is not None
    assert seen.key == "ql-820nwb"
    assert "QL-820NWB" in PrinterStatus.objects.get().note


def test_old_answers_are_stale(printer: Printer) -> None:
    row = status.record(printer, READY)
    assert row.last_seen_at is not None
    assert status.is_stale(None)
    assert not status.is_stale(row, row.last_seen_at + timedelta(seconds=89))
    assert status.is_stale(row, row.last_seen_at + timedelta(seconds=91))


def test_the_shape_of_the_api(printer: Printer) -> None:
    row = status.record(printer, READY)
    assert row.captured_at is not None
    view = status.status_view(printer, row, row.captured_at + timedelta(seconds=12.34))
    assert view == {
        "printer_id": printer.id,
        "online": True,
        "state": "idle",
        "reasons": [],
        "tape_loaded": "12mm",
        "media": {
            "width_mm": 12.0,
            "length_mm": 0.0,
            "type": "laminated",
            "tape_color": "white",
            "text_color": "black",
        },
        "error_state": None,
        "captured_at": row.captured_at,
        "last_seen_at": row.captured_at,
        "last_probe_age_s": 12.3,
        "last_error": None,
        "note": None,
        "source": "status-block",
        "model_seen": "PT-P750W",
        "display": "READY",
        "life_count": 17,
        "stale": False,
    }


def test_the_shape_of_a_printer_that_is_off(printer: Printer) -> None:
    status.record(printer, Answer(block=DIE_CUT_BLOCK))
    row = status.record(printer, SILENT)
    view = status.status_view(printer, row)
    assert (view["online"], view["tape_loaded"], view["last_error"]) == (False, "62mm x 29mm", "It did not answer.")
    assert view["last_seen_at"] < view["captured_at"]


def test_the_shape_of_a_printer_that_was_never_asked(printer: Printer) -> None:
    view = status.status_view(printer)
    assert (view["online"], view["captured_at"], view["tape_loaded"], view["media"]) == (None, None, None, None)
    assert view["note"] == "It was not asked yet; the first probe is due now."
    row = PrinterStatus(printer=printer, next_probe_at=timezone.now().replace(year=2090, microsecond=0))
    assert "is due at 2090-" in status.status_view(printer, row)["note"]


def test_a_clock_that_was_set_back_makes_no_negative_age(printer: Printer) -> None:
    row = status.record(printer, READY)
    view = status.status_view(printer, row, timezone.now() - timedelta(hours=1))
    assert view["last_probe_age_s"] == 0.0


def test_reading_the_cache_sends_nothing(printer: Printer, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    status.record(printer, READY)
    found = Printer.objects.select_related("status").get()
    with django_assert_num_queries(0):
        status.status_view(found)
    assert isinstance(found.id, UUID)
