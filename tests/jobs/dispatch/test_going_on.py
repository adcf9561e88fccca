"""What stops a printer passes, and its queue goes on by itself, in real threads and within seconds."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import queue
from jobs.dispatch import drain
from jobs.models import Attempt, Outcome, PrinterLease, State
from jobs.states import NOT_READY
from printers import status
from printers.emulator import EmulatedPrinter
from printers.models import Event, Printer, PrinterStatus
from tests.jobs.labels import ANN, free_lease, printed_once

pytestmark = pytest.mark.django_db(transaction=True)


class TestWithoutWaitingJobs:
    """A printer must not stay stopped for a job that somebody has taken away."""

    @pytest.mark.parametrize("fault", ["cover-open", "no-media", "off"])
    def test_it_is_let_go_when_its_status_is_well(self, printer: Printer, device: EmulatedPrinter, fault: str) -> None:
        device.set_fault(fault)
        job = printed_once(printer)
        queue.cancel(job, ANN)
        printer.refresh_from_db()
        assert printer.stop_reasons

        drain(printer.pk)
        printer.refresh_from_db()
        assert printer.stop_reasons, "nothing has become better yet"

        device.clear_fault()
        status.refresh(Printer.objects.get(pk=printer.pk))
        drain(printer.pk)
        printer.refresh_from_db()
        assert (printer.stop_reasons, printer.stop_message) == ([], "")
        assert device.labels == []


def test_a_job_catches_a_printer_that_is_left_alone_for_minutes(printer: Printer, device: EmulatedPrinter) -> None:
    later = timezone.now() + timedelta(seconds=290)
    PrinterStatus.objects.create(
        printer=printer, online=False, failures=9, captured_at=timezone.now(), next_probe_at=later
    )
    job = printed_once(printer)
    assert (job.state, job.outcome, len(device.labels)) == (State.COMPLETED, Outcome.CONFIRMED, 1)
    kept = PrinterStatus.objects.get()
    assert (kept.online, kept.failures) == (True, 0)
    assert kept.next_probe_at < later


class TestSilentByNature:
    """SNMP is off in it: nothing but a connection tells that it is back, so that the next one must come soon."""

    def test_the_next_try_is_never_far(self, printer: Printer, device: EmulatedPrinter) -> None:
        free_lease(printer, failures=12)
        device.set_fault("off")
        job = printed_once(printer)
        printer.refresh_from_db()
        assert (job.state, printer.stop_reasons) == (State.PENDING, ["offline"])
        not_before = PrinterLease.objects.get().not_before
        assert not_before is not None
        assert not_before - timezone.now() < timedelta(seconds=1.5)

    def test_trying_again_is_no_history(self, printer: Printer, device: EmulatedPrinter) -> None:
        device.set_fault("off")
        job = printed_once(printer)
        known = Attempt.objects.count(), Event.objects.count()
        assert known[0] == 1
        for _ in range(3):
            PrinterLease.objects.update(not_before=None)
            drain(printer.pk)
        assert PrinterLease.objects.get().failures == 4, "it was not tried"
        assert (Attempt.objects.count(), Event.objects.count()) == known

        device.clear_fault()
        PrinterLease.objects.update(not_before=None)
        drain(printer.pk)
        job.refresh_from_db()
        assert (job.state, Attempt.objects.count(), len(device.labels)) == (State.COMPLETED, 2, 1)

    def test_one_that_tells_its_status_is_left_alone(self, printer: Printer, device: EmulatedPrinter) -> None:
        free_lease(printer, failures=12)
        status.refresh(printer)
        device.set_fault("off")
        printed_once(printer)
        not_before = PrinterLease.objects.get().not_before
        assert not_before is not None
        assert not_before - timezone.now() > timedelta(minutes=4)


class TestWhatNoStatusTells:
    """Only another try can show that these are over, so that it must come soon however often they failed."""

    @pytest.mark.parametrize(("fault", "reasons"), [("refuse", [NOT_READY]), ("busy", [NOT_READY])])
    def test_the_next_try_is_never_far(
        self, printer: Printer, device: EmulatedPrinter, fault: str, reasons: list[str]
    ) -> None:
        free_lease(printer, failures=12)
        if fault == "busy":
            device._device.printing = True
        else:
            device.set_fault(fault)
        job = printed_once(printer)
        assert (job.state, job.reasons) == (State.PENDING, reasons)
        not_before = PrinterLease.objects.get().not_before
        assert not_before is not None
        assert not_before - timezone.now() < timedelta(seconds=2.5)
