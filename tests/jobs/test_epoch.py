from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from health import readiness
from jobs import epoch, queue
from jobs.dispatch import drain
from jobs.lease import acquire
from jobs.models import Epoch, Heartbeat, Job, Outcome, State
from jobs.states import HELD_AFTER_RESTORE, MEDIA_NEEDED, OUTCOME_UNKNOWN
from printers.emulator import EmulatedPrinter
from printers.models import Event, Printer
from tests.jobs.labels import ANN, ask, moves, one

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def kept(folder: Path) -> tuple[UUID, int]:
    lineage, number = (folder / "epoch").read_text().split()
    return UUID(lineage), int(number)


def restored(number: int) -> None:
    """As if a backup had been put back that was made then."""
    Epoch.objects.update(number=number)


def test_it_counts_on_and_keeps_the_count(folder: Path) -> None:
    assert [epoch.keep_count() for _ in range(3)] == [False, False, False]
    row = Epoch.objects.get()
    assert kept(folder) == (row.lineage, row.number) == (row.lineage, 3)
    assert row.held_since is None
    assert [path.name for path in folder.iterdir()] == ["epoch"]


@pytest.mark.fault(24)
def test_after_a_restore_nothing_prints_until_the_release(
    printer: Printer, device: EmulatedPrinter, folder: Path
) -> None:
    first, second = one(ask(printer, "first")), one(ask(printer, "second"))
    for _ in range(5):
        epoch.keep_count()
    restored(2)
    assert epoch.keep_count() is True
    # New ones wait as well: whoever asked may have lost the answer of the first time.
    new = one(ask(printer, "new"))
    drain(printer.pk)
    for job, state, reasons in (
        (first, State.HELD, [HELD_AFTER_RESTORE]),
        (second, State.HELD, [HELD_AFTER_RESTORE]),
        (new, State.PENDING, []),
    ):
        job.refresh_from_db()
        assert (job.state, job.reasons) == (state, reasons)
    assert (device.bytes_read, device.labels) == (0, [])
    assert moves(first) == [(None, "pending"), ("pending", "pending-held")]
    assert "may have been printed since" in first.message
    # It came out before: somebody has seen it.
    queue.cancel(second, ANN)

    call_command("release_after_restore")
    drain(printer.pk)
    states = {job.pk: job.state for job in Job.objects.all()}
    assert states == {first.pk: State.COMPLETED, second.pk: State.CANCELED, new.pk: State.COMPLETED}
    assert len(device.labels) == 2
    assert list(Event.objects.filter(kind__startswith="hub.").values_list("kind", "data")) == [
        ("hub.restored", {"held": 2}),
        ("hub.released", {"released": 1}),
    ]
    assert epoch.keep_count() is False


def test_held_ones_may_stay_while_new_ones_print(printer: Printer, device: EmulatedPrinter) -> None:
    old = one(ask(printer, "old"))
    epoch.keep_count(restored=True)
    call_command("release_after_restore", "--keep-held")
    new = one(ask(printer, "new"))
    drain(printer.pk)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state, len(device.labels)) == (State.HELD, State.COMPLETED, 1)
    queue.release(old, ANN)
    drain(printer.pk)
    assert len(device.labels) == 2


def test_what_was_in_the_works_when_the_backup_was_made(printer: Printer, device: EmulatedPrinter) -> None:
    sent = one(ask(printer, "sent"))
    lease = acquire(printer.pk)
    assert lease is not None
    claimed = queue.claim_next(lease)
    assert claimed is not None
    assert queue.cross_barrier(*claimed, lease)
    epoch.keep_count(restored=True)
    sent.refresh_from_db()
    assert (sent.state, sent.outcome, sent.reasons) == (State.STOPPED, Outcome.UNKNOWN, [OUTCOME_UNKNOWN])

    begun = one(ask(printer, "begun"))
    assert queue.claim_next(lease) is not None
    epoch.keep_count(restored=True)
    begun.refresh_from_db()
    assert (begun.state, begun.token, begun.reasons) == (State.HELD, None, [HELD_AFTER_RESTORE])
    assert begun.attempts.filter(ended_at=None).count() == 0
    lease.release()

    epoch.release("ann")
    drain(printer.pk)
    begun.refresh_from_db()
    sent.refresh_from_db()
    assert (begun.state, sent.state) == (State.COMPLETED, State.STOPPED)
    assert len(device.labels) == 1


def test_what_is_held_for_another_reason_stays_held(printer: Printer) -> None:
    mine, tape = one(ask(printer, "mine")), one(ask(printer, "tape"))
    queue.hold(mine, ANN)
    Job.objects.filter(pk=tape.pk).update(state=State.HELD, reasons=[MEDIA_NEEDED])
    epoch.keep_count(restored=True)
    assert epoch.release("ann") == 0
    assert sorted(Job.objects.values_list("reasons", flat=True)) == [[MEDIA_NEEDED], ["job-hold-until-specified"]]


@pytest.mark.parametrize(
    ("text", "noticed"),
    [
        ("{lineage} 3\n", False),
        # Other processes went on.
        ("{lineage} 1\n", False),
        ("{lineage} 4\n", True),
        ("3f0e7c1c-43c5-4f5e-9d39-6f3d1d2d0a11 1\n", True),
        # Torn, empty, or something else: nobody knows what had been printed.
        ("", True),
        ("{lineage}", True),
        ("\0\0\0", True),
    ],
)
def test_what_the_folder_says(printer: Printer, folder: Path, text: str, noticed: bool) -> None:
    ask(printer, "hello")
    for _ in range(3):
        epoch.keep_count()
    (folder / "epoch").write_text(text.format(lineage=Epoch.objects.get().lineage))
    assert epoch.keep_count() is noticed
    assert (epoch.held_since() is not None) is noticed


def test_once_is_enough_for_all_that_saw_more_of_the_database_that_is_gone(printer: Printer, folder: Path) -> None:
    ask(printer, "hello")
    for _ in range(5):
        epoch.keep_count()
    restored(2)
    assert epoch.keep_count() is True
    epoch.release("ann")
    (folder / "epoch").write_text(f"{Epoch.objects.get().lineage} 7\n")
    assert epoch.keep_count() is False
    assert epoch.held_since() is None


def test_an_empty_hub_has_nothing_to_hold(folder: Path) -> None:
    (folder / "epoch").write_text(f"{uuid4()} 77\n")
    assert epoch.keep_count() is False
    assert epoch.held_since() is None


def test_a_folder_that_cannot_be_written_does_not_stop_anybody(
    settings: Settings, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "file").write_text("")
    settings.DATA_DIR = folder / "file"
    assert epoch.keep_count() is False
    assert Epoch.objects.get().number == 1
    assert str(folder / "file" / "epoch") in caplog.text


def test_readiness_says_what_to_do() -> None:
    Heartbeat.objects.create(name="w", role="worker")
    Heartbeat.objects.create(name="b", role="beat")
    assert readiness.print_queue().status == "ok"
    Epoch.objects.create(held_since=timezone.now())
    found = readiness.print_queue()
    assert (found.status, "manage.py release_after_restore" in found.detail) == ("fail", True)
