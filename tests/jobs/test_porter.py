"""Who is rung is served, by as many threads as there are, whatever happens to the one before."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from jobs import porter
from jobs.porter import Porter
from printers.bell import InThisProcess
from tests.jobs.labels import wait_for

THREADS = 2


class House:
    """A porter at work, and who was served; while `busy` is set nobody comes to an end."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.bell = InThisProcess()
        self.served: list[UUID] = []
        self.ended = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.error: Exception | None = None
        self.porter = Porter(threads, THREADS)

    def serve(self, printer_id: UUID) -> None:
        self.served.append(printer_id)
        self.go_on.wait(10)
        if self.error is not None:
            raise self.error

    def ring(self, so_many: int = 1) -> list[UUID]:
        rung = [uuid4() for _ in range(so_many)]
        self.bell.put([str(each) for each in rung])
        return rung


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with ThreadPoolExecutor(THREADS) as threads:
        made = House(threads)
        monkeypatch.setattr(porter, "HEAR_S", 0.02)
        monkeypatch.setattr(porter, "AGAIN_S", 0.02)
        monkeypatch.setattr(porter, "bell", lambda: made.bell)
        monkeypatch.setattr(porter, "serve", made.serve)
        monkeypatch.setattr(porter, "is_stopping", made.ended.is_set)
        made.porter.start()
        yield made
        made.go_on.set()
        made.ended.set()
        made.porter.join(10)
    assert not made.porter.is_alive()


def test_it_works(house: House) -> None:
    rung = house.ring()
    wait_for(lambda: house.served == rung, "the one that was rung")


def test_what_nobody_has_time_for_is_left_to_other_workers(house: House) -> None:
    house.go_on.clear()
    rung = house.ring(THREADS + 1)
    wait_for(lambda: len(house.served) == THREADS, "all threads at work")
    assert house.bell.take(0.1) == str(rung[-1])
    another = house.ring()
    house.go_on.set()
    wait_for(lambda: house.served[THREADS:] == another, "a thread that is free again")


def test_a_fault_costs_no_thread(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.error = ValueError("of its own")
    with caplog.at_level(logging.ERROR, "jobs.porter"):
        rung = house.ring(THREADS * 2)
        wait_for(lambda: len(house.served) == len(rung), "all of them")
    assert str(rung[0]) in caplog.text
    assert "of its own" in caplog.text


def test_a_broker_that_is_away_is_one_line_and_is_heard_again(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[float] = []

    def away(wait_s: float) -> None:
        tries.append(wait_s)
        raise ConnectionResetError("nobody listens")

    with caplog.at_level(logging.WARNING, "jobs.porter"), monkeypatch.context() as patched:
        patched.setattr(house.bell, "take", away)
        wait_for(lambda: len(tries) > 3, "some tries")
    assert len(caplog.records) == 1
    assert "the sweep finds the jobs" in caplog.text
    rung = house.ring()
    wait_for(lambda: house.served == rung, "a ring behind that")


def test_a_worker_that_ends_takes_no_ring(house: House) -> None:
    house.ended.set()
    house.porter.join(10)
    [rung] = house.ring()
    assert house.bell.take(0.1) == str(rung)
    assert house.served == []
