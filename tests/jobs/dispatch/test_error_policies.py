"""What becomes of a printer and of its label when that fails: what each policy says, and nothing else."""

import pytest
from django.core.management import call_command
from django.test import Client

from jobs.dispatch import drain
from jobs.models import Job, Outcome, PrinterLease, State
from jobs.states import NOT_READY, PRINTER_STOPPED
from jobs.sweep import watch_printers
from printers import status
from printers.cards import printer_card
from printers.emulator import EmulatedPrinter
from printers.models import Event, Printer, PrinterStatus
from printers.status import printer_state
from printers.transport import failure
from tests.jobs.labels import ask, one, printed_once

pytestmark = pytest.mark.django_db(transaction=True)

RETRY, STOP, ABORT = Printer.ErrorPolicy.values


@pytest.fixture
def stopping(printer: Printer) -> Printer:
    return with_policy(printer, STOP)


def with_policy(printer: Printer, policy: str) -> Printer:
    printer.error_policy = policy
    printer.save(update_fields=["error_policy"])
    return printer


def made_well(printer: Printer, device: EmulatedPrinter) -> None:
    """And every pause is over: whatever does not print now waits for a person."""
    device.clear_fault()
    status.refresh(printer)
    PrinterLease.objects.filter(printer=printer).update(not_before=None)
    drain(printer.pk)


def resumed(printer: Printer) -> None:
    call_command("printer", "resume", printer.path)
    drain(printer.pk)


def test_unless_somebody_chose_another_it_prints_as_soon_as_the_printer_is_well(
    printer: Printer, device: EmulatedPrinter
) -> None:
    assert printer.error_policy == RETRY
    device.set_fault("no-media")
    job = printed_once(printer)
    printer.refresh_from_db()
    assert (job.state, printer.paused, printer.stop_reasons) == (State.PENDING, False, ["media-empty"])
    made_well(printer, device)
    job.refresh_from_db()
    assert (job.state, job.outcome, len(device.labels)) == (State.COMPLETED, Outcome.CONFIRMED, 1)


@pytest.mark.parametrize(
    ("fault", "reasons", "stopped"),
    [
        ("off", [NOT_READY], ["offline"]),
        ("refuse", [NOT_READY], ["timed-out"]),
        ("cover-open", [PRINTER_STOPPED, "cover-open"], ["cover-open"]),
    ],
)
def test_a_stopped_one_stays_so_when_it_is_well_until_a_person_resumes_it(
    stopping: Printer, device: EmulatedPrinter, fault: str, reasons: list[str], stopped: list[str]
) -> None:
    device.set_fault(fault)
    job = printed_once(stopping)
    stopping.refresh_from_db()
    assert (job.state, job.reasons) == (State.PENDING, reasons)
    assert (stopping.paused, stopping.stop_reasons, stopping.stop_message) == (True, stopped, job.message)
    assert Event.objects.get(kind="printer.stopped").data == {"reasons": stopped, "message": job.message}

    made_well(stopping, device)
    job.refresh_from_db()
    assert (job.state, job.attempts.count(), device.bytes_read) == (State.PENDING, 1, 0)

    resumed(stopping)
    job.refresh_from_db()
    stopping.refresh_from_db()
    assert (job.state, job.outcome, len(device.labels)) == (State.COMPLETED, Outcome.CONFIRMED, 1)
    assert (stopping.paused, stopping.stop_reasons, stopping.stop_message) == (False, [], "")


@pytest.mark.parametrize("fault", ["off", "cover-open"])
def test_one_that_is_resumed_and_not_well_stops_again(stopping: Printer, device: EmulatedPrinter, fault: str) -> None:
    device.set_fault(fault)
    job = printed_once(stopping)
    resumed(stopping)
    stopping.refresh_from_db()
    assert stopping.paused
    made_well(stopping, device)
    job.refresh_from_db()
    assert (job.state, device.bytes_read) == (State.PENDING, 0)


@pytest.mark.parametrize("fault", ["hang", "tape-out=5"])
def test_a_label_that_may_have_come_out_stops_it_as_well(
    stopping: Printer, device: EmulatedPrinter, fault: str
) -> None:
    device.set_fault(fault)
    failed, waiting = one(ask(stopping, "one")), one(ask(stopping, "two"))
    drain(stopping.pk)
    failed.refresh_from_db()
    stopping.refresh_from_db()
    assert (failed.outcome, stopping.paused, stopping.stop_message) == (Outcome.UNKNOWN, True, failed.message)

    made_well(stopping, device)
    waiting.refresh_from_db()
    assert waiting.state == State.PENDING
    resumed(stopping)
    waiting.refresh_from_db()
    assert (waiting.state, failed.attempts.count()) == (State.COMPLETED, 1)


@pytest.mark.parametrize(
    ("policy", "state", "paused"),
    [(RETRY, State.PENDING, False), (STOP, State.PENDING, True), (ABORT, State.ABORTED, False)],
)
def test_of_a_session_that_was_thrown_away_the_policy_decides(
    printer: Printer, monkeypatch: pytest.MonkeyPatch, policy: str, state: State, paused: bool
) -> None:
    def thrown_away(*_: object, **__: object) -> None:
        raise failure("The printer reset the connection.")

    monkeypatch.setattr("printers.transport.Connection.send", thrown_away)
    job = printed_once(with_policy(printer, policy))
    printer.refresh_from_db()
    assert (job.state, job.barrier_at, printer.paused) == (state, None, paused)


def test_what_it_says_is_why_it_stopped_and_what_to_do(stopping: Printer, device: EmulatedPrinter) -> None:
    device.set_fault("cover-open")
    job = printed_once(stopping)
    device.clear_fault()
    status.refresh(stopping)
    found = Printer.objects.select_related("site", "status").get(pk=stopping.pk)
    assert printer_state(found, found.status) == ("stopped", ["paused"])
    words = printer_card(found).words
    assert (words.text, words.action) == ("Stopped", f"{job.message} Resume it when it is well.")


def test_nobody_asks_it_every_other_second_while_only_a_person_can_let_it_go(
    stopping: Printer, device: EmulatedPrinter
) -> None:
    device.set_fault("cover-open")
    printed_once(stopping)
    status.refresh(stopping)
    due = PrinterStatus.objects.get().next_probe_at
    watch_printers()
    assert PrinterStatus.objects.get().next_probe_at == due
    with_policy(stopping, RETRY)
    Printer.objects.update(paused=False)
    watch_printers()
    assert PrinterStatus.objects.get().next_probe_at < due


def test_its_page_resumes_it(stopping: Printer, device: EmulatedPrinter, admin_client: Client) -> None:
    device.set_fault("cover-open")
    job = printed_once(stopping)
    made_well(stopping, device)
    page = admin_client.get(f"/printers/{stopping.pk}").content.decode()
    assert f"{job.message} Resume it when it is well." in page
    admin_client.post(f"/printers/{stopping.pk}/resume")
    drain(stopping.pk)
    assert Job.objects.get().state == State.COMPLETED
