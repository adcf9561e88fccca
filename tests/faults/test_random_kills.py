"""Killed at random moments over a full queue: every label at most once, every job's state true.

The seed is printed; `make faults SEED=… LABELS=…` repeats a run or makes it longer.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from jobs.models import Job, State
from jobs.states import TERMINAL
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.faults.chances import chance
from tests.faults.invariants import check_invariants
from tests.faults.workers import Worker, database_url, kill
from tests.hubs import Hub
from tests.jobs.labels import ask, make_printer, make_template, wait_for
from tests.services import services_wanted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

LABELS = int(os.environ.get("LABELHUB_TEST_LABELS") or "50")
# Each start of a hub takes seconds.
HUB_LABELS = 50
PRINTERS = 8
PATIENCE_S = 60


def all_settled() -> bool:
    return not Job.objects.exclude(state__in=[*TERMINAL, State.STOPPED]).exists()


@contextmanager
def printers(count: int, phase_s: float) -> Iterator[list[tuple[EmulatedPrinter, Printer]]]:
    """Labels that take long enough to be cut off in the middle."""
    devices = [EmulatedPrinter("PT-P750W", "tze:12", speed=0, min_phase_s=phase_s).start() for _ in range(count)]
    make_template()
    try:
        yield [(device, make_printer(device, name=f"bench-{n}")) for n, device in enumerate(devices)]
    finally:
        for device in devices:
            device.stop()


@pytest.mark.fault(1, 2, 3, 4, 29)
def test_kills_over_a_full_queue() -> None:
    dice, kills = chance(), 0
    with printers(PRINTERS, 0.02) as benches, Worker(options=("--fork",)) as nursery:
        devices, asked = [device for device, _ in benches], 0
        while asked < LABELS:
            # Labels of their own, and batches.
            words = [f"label {number}" for number in range(asked, min(asked + dice.choice((1, 5, 25)), LABELS))]
            ask(dice.choice(benches)[1], *words)
            asked += len(words)
        began = time.monotonic()
        while not all_settled():
            worker = nursery.fork()
            let_go_on(dice, devices)
            kill(worker)
            kills += 1
            assert time.monotonic() - began < 300 + LABELS
        ends = check_invariants(devices)
        assert nursery.errors == []
    tell(ends, kills, began)
    # Each kill may cut off one label of each printer, and a third one before its first byte is its last.
    assert ends["processing-stopped unknown"] + ends["aborted not_printed"] <= kills * PRINTERS
    assert ends["completed confirmed"] >= LABELS / 2


def let_go_on(dice: random.Random, devices: list[EmulatedPrinter]) -> None:
    """For as long as some labels take, or a moment; at least one comes out, however slow this machine is."""

    def printed() -> int:
        return sum(len(device.labels) for device in devices)

    begun, until = printed(), time.monotonic() + dice.uniform(1, 3)
    wanted = begun + dice.randint(1, 40)
    while (count := printed()) < wanted and (time.monotonic() < until + PATIENCE_S * (count == begun)):
        time.sleep(0.02)
    time.sleep(dice.uniform(0, 0.1))


def tell(ends: Counter[str], kills: int, began: float) -> None:
    """Every label is among them: checked by the invariants, and counted here."""
    took, share = time.monotonic() - began, ends["processing-stopped unknown"] / LABELS
    print(f"{LABELS} labels, {kills} kills in {took:.0f} s: {dict(ends)}, {share:.1%} unknown")  # noqa: T201
    assert sum(ends.values()) == LABELS


@pytest.mark.fault(1, 2, 3, 4)
def test_kills_of_the_whole_hub(tmp_path: Path) -> None:
    """`manage.py hub`, with its own beat, broker and sweep, from start to SIGKILL again and again."""
    dice = chance()
    thorough = services_wanted() and settings.EMBEDDED_DATABASE
    kills, cut_off = 20 if thorough else 4, 0
    env = {"LABELHUB_DATABASE_URL": database_url(), "LABELHUB_SECRET_KEY": settings.SECRET_KEY}
    # So slow that the queue outlasts the kills: a hub prints for a second or two before it is killed.
    with printers(2, 0.06 * kills) as benches:
        for number in range(HUB_LABELS):
            ask(benches[number % 2][1], f"label {number}")
        for _ in range(kills):
            with Hub(tmp_path / "data", env=env) as hub:
                time.sleep(dice.uniform(0.0, 0.6))
                hub.process.kill()
                hub.process.wait()
            cut_off += Job.objects.filter(state=State.PROCESSING).count()
        with Hub(tmp_path / "data", env=env) as hub:
            wait_for(all_settled, "the end of the queue", 120)
            code, seconds = hub.stop()
        ends = check_invariants([device for device, _ in benches])
    print(f"{dict(ends)}, {cut_off} labels cut off")  # noqa: T201
    assert cut_off > 0
    assert (code, sum(ends.values())) == (0, HUB_LABELS)
    assert seconds < 6
    assert ends["completed confirmed"] >= HUB_LABELS - 2 * kills, ends
