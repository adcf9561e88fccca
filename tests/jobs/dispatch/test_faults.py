"""Every way in which the emulated printer can fail, and what the hub says of the label then."""

import threading
import time
from itertools import pairwise

import pytest

from jobs import failpoints
from jobs.dispatch import drain
from jobs.dispatch.stopping import try_at_once
from jobs.models import Job, Outcome, Phase, PrinterLease, State
from jobs.states import MEDIA_NEEDED, NOT_READY, OUTCOME_UNKNOWN, PRINTER_STOPPED, QUEUED_IN_DEVICE
from printers import status
from printers.emulator import EmulatedPrinter
from printers.emulator.faults import GARBAGE
from printers.models import Event, Printer
from tests.jobs.labels import ask, last_attempt, moves, one, printed_once

pytestmark = pytest.mark.django_db(transaction=True)


def no_more_pause(printer: Printer) -> None:
    PrinterLease.objects.filter(printer=printer).update(not_before=None)


class TestBeforeTheBarrier:
    @pytest.mark.parametrize(
        ("fault", "reasons", "stopped"),
        [
            ("off", [NOT_READY], ["offline"]),
            ("refuse", [NOT_READY], ["timed-out"]),
            ("cover-open", [PRINTER_STOPPED, "cover-open"], ["cover-open"]),
            ("no-media", [PRINTER_STOPPED, "media-empty"], ["media-empty"]),
            ("jam", [PRINTER_STOPPED, "media-jam"], ["media-jam"]),
        ],
    )
    def test_the_job_waits_and_prints_once_when_it_is_over(
        self, printer: Printer, device: EmulatedPrinter, fault: str, reasons: list[str], stopped: list[str]
    ) -> None:
        device.set_fault(fault)
        job = printed_once(printer, "hello")

        assert (job.state, job.outcome, job.reasons, job.barrier_at) == (State.PENDING, None, reasons, None)
        assert job.message
        assert last_attempt(job).barrier_at is None
        printer.refresh_from_db()
        assert printer.stop_reasons == stopped
        assert printer.stop_message
        assert (device.labels, device.bytes_read) == ([], 0)

        drain(printer.pk)
        assert job.attempts.count() == 1, "a printer that is stopped is left alone"

        device.clear_fault()
        if fault == "refuse":
            no_more_pause(printer)
        else:
            status.refresh(printer)
        drain(printer.pk)
        job.refresh_from_db()
        printer.refresh_from_db()
        assert (job.state, job.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
        assert len(device.labels) == 1
        assert (printer.stop_reasons, printer.stop_message) == ([], "")

    def test_an_abort_policy_gives_it_up_instead(self, printer: Printer, device: EmulatedPrinter) -> None:
        printer.error_policy = Printer.ErrorPolicy.ABORT_JOB
        printer.save(update_fields=["error_policy"])
        device.set_fault("cover-open")
        job = printed_once(printer)
        assert (job.state, job.outcome) == (State.ABORTED, Outcome.NOT_PRINTED)

    def test_other_media_hold_the_job_until_the_right_ones_are_there(
        self, printer: Printer, device: EmulatedPrinter
    ) -> None:
        accepted = ask(printer, "wide")
        device.load("tze:24")
        drain(printer.pk)
        job = one(accepted)
        assert (job.state, job.reasons) == (State.HELD, [MEDIA_NEEDED])
        assert "12 mm" in job.message
        assert "24 mm" in job.message
        assert device.bytes_read == 0

        other = printed_once(printer, "other")
        assert (other.medium, other.state) == ("tze:24", State.COMPLETED), "the printer works on what it can"

        device.load("tze:12")
        status.refresh(printer)
        drain(printer.pk)
        job.refresh_from_db()
        assert (job.state, job.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
        assert [label.medium for label in device.labels] == ["tze:24", "tze:12"]

    def test_a_device_of_another_family_gets_no_byte(self, printer: Printer) -> None:
        with EmulatedPrinter("QL-820NWB", "dk:62", speed=0) as other:
            accepted = ask(printer)
            Printer.objects.filter(pk=printer.pk).update(port=other.port, snmp_port=other.snmp_port)
            drain(printer.pk)
            job = one(accepted)
            assert (job.state, job.reasons) == (State.PENDING, [PRINTER_STOPPED, "other"])
            assert "QL-820NWB" in job.message
            assert other.bytes_read == 0


class TestBehindTheBarrier:
    @pytest.mark.parametrize("fault", ["hang", "zero-window", "reset=200", "half-close", "power-off"])
    def test_nobody_knows_and_nothing_is_sent_again(
        self, printer: Printer, device: EmulatedPrinter, fault: str
    ) -> None:
        device.set_fault(fault)
        job = printed_once(printer, "hello")

        assert (job.state, job.outcome) == (State.STOPPED, Outcome.UNKNOWN), job.message
        assert job.reasons == [OUTCOME_UNKNOWN]
        attempt = last_attempt(job)
        assert attempt.barrier_at is not None
        assert attempt.outcome == Outcome.UNKNOWN

        device.clear_fault()
        status.refresh(printer)
        no_more_pause(printer)
        drain(printer.pk)
        assert job.attempts.count() == 1
        later = printed_once(printer, "later")
        assert (later.state, later.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
        printed = [label.raster.sha256 for label in device.labels]
        assert printed.count(later.artifact) == 1
        assert printed.count(job.artifact) <= 1

    def test_a_printer_that_was_switched_off_and_on_again_has_not_printed(
        self, printer: Printer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It was seen to print and is at rest again; that its counter did not go on tells."""
        monkeypatch.setattr("jobs.dispatch.patience.WATCH_SLACK_S", 4.0)
        monkeypatch.setattr("jobs.dispatch.evidence.SWITCHED_MS", 500)
        with EmulatedPrinter("PT-P750W", "tze:12", speed=0, min_phase_s=1.0) as slow:
            Printer.objects.filter(pk=printer.pk).update(port=slow.port, snmp_port=slow.snmp_port)
            slow.set_fault("power-off")

            def switch_on() -> None:
                slow.wait_for_mishaps(1)
                time.sleep(1.5)
                slow.clear_fault()

            somebody = threading.Thread(target=switch_on)
            somebody.start()
            job = printed_once(printer, "hello")
            somebody.join()
            assert last_attempt(job).phase == Phase.REPORTED
            assert (job.state, job.outcome, slow.labels) == (State.STOPPED, Outcome.UNKNOWN, [])
            assert "fell silent while it printed" in job.message

    def test_the_tape_ends_in_the_label(self, printer: Printer, device: EmulatedPrinter) -> None:
        device.set_fault("tape-out=5")
        job = printed_once(printer, "hello")
        assert (job.state, job.outcome) == (State.STOPPED, Outcome.UNKNOWN)
        assert job.reasons == [OUTCOME_UNKNOWN, "media-empty"]
        printer.refresh_from_db()
        assert printer.stop_reasons == ["media-empty"]

        waiting = printed_once(printer, "waiting")
        assert waiting.state == State.PENDING
        assert device.labels == []

        device.load("tze:12")
        status.refresh(printer)
        drain(printer.pk)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
        assert len(device.labels) == 1

    def test_after_an_unknown_the_printer_is_left_alone_for_a_while(
        self, printer: Printer, device: EmulatedPrinter
    ) -> None:
        device.set_fault("hang")
        accepted = ask(printer, "one", "two", "three")
        drain(printer.pk)
        states = list(Job.objects.filter(batch=accepted.batch).order_by("position").values_list("state", flat=True))
        assert states == [State.STOPPED, State.PENDING, State.PENDING]


class TestWithoutStatus:
    def test_a_silent_printer_is_trusted_and_no_more_is_claimed(
        self, printer: Printer, device: EmulatedPrinter
    ) -> None:
        device.set_fault("snmp-off")
        job = printed_once(printer, "hello")
        assert (job.state, job.outcome, job.reasons) == (State.COMPLETED, Outcome.SENT, [QUEUED_IN_DEVICE])
        assert len(device.labels) == 1

    def test_one_that_was_just_switched_on_is_asked_again(
        self, printer: Printer, device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        status.refresh(printer)
        device.set_fault("snmp-off")
        monkeypatch.setattr(failpoints, "hit", lambda name: device.clear_fault() if name == "connected" else None)
        job = printed_once(printer, "hello")
        assert (job.state, job.outcome) == (State.COMPLETED, Outcome.CONFIRMED)
        assert len(device.labels) == 1

    def test_its_cover_is_seen_before_a_byte_leaves(
        self, printer: Printer, device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def switch_on(name: str) -> None:
            if name == "connected":
                device.clear_fault()
                device.set_fault("cover-open")

        status.refresh(printer)
        device.set_fault("snmp-off")
        monkeypatch.setattr(failpoints, "hit", switch_on)
        job = printed_once(printer, "hello")
        assert (job.state, job.reasons) == (State.PENDING, [PRINTER_STOPPED, "cover-open"])
        assert (device.labels, device.bytes_read) == ([], 0)

    def test_a_silent_printer_that_hangs_is_unknown(self, printer: Printer, device: EmulatedPrinter) -> None:
        device.set_fault("snmp-off")
        device.set_fault("hang")
        job = printed_once(printer, "hello")
        assert (job.state, job.outcome) == (State.STOPPED, Outcome.UNKNOWN)

    def test_one_that_always_says_idle_is_not_believed(self, printer: Printer, device: EmulatedPrinter) -> None:
        device.set_fault("snmp-lies")
        job = printed_once(printer, "hello")
        assert (job.state, job.outcome, job.reasons) == (State.COMPLETED, Outcome.SENT, [QUEUED_IN_DEVICE])

    def test_a_device_that_calls_itself_something_else_gets_no_byte(
        self, printer: Printer, device: EmulatedPrinter
    ) -> None:
        device.set_fault("snmp-garbage=hostile")
        job = printed_once(printer, "hello")
        assert job.state == State.PENDING
        assert device.bytes_read == 0
        assert len(job.message) < 500

    @pytest.mark.parametrize("kind", [kind for kind in GARBAGE if kind != "hostile"])
    def test_garbage_ends_the_job_by_policy(self, printer: Printer, device: EmulatedPrinter, kind: str) -> None:
        device.set_fault(f"snmp-garbage={kind}")
        job = printed_once(printer, "hello")
        assert job.state == State.COMPLETED
        assert len(device.labels) == 1
        for event in Event.objects.filter(job_id=job.pk):
            assert len(str(event.data)) < 2000


def test_every_change_of_state_is_in_the_log_and_none_skips_one(printer: Printer, device: EmulatedPrinter) -> None:
    device.set_fault("cover-open")
    job = printed_once(printer, "hello")
    device.clear_fault()
    status.refresh(printer)
    drain(printer.pk)
    job.refresh_from_db()
    story = moves(job)
    assert all(before[1] == after[0] for before, after in pairwise(story))
    assert story[-1][1] == job.state == State.COMPLETED
    assert [attempt.phase for attempt in job.attempts.order_by("number")] == [Phase.RENDERED, Phase.REPORTED]


def test_a_person_who_resumes_it_need_not_wait_for_its_pause(printer: Printer, device: EmulatedPrinter) -> None:
    device.set_fault("refuse")
    job = printed_once(printer, "hello")
    device.clear_fault()
    drain(printer.pk)
    job.refresh_from_db()
    assert job.state == State.PENDING
    try_at_once(printer.pk)
    drain(printer.pk)
    job.refresh_from_db()
    assert job.state == State.COMPLETED
