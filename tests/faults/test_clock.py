"""Workers whose clocks are wrong: who holds a printer says the database's clock, when to stop the monotonic one."""

import subprocess
import sys
from pathlib import Path

import pytest

from jobs.models import Attempt, Job, State
from jobs.states import TERMINAL
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.faults.invariants import check_invariants
from tests.faults.workers import Worker
from tests.jobs.labels import ask, wait_for
from tests.services import program

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.services]

COUNT = 12
HOUR = 3600


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("clock") / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([program("cc", "gcc"), "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
    return made


def skewed(library: Path, clock: Path, seconds: int) -> dict[str, str]:
    clock.write_text(str(seconds))
    return {"LD_PRELOAD": str(library), "CLOCK_SKEW": str(clock)}


def ended() -> bool:
    return not Job.objects.exclude(state__in=[*TERMINAL, State.STOPPED]).exists()


@pytest.mark.fault(25)
def test_the_clock_of_these_tests_is_wrong(library: Path, tmp_path: Path) -> None:
    env = skewed(library, tmp_path / "clock", HOUR)
    ask_twice = "import time; print(round(time.time()), round(time.clock_gettime(time.CLOCK_BOOTTIME)))"
    told = [
        list(map(int, subprocess.run([sys.executable, "-c", ask_twice], env=each, capture_output=True).stdout.split()))
        for each in ({}, env)
    ]
    assert abs(told[1][0] - told[0][0] - HOUR) < 60
    assert abs(told[1][1] - told[0][1]) < 60


@pytest.mark.fault(25)
@pytest.mark.postgresql_only
def test_two_workers_two_hours_apart_take_turns(
    printer: Printer, device: EmulatedPrinter, library: Path, tmp_path: Path
) -> None:
    ask(printer, *(f"label {number}" for number in range(COUNT)))
    early = skewed(library, tmp_path / "early", -HOUR)
    late = skewed(library, tmp_path / "late", HOUR)
    with Worker(env=early) as first, Worker(env=late) as second:
        wait_for(ended, "the end of the queue", 120)
        assert first.errors + second.errors == []
    ends = check_invariants([device])
    assert ends == {"completed confirmed": COUNT}
    assert Attempt.objects.count() == COUNT


@pytest.mark.fault(25)
@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_while_labels_are_printed(
    printer: Printer, device: EmulatedPrinter, library: Path, tmp_path: Path, jump: int
) -> None:
    ask(printer, *(f"label {number}" for number in range(COUNT)))
    clock = tmp_path / "clock"
    with Worker(env=skewed(library, clock, 0)) as worker:
        wait_for(lambda: len(device.labels) >= 2, "the first labels", 60)
        clock.write_text(str(jump))
        if jump < 0:
            # Leases that it wrote before reach an hour into its future.
            wait_for(lambda: len(device.labels) >= 4, "labels after the jump", 60)
            clock.write_text("0")
        wait_for(ended, "the end of the queue", 120)
        assert worker.errors == []
    ends = check_invariants([device])
    # The label that was under way may have become unknown.
    assert ends["completed confirmed"] >= COUNT - 2, ends
