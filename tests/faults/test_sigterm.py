"""SIGTERM to a hub, and to workers of a deployment: idle, in the middle of a label, and twice."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from jobs.models import Job, Outcome, State
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.faults.invariants import check_invariants
from tests.faults.site import Site
from tests.faults.workers import database_url
from tests.hubs import Hub
from tests.jobs.labels import ask, make_printer, make_template, one, wait_for
from tests.services import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.fault(30)]

# It promises 5 s; the interpreter's own end comes on top.
HUB_S = 6.5
# A worker ends when its label has ended.
WORKER_S = 60
COPIES = 25


@pytest.fixture
def slow() -> Iterator[EmulatedPrinter]:
    with EmulatedPrinter("PT-P750W", "tze:12", speed=0, min_phase_s=8) as running:
        yield running


@pytest.fixture
def bench(slow: EmulatedPrinter) -> Printer:
    make_template()
    return make_printer(slow)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    env = {"LABELHUB_DATABASE_URL": database_url(), "LABELHUB_SECRET_KEY": settings.SECRET_KEY}
    with Hub(tmp_path / "data", env=env) as running:
        yield running


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("times", [1, 2])
def test_an_idle_hub_ends(hub: Hub, times: int) -> None:
    for _ in range(times - 1):
        hub.process.send_signal(signal.SIGTERM)
    code, seconds = hub.stop()
    assert (code, seconds < HUB_S) == (0, True), hub.out[-3000:]
    assert "Traceback" not in hub.out


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("times", [1, 2])
def test_a_hub_that_prints_ends_and_the_next_one_finds_out(
    hub: Hub, bench: Printer, slow: EmulatedPrinter, times: int
) -> None:
    first, second = one(ask(bench, "first")), one(ask(bench, "second"))
    wait_for(lambda: Job.objects.filter(pk=first.pk, barrier_at__isnull=False).exists(), "its first byte", 60)
    for _ in range(times - 1):
        hub.process.send_signal(signal.SIGTERM)
    code, seconds = hub.stop()
    assert (code, seconds < HUB_S) == (0, True), hub.out[-3000:]
    assert "Traceback" not in hub.out
    second.refresh_from_db()
    assert (second.state, second.barrier_at) == (State.PENDING, None)
    with Hub(hub.data, env=hub.env) as again:
        wait_for(lambda: Job.objects.filter(pk=second.pk, outcome=Outcome.CONFIRMED).exists(), "the other label", 90)
        again.stop()
    first.refresh_from_db()
    assert first.outcome in {Outcome.CONFIRMED, Outcome.UNKNOWN}
    check_invariants([slow])


@pytest.mark.services
@pytest.mark.parametrize("times", [1, 2])
def test_workers_end_in_the_middle_of_a_label(site: Site, times: int) -> None:
    ending = [each for each in site.workers if each.runs]
    wait_until(lambda: all(each.catches(signal.SIGTERM) for each in ending), "the start of the last worker")
    (first,), (second,) = site.submit(copies=COPIES), site.submit()
    wait_until(lambda: site.devices[0].bytes_read > 0 and site.job(first)["state"] == "processing", "the first byte")
    labels = len(site.devices[0].labels)
    begun = time.monotonic()
    for _ in range(times):
        for process in ending:
            process.popen.send_signal(signal.SIGTERM)
    for process in ending:
        assert process.popen.wait(WORKER_S) == 0, process.log.read_text()[-3000:]
    assert time.monotonic() - begun < WORKER_S
    assert len(site.devices[0].labels) <= labels + COPIES
    assert site.job(second)["state"] == "pending"
    for _ in range(2):
        site.start_worker()
    site.settle()
    assert site.job(first)["outcome"] in {"confirmed", "unknown"}
    assert site.job(second)["outcome"] == "confirmed"
