"""What is known of a printer while its own worker watches it."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connections

from jobs.dispatch import drain
from jobs.models import Outcome, State
from printers import status
from printers.emulator import EmulatedPrinter
from printers.models import Event, Printer, PrinterStatus
from printers.snmp import Answer
from printers.tasks import probe_due
from tests.jobs.labels import ask, make_printer, make_template, one, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def device() -> Iterator[EmulatedPrinter]:
    """Takes seconds for a label, as a printer does."""
    with EmulatedPrinter("PT-P750W", "tze:12", speed=0.5) as running:
        yield running


@pytest.fixture
def printer(device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch) -> Printer:
    monkeypatch.setattr("jobs.dispatch.patience.SHOW_AFTER_MS", 300)
    monkeypatch.setattr("jobs.dispatch.patience.SAFETY", 3.0)
    monkeypatch.setattr("jobs.dispatch.patience.WATCH_SLACK_S", 10.0)
    make_template()
    return make_printer(device)


def in_thread(printer: Printer) -> threading.Thread:
    def work() -> None:
        try:
            drain(printer.pk)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_it_is_shown_printing_and_no_sweep_asks_it(
    printer: Printer, device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    quick = status.quick_answer

    def counted(printer: Printer, timeout_s: float) -> Answer:
        asked.append(time.monotonic())
        return quick(printer, timeout_s)

    monkeypatch.setattr(status, "quick_answer", counted)
    accepted = ask(printer, "a label that takes its time")
    worker = in_thread(printer)
    wait_for(lambda: PrinterStatus.objects.filter(state="processing").exists(), "a printer that prints")
    status.due_now(printer.pk)
    assert probe_due() == 0
    worker.join(30)

    job = one(accepted)
    assert (job.state, job.outcome, len(device.labels)) == (State.COMPLETED, Outcome.CONFIRMED, 1)
    assert PrinterStatus.objects.get().state == "idle"
    told = Event.objects.filter(kind="printer.status").order_by("id").values_list("data__state", flat=True)
    assert list(told) == ["idle", "processing", "idle"]
    a_second_later = [at for at in asked if at - asked[0] > 0.5]
    per_second = (len(a_second_later) - 1) / (a_second_later[-1] - a_second_later[0])
    assert 3 < per_second < 4.5


def test_what_cannot_be_kept_does_not_cost_the_outcome(
    printer: Printer, device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    record, before = status.record, [True]

    def fail_later(*args: object) -> object:
        if before.pop() if before else False:
            return record(*args)  # type: ignore[arg-type]
        raise OperationalError("the database is away")

    monkeypatch.setattr(status, "record", fail_later)
    accepted = ask(printer, "a label that takes its time")
    in_thread(printer).join(30)
    job = one(accepted)
    assert (job.state, job.outcome, len(device.labels)) == (State.COMPLETED, Outcome.CONFIRMED, 1)
    assert "could not be kept: the database is away" in caplog.text
