import logging
import re
import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import transaction

from jobs import doorbell
from jobs.doorbell import ring, ring_on_commit
from jobs.lease import acquire, this_owner
from jobs.models import Job, PrinterLease, State
from tests.jobs.labels import make_printer, wait_for


class Broker:
    """Takes rings as slowly, or as badly, as it is told."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.open = threading.Event()
        self.open.set()
        self.error: Exception | None = None

    def put(self, printer_ids: list[str]) -> None:
        self.open.wait(10)
        if self.error is not None:
            raise self.error
        self.got += printer_ids


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    # A test before this one may have rung at a broker that is gone by now.
    wait_for(lambda: not doorbell._waiting and not doorbell._sending, "the end of earlier rings", limit_s=60)
    made = Broker()
    monkeypatch.setattr(doorbell, "bell", lambda: made)
    monkeypatch.setattr(doorbell, "_complained_at", float("-inf"))
    monkeypatch.setattr(doorbell, "_is_of_use", lambda _printer_id: True)
    yield made
    made.open.set()
    wait_for(lambda: not doorbell._waiting and not doorbell._sending, "the end of ringing")


def test_it_works(broker: Broker) -> None:
    printer = uuid4()
    ring(printer)
    wait_for(lambda: broker.got == [str(printer)], "the ring")


def test_a_broker_that_swallows_everything_holds_nobody_up(broker: Broker) -> None:
    broker.open.clear()
    begun = time.monotonic()
    for _ in range(100):
        ring(uuid4())
    assert time.monotonic() - begun < 0.5


def test_who_waits_to_be_rung_is_rung_once(broker: Broker) -> None:
    first, second = uuid4(), uuid4()
    broker.open.clear()
    ring(first)
    wait_for(lambda: doorbell._sending, "the first ring")
    for _ in range(20):
        ring(second)
    broker.open.set()
    wait_for(lambda: not doorbell._waiting and not doorbell._sending, "the end of ringing")
    assert broker.got == [str(first), str(second)]


def test_of_many_rings_each_printer_is_rung_once(broker: Broker) -> None:
    printers = [uuid4() for _ in range(3)]
    for printer in printers * 50:
        ring(printer)
    wait_for(lambda: not doorbell._waiting and not doorbell._sending, "the end of ringing")
    assert set(broker.got) == {str(printer) for printer in printers}
    assert len(broker.got) < 20


def test_a_broker_that_is_down_is_one_line_a_minute(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    broker.error = ConnectionRefusedError("nobody listens")
    with caplog.at_level(logging.WARNING, "jobs.doorbell"):
        for _ in range(5):
            ring(uuid4())
        wait_for(lambda: not doorbell._waiting and not doorbell._sending, "the end of ringing")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "the sweep will find the jobs" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_ring_comes_after_the_commit_and_never_without_it(rung: list[str]) -> None:
    printer = uuid4()
    with transaction.atomic():
        ring_on_commit(printer)
        assert rung == []
    assert rung == [str(printer)]
    with transaction.atomic():
        ring_on_commit(printer)
        transaction.set_rollback(True)
    assert rung == [str(printer)]


@pytest.mark.django_db
def test_it_is_of_use_where_something_could_be_printed() -> None:
    idle, paused = make_printer(), make_printer(name="paused", paused=True)
    off, wrong = make_printer(name="off", enabled=False), make_printer(name="wrong", config_error="no such model")
    asked = [idle.pk, paused.pk, off.pk, wrong.pk, uuid4()]
    assert [each for each in asked if doorbell._is_of_use(each)] == [idle.pk]


@pytest.mark.django_db
def test_it_is_of_no_use_where_a_worker_is_but_when_its_turn_is_over() -> None:
    printer = make_printer()
    lease = acquire(printer.pk)
    assert lease is not None
    assert not doorbell._is_of_use(printer.pk)
    lease.release()
    assert doorbell._is_of_use(printer.pk)


@pytest.mark.django_db
def test_it_is_of_use_where_the_worker_has_died() -> None:
    printer = make_printer()
    assert acquire(printer.pk) is not None
    PrinterLease.objects.update(owner=re.sub(r":\d+:", ":999999999:", this_owner(), count=1))
    assert doorbell._is_of_use(printer.pk)


@pytest.mark.django_db
def test_what_a_dead_worker_left_at_a_paused_printer_is_of_use() -> None:
    printer = make_printer(paused=True)
    Job.objects.create(printer=printer, state=State.PROCESSING)
    assert doorbell._is_of_use(printer.pk)


def test_without_a_database_everybody_is_rung() -> None:
    assert doorbell._is_of_use(uuid4())
