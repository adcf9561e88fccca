"""The command line does what the pages and the API do, under the same rules."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from jobs import batches, queue
from jobs.dispatch import drain
from jobs.lease import acquire
from jobs.models import Job, Outcome, State
from printers.emulator import EmulatedPrinter
from printers.models import Event, Printer
from tests.jobs.labels import ANN, TEXT, ask, batch_of, make_printer, make_template, one, printed_once

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


class TestJobs:
    def test_cancel_several(self, printer: Printer, device: EmulatedPrinter) -> None:
        first, second = one(ask(printer)), one(ask(printer))
        assert run("jobs", "cancel", str(first.pk), str(second.pk)).splitlines() == [
            f"{first.pk} canceled not_printed",
            f"{second.pk} canceled not_printed",
        ]
        drain(printer.pk)
        assert device.labels == []
        assert set(Event.objects.filter(kind="job.canceled").values_list("actor", flat=True)) == {"command line"}

    def test_what_is_refused_is_told_and_the_others_are_done(self, printer: Printer) -> None:
        done, waiting = one(ask(printer)), one(ask(printer))
        Job.objects.filter(pk=done.pk).update(state=State.COMPLETED)
        out = StringIO()
        with pytest.raises(CommandError, match="2 of 3 refused"):
            call_command("jobs", "cancel", str(done.pk), "nonsense", str(waiting.pk), stdout=out, stderr=out)
        assert f"{done.pk} You cannot cancel this job now: it is completed" in out.getvalue()
        assert "There is no job nonsense." in out.getvalue()
        waiting.refresh_from_db()
        assert waiting.state == State.CANCELED

    def test_hold_and_release(self, printer: Printer, device: EmulatedPrinter) -> None:
        job = one(ask(printer))
        assert run("jobs", "hold", str(job.pk)) == f"{job.pk} pending-held\n"
        drain(printer.pk)
        assert device.labels == []
        assert run("jobs", "release", str(job.pk)) == f"{job.pk} pending\n"
        drain(printer.pk)
        assert len(device.labels) == 1

    def test_priority(self, printer: Printer) -> None:
        ask(printer, "first")
        second = one(ask(printer, "second"))
        run("jobs", "priority", str(second.pk), "--to", "3")
        second.refresh_from_db()
        assert second.priority == 3
        lease = acquire(printer.pk)
        assert lease is not None
        assert queue.next_job(lease) == second

    def test_move(self, printer: Printer, device: EmulatedPrinter) -> None:
        with EmulatedPrinter("QL-820NWB", "dk:62", speed=0) as other_device:
            other = make_printer(other_device, name="other", media="dk:62")
            job = one(ask(printer))
            run("jobs", "move", str(job.pk), "--to", "main/other")
            drain(other.pk)
            assert (len(device.labels), len(other_device.labels)) == (0, 1)

    def test_reprint_of_the_same_dots(self, printer: Printer, device: EmulatedPrinter) -> None:
        job = printed_once(printer)
        make_template(TEXT.replace("{word}", "{word}!"))
        again = run("jobs", "reprint", str(job.pk)).split()[0]
        drain(printer.pk)
        assert Job.objects.get(pk=again).reprint_of_id == job.pk
        assert [label.raster.sha256 for label in device.labels] == [job.artifact] * 2

    def test_reprint_by_the_template_of_today(self, printer: Printer, device: EmulatedPrinter) -> None:
        job = printed_once(printer)
        template = make_template(TEXT.replace("{word}", "{word}!"))
        again = run("jobs", "reprint", str(job.pk), "--rerender").split()[0]
        drain(printer.pk)
        new = Job.objects.get(pk=again)
        assert (new.template_version_id, new.reprint_of_id) == (template.current_id, job.pk)
        assert [label.raster.sha256 for label in device.labels] == [job.artifact, new.artifact]
        assert new.artifact != job.artifact

    def test_reprint_by_a_template_that_wants_more_is_refused(self, printer: Printer) -> None:
        job = printed_once(printer)
        make_template(TEXT + '[[fields]]\nname = "colour"\nrequired = true\n')
        with pytest.raises(CommandError):
            run("jobs", "reprint", str(job.pk), "--rerender")
        assert Job.objects.count() == 1

    @pytest.mark.parametrize(
        ("answer", "outcome", "labels"),
        [("--printed", "confirmed", 0), ("--not-printed", "not_printed", 0), ("--again", "not_printed", 1)],
    )
    def test_resolve(self, printer: Printer, device: EmulatedPrinter, answer: str, outcome: str, labels: int) -> None:
        job = one(ask(printer))
        Job.objects.update(state=State.STOPPED, outcome=Outcome.UNKNOWN)
        run("jobs", "resolve", str(job.pk), answer)
        drain(printer.pk)
        job.refresh_from_db()
        assert (job.outcome, len(device.labels)) == (outcome, labels)


class TestBatch:
    def test_cancel_and_resume(self, printer: Printer, device: EmulatedPrinter) -> None:
        batch = batch_of(ask(printer, "a", "b", "c"))
        queue.hold(Job.objects.get(position=2), ANN)
        drain(printer.pk)
        assert run("batch", "cancel", str(batch.pk)).endswith("2 of 3 confirmed: 1 canceled, 2 completed\n")
        assert run("batch", "resume", str(batch.pk), "--from", "3").endswith(
            "2 of 3 confirmed: 2 completed, 1 pending\n"
        )
        drain(printer.pk)
        assert run("batch", "show", str(batch.pk)).endswith("3 of 3 confirmed: 3 completed\n")
        assert len(device.labels) == 3

    def test_there_is_none(self) -> None:
        with pytest.raises(CommandError, match="There is no batch"):
            run("batch", "show", "00000000-0000-0000-0000-000000000001")


class TestPrinter:
    def test_pause_and_resume(self, printer: Printer, device: EmulatedPrinter, rung: list[str]) -> None:
        ask(printer)
        assert run("printer", "pause", "bench") == "main/bench is paused: what is running finishes.\n"
        drain(printer.pk)
        assert device.labels == []
        rung.clear()
        run("printer", "resume", "bench")
        assert rung == [str(printer.pk)]
        drain(printer.pk)
        assert len(device.labels) == 1

    def test_clear(self, printer: Printer, device: EmulatedPrinter) -> None:
        batch = batch_of(ask(printer, "a", "b"))
        assert run("printer", "clear", "main/bench") == "main/bench: 2 canceled.\n"
        drain(printer.pk)
        assert device.labels == []
        assert batches.progress_of(batch, ANN).states == {"canceled": 2}
