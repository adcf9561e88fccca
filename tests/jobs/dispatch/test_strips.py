"""The labels of a batch over one connection: cut as asked, each with its own outcome, and nothing of it twice."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs import failpoints, queue
from jobs.artifacts import artifact_path, load
from jobs.dispatch import drain, image, readying
from jobs.errors import NotAllowed
from jobs.models import Attempt, Job, Outcome, Phase, PrinterLease, State
from jobs.states import OUTCOME_UNKNOWN
from jobs.sweep import printers_to_ring
from printers import status
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from printers.raster import Raster
from tests.jobs.labels import ANN, ask, free_lease, make_printer, make_template

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = ("one", "two", "three", "four", "five")


def states(*jobs: str) -> list[str]:
    return list(Job.objects.order_by("created_at", "position").values_list("state", flat=True))


def cuts(device: EmulatedPrinter) -> list[str]:
    return [label.cut for label in device.labels]


def blank(label: Any) -> bool:
    return bool(label.raster.black.getextrema() == (255, 255))


def came_out(device: EmulatedPrinter) -> list[str]:
    """The dots of every label with something on it, in order."""
    return [label.raster.sha256 for label in device.labels if not blank(label)]


def images() -> list[str]:
    return list(Job.objects.order_by("created_at", "position").values_list("artifact", flat=True))


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int, Callable[[], object]], None]:
    """Do something when a job comes to a failpoint, the n-th time."""

    def arm(name: str, number: int, act: Callable[[], object]) -> None:
        seen = []

        def hit(reached: str) -> None:
            if reached == name:
                seen.append(reached)
                if len(seen) == number:
                    act()

        monkeypatch.setattr(failpoints, "hit", hit)

    return arm


def _counted(read: list[int], rasters: list[Raster]) -> list[Raster]:
    read.append(len(rasters))
    return rasters


At = Callable[[str, int, Callable[[], object]], None]


class TestCuts:
    def test_it_works(self, printer: Printer, device: EmulatedPrinter) -> None:
        ask(printer, *WORDS)
        drain(printer.pk)
        assert states() == [State.COMPLETED] * 5
        assert set(Job.objects.values_list("outcome", flat=True)) == {Outcome.CONFIRMED}
        assert came_out(device) == images()
        assert cuts(device) == ["half", "half", "half", "half", "full"]
        assert device.connections == 1
        # One head of blank tape for all of them.
        assert [round(label.tape_mm - label.length_mm - 2 * label.margin_mm, 1) for label in device.labels] == [
            22.5, 0, 0, 0, 0
        ]  # fmt: skip
        assert PrinterLease.objects.get().open_strip == ""
        assert device.mishaps == []

    def test_what_is_read_ahead_is_each_label_s_own(
        self, printer: Printer, device: EmulatedPrinter, at: At, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        words = [f"label {n % 20} of twenty-five" for n in range(25)]
        ask(printer, *words)
        expected = images()
        damaged = artifact_path(expected[7])
        damaged.write_bytes(damaged.read_bytes()[:-20])
        artifact_path(expected[13]).unlink()
        read: list[int] = []
        monkeypatch.setattr(readying, "read_ahead", lambda jobs, turn: _counted(read, image.read_ahead(jobs, turn)))
        drain(printer.pk)
        assert states() == [State.COMPLETED] * 25
        assert came_out(device) == images() == expected
        # By as many as are left of a turn; anew where one could not be used.
        assert max(read) > 5
        assert len(read) <= 8
        assert device.mishaps == []

    def test_what_is_read_ahead_is_moved_as_the_printer_needs_it(
        self, printer: Printer, device: EmulatedPrinter
    ) -> None:
        Printer.objects.update(calibration={"tze:12": {"along_mm": 2.0, "across_mm": 0.0}})
        ask(printer, *WORDS)
        drain(printer.pk)
        stored, printed = [load(each) for each in images()], [each.raster for each in device.labels]
        move = round(2.0 / 25.4 * 180)
        assert [
            (each.black_dots[:, move:] == before.black_dots[:, :-move]).all()
            for each, before in zip(printed, stored, strict=True)
        ] == [True] * 5
        assert all((each.black_dots[:, :move] == 255).all() for each in printed)

    def test_of_large_labels_one_is_read_ahead(
        self, printer: Printer, device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ask(printer, *WORDS)
        read: list[int] = []
        monkeypatch.setattr(image, "LARGE", 100)
        monkeypatch.setattr(readying, "read_ahead", lambda jobs, turn: _counted(read, image.read_ahead(jobs, turn)))
        drain(printer.pk)
        assert read == [1, 1, 1, 1]
        assert came_out(device) == images()

    def test_while_one_is_drawn_it_is_known_that_the_printer_has_the_one_before(
        self, printer: Printer, device: EmulatedPrinter, at: At
    ) -> None:
        ask(printer, "one", "two", "three")
        Job.objects.update(artifact="")
        phases: list[str] = []
        at("claimed", 2, lambda: phases.extend(Attempt.objects.values_list("phase", flat=True)))
        drain(printer.pk)
        assert phases == [Phase.BYTES_ACKED]
        assert states() == [State.COMPLETED] * 3
        assert came_out(device) == images()
        assert cuts(device) == ["half", "half", "full"]

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({}, ["half", "half", "full"]),
            ({"half_cut": True}, ["half", "half", "full"]),
            ({"cut": True, "half_cut": True}, ["half", "half", "full"]),
            ({"cut": True}, ["full", "full", "full"]),
            ({"half_cut": False}, ["full", "full", "full"]),
            ({"cut": False}, ["none", "none", "none"]),
            ({"high_resolution": True}, ["half", "half", "full"]),
        ],
    )
    def test_options(
        self, printer: Printer, device: EmulatedPrinter, options: dict[str, Any], expected: list[str]
    ) -> None:
        ask(printer, "one", "two", "three", options=options)
        drain(printer.pk)
        assert states() == [State.COMPLETED] * 3
        assert came_out(device) == images()
        assert cuts(device) == expected
        assert device.connections == 1
        assert PrinterLease.objects.get().open_strip == ""

    @pytest.mark.parametrize(("options", "expected"), [({}, "half"), ({"half_cut": False}, "full")])
    def test_copies_are_cut_like_labels(
        self, printer: Printer, device: EmulatedPrinter, options: dict[str, Any], expected: str
    ) -> None:
        ask(printer, "one", "two", copies=2, options=options)
        drain(printer.pk)
        assert states() == [State.COMPLETED] * 2
        first, second = images()
        assert came_out(device) == [first, first, second, second]
        assert cuts(device) == [expected] * 3 + ["full"]
        assert device.connections == 1

    def test_a_single_label_is_a_job_of_its_own(self, printer: Printer, device: EmulatedPrinter) -> None:
        ask(printer, "one")
        ask(printer, "two")
        drain(printer.pk)
        assert cuts(device) == ["full", "full"]
        assert device.connections == 2


class TestRolls:
    @pytest.fixture
    def device(self) -> Iterator[EmulatedPrinter]:
        with EmulatedPrinter("QL-820NWB", "dk:62", speed=0) as running:
            yield running

    @pytest.fixture
    def printer(self, device: EmulatedPrinter) -> Printer:
        make_template()
        return make_printer(device, media="dk:62")

    @pytest.mark.parametrize(("options", "expected"), [({}, "full"), ({"cut": True}, "full"), ({"cut": False}, "none")])
    def test_every_label_is_whole(
        self, printer: Printer, device: EmulatedPrinter, options: dict[str, Any], expected: str
    ) -> None:
        ask(printer, "one", "two", "three", options=options)
        drain(printer.pk)
        assert states() == [State.COMPLETED] * 3
        assert came_out(device) == images()
        assert cuts(device) == [expected] * 3
        assert device.connections == 1


def test_a_silent_printer_gets_one_session_for_each(printer: Printer, device: EmulatedPrinter) -> None:
    device.set_fault("snmp-off")
    ask(printer, "one", "two")
    drain(printer.pk)
    assert set(Job.objects.values_list("outcome", flat=True)) == {Outcome.SENT}
    assert cuts(device) == ["full", "full"]
    assert device.connections == 2


class TestTheNextLabelDoesNotCome:
    """What was printed of the strip is fed out and cut, on a short blank label."""

    @pytest.mark.parametrize("step", ["acked", "evidence"])
    def test_canceled(self, printer: Printer, device: EmulatedPrinter, at: At, step: str) -> None:
        ask(printer, "one", "two", "three")
        rest = Job.objects.filter(position__gt=0)
        at(step, 1, lambda: [queue.cancel(job, ANN) for job in rest])
        drain(printer.pk)
        assert states() == [State.COMPLETED, State.CANCELED, State.CANCELED]
        device.wait_for_labels(2)
        assert came_out(device) == images()[:1]
        assert [(blank(label), label.cut) for label in device.labels] == [(False, "half"), (True, "full")]
        assert device.connections == 1
        assert PrinterLease.objects.get().open_strip == ""
        assert device.mishaps == []

    def test_canceled_when_it_has_begun(self, printer: Printer, device: EmulatedPrinter, at: At) -> None:
        ask(printer, "one", "two", "three")
        _first, second, third = Job.objects.order_by("position")

        def cancel() -> None:
            # It began with the end of the first.
            with pytest.raises(NotAllowed):
                queue.cancel(second, ANN)
            queue.cancel(third, ANN)

        at("reported", 1, cancel)
        drain(printer.pk)
        assert states() == [State.COMPLETED, State.COMPLETED, State.CANCELED]
        device.wait_for_labels(3)
        assert came_out(device) == images()[:2]
        assert cuts(device) == ["half", "half", "full"]

    def test_canceled_when_it_has_its_turn(self, printer: Printer, device: EmulatedPrinter, at: At) -> None:
        ask(printer, "one", "two", "three")
        second = Job.objects.get(position=1)
        at("before-barrier", 2, lambda: queue.cancel(second, ANN))
        drain(printer.pk)
        assert states() == [State.COMPLETED, State.CANCELED, State.COMPLETED]
        first, _canceled, third = images()
        assert came_out(device) == [first, third]
        assert cuts(device) == ["half", "full"]
        assert device.connections == 1

    def test_paused(self, printer: Printer, device: EmulatedPrinter, at: At) -> None:
        ask(printer, "one", "two", "three")
        at("acked", 2, lambda: Printer.objects.update(paused=True))
        drain(printer.pk)
        assert states() == [State.COMPLETED, State.COMPLETED, State.PENDING]
        device.wait_for_labels(3)
        assert cuts(device) == ["half", "half", "full"]
        assert came_out(device) == images()[:2]

        Printer.objects.update(paused=False)
        drain(printer.pk)
        assert came_out(device) == images()
        assert cuts(device) == ["half", "half", "full", "full"]

    def test_somebody_else_is_urgent(self, printer: Printer, device: EmulatedPrinter, at: At) -> None:
        ask(printer, "one", "two", "three")
        at("acked", 1, lambda: ask(printer, "urgent", priority=10))
        drain(printer.pk)
        one_, two, three, urgent = images()
        assert came_out(device) == [one_, urgent, two, three]
        assert cuts(device) == ["half", "full", "full", "half", "full"]
        assert device.connections == 3

    def test_somebody_urgent_comes_while_a_label_is_drawn(
        self, printer: Printer, device: EmulatedPrinter, at: At
    ) -> None:
        ask(printer, "one", "two", "three")
        at("claimed", 2, lambda: ask(printer, "urgent", priority=10))
        drain(printer.pk)
        one_, two, three, urgent = images()
        assert came_out(device) == [one_, urgent, two, three]
        assert [(blank(label), label.cut) for label in device.labels] == [
            (False, "half"),
            (True, "full"),
            (False, "full"),
            (False, "half"),
            (False, "full"),
        ]

    def test_the_next_one_is_for_another_tape(self, printer: Printer, device: EmulatedPrinter, at: At) -> None:
        ask(printer, "one", "two")
        at("acked", 1, lambda: Job.objects.filter(position=1).update(medium="tze:24"))
        drain(printer.pk)
        assert states() == [State.COMPLETED, State.HELD]
        device.wait_for_labels(2)
        assert [(blank(label), label.cut) for label in device.labels] == [(False, "half"), (True, "full")]

    def test_expired(self, printer: Printer, device: EmulatedPrinter, at: At) -> None:
        ask(printer, "one", "two", "three")
        late = timezone.now() - timedelta(seconds=1)
        at("acked", 1, lambda: Job.objects.filter(position=1).update(expires_at=late))
        drain(printer.pk)
        assert states() == [State.COMPLETED, State.ABORTED, State.COMPLETED]
        assert cuts(device) == ["half", "full"]


class TestBreaks:
    def test_the_tape_ends_in_the_third(self, printer: Printer, device: EmulatedPrinter) -> None:
        ask(printer, *WORDS)
        device.set_fault("tape-out=60")
        drain(printer.pk)
        printed = len(came_out(device))
        assert 0 < printed < 5
        assert states() == [State.COMPLETED] * printed + [State.STOPPED] + [State.PENDING] * (4 - printed)
        assert Job.objects.filter(outcome=Outcome.CONFIRMED).count() == printed
        assert Job.objects.get(state=State.STOPPED).reasons == [OUTCOME_UNKNOWN, "media-empty"]
        assert PrinterLease.objects.get().open_strip == ""

        device.load("tze:12")
        status.refresh(printer)
        drain(printer.pk)
        queue.resolve(Job.objects.get(state=State.STOPPED), ANN, printed=False, reprint=True)
        drain(printer.pk)
        shas = images()
        assert came_out(device) == shas[:printed] + shas[printed + 1 : 5] + [shas[printed]]
        assert [blank(label) for label in device.labels] == [False] * 5
        assert Attempt.objects.filter(job__outcome=Outcome.CONFIRMED).count() == 5

    # A device that is reading already hangs from the next label on.
    @pytest.mark.parametrize(("fault", "number"), [("hang", 2), ("power-off", 3)])
    def test_the_one_in_flight_is_unknown(
        self, printer: Printer, device: EmulatedPrinter, at: At, fault: str, number: int
    ) -> None:
        ask(printer, *WORDS)
        at("before-barrier", number, lambda: device.set_fault(fault))
        drain(printer.pk)
        assert states() == [State.COMPLETED] * 2 + [State.STOPPED] + [State.PENDING] * 2
        assert came_out(device) == images()[:2]
        assert PrinterLease.objects.get().open_strip == "tze:12"

        device.clear_fault()
        status.refresh(printer)
        PrinterLease.objects.update(not_before=None)
        drain(printer.pk)
        assert states() == [State.COMPLETED] * 2 + [State.STOPPED] + [State.COMPLETED] * 2
        first, second, third, fourth, fifth = images()
        out = [sha for sha in came_out(device) if sha != third]
        assert out == [first, second, fourth, fifth]
        assert came_out(device).count(third) <= 1
        assert PrinterLease.objects.get().open_strip == ""
        assert "full" in cuts(device)[2:-2], "what was printed of the strip was cut off before the next one began"

    def test_reset_in_the_middle(self, printer: Printer, device: EmulatedPrinter, at: At) -> None:
        ask(printer, *WORDS)
        at("before-barrier", 3, lambda: device.set_fault(f"reset={device.bytes_read + 100}"))
        drain(printer.pk)
        assert states() == [State.COMPLETED] * 2 + [State.STOPPED] + [State.PENDING] * 2
        assert came_out(device) == images()[:2]
        device.clear_fault()
        PrinterLease.objects.update(not_before=None)
        drain(printer.pk)
        assert states() == [State.COMPLETED] * 2 + [State.STOPPED] + [State.COMPLETED] * 2
        assert came_out(device) == [sha for n, sha in enumerate(images()) if n != 2]
        assert cuts(device) == ["half", "half", "full", "half", "full"]


def test_a_printer_that_holds_pages_back_gets_one_at_a_time(printer: Printer, device: EmulatedPrinter) -> None:
    device.set_fault("holds-pages")
    ask(printer, "one", "two", "three")
    drain(printer.pk)
    assert states() == [State.COMPLETED] * 3
    assert set(Job.objects.values_list("outcome", flat=True)) == {Outcome.CONFIRMED}
    assert came_out(device) == images()
    assert [(blank(label), label.cut) for label in device.labels] == [
        (False, "half"), (True, "full"), (False, "full"), (False, "full")
    ]  # fmt: skip
    assert device.connections == 3
    assert device.mishaps == []


def test_a_left_strip_is_ended_for_a_printer_without_jobs(printer: Printer, device: EmulatedPrinter) -> None:
    assert printers_to_ring() == []
    free_lease(printer, open_strip="tze:12")
    assert printers_to_ring() == [printer.pk]
    drain(printer.pk)
    device.wait_for_labels(1)
    assert [(blank(label), label.cut) for label in device.labels] == [(True, "full")]
    assert PrinterLease.objects.get().open_strip == ""
    drain(printer.pk)
    assert len(device.labels) == 1


@pytest.mark.parametrize("fault", ["cover-open", "wrong-media=tze:24"])
def test_a_strip_that_somebody_has_in_hand_is_left_to_them(
    printer: Printer, device: EmulatedPrinter, fault: str
) -> None:
    free_lease(printer, open_strip="tze:12")
    device.set_fault(fault)
    drain(printer.pk)
    assert (device.labels, device.bytes_read) == ([], 0)
    assert PrinterLease.objects.get().open_strip == ""
