import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import close_old_connections, connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.lease import acquire
from printers import tasks
from printers.brother_status import build_block
from printers.models import Event, Printer, PrinterStatus, Site
from printers.snmp import oids
from printers.tasks import claim, probe_due
from tests.printers.agents import PT, Agent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demo(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEMO = True
    monkeypatch.setattr(tasks, "TIMEOUT_S", 0.4)


@pytest.fixture
def site() -> Site:
    return Site.objects.create(key="main")


@pytest.fixture
def agents() -> Iterator[Callable[..., Agent]]:
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(Agent(*args, **kwargs))


def _printer(site: Site, agent: Agent | None = None, **more: object) -> Printer:
    values = {"model": "PT-P750W", "host": "127.0.0.1", "snmp_port": agent.port if agent else 9, **more}
    return Printer.objects.create(site=site, **values)


def test_it_works(site: Site, agents: Callable[..., Agent]) -> None:
    good, dead = _printer(site, agents(PT)), _printer(site)
    assert probe_due() == 2
    assert PrinterStatus.objects.get(printer=good).online is True
    assert PrinterStatus.objects.get(printer=dead).online is False
    assert Event.objects.filter(kind="printer.status").count() == 2


def test_who_is_not_due_is_not_asked(site: Site, agents: Callable[..., Agent]) -> None:
    agent = agents(PT)
    _printer(site, agent)
    assert probe_due() == 1
    assert probe_due() == 0
    assert len(agent.asked) == 1


def test_disabled_printers_are_not_asked(site: Site, agents: Callable[..., Agent]) -> None:
    agent = agents(PT)
    _printer(site, agent, enabled=False)
    assert probe_due() == 0
    assert (agent.asked, PrinterStatus.objects.count()) == ([], 0)


def test_without_printers_nothing_happens() -> None:
    assert probe_due() == 0


def test_one_printer_belongs_to_one_sweep(site: Site) -> None:
    now = timezone.now()
    for _ in range(5):
        PrinterStatus.objects.create(printer=_printer(site), next_probe_at=now)
    first = claim(now, 3)
    second = claim(now, 3)
    assert (len(first), len(second)) == (3, 2)
    assert len({printer.id for printer in (*first, *second)}) == 5
    assert claim(now, 3) == []


def test_a_sweep_that_died_leaves_its_printers_to_the_next(site: Site) -> None:
    now = timezone.now()
    printer = _printer(site)
    PrinterStatus.objects.create(printer=printer, next_probe_at=now)
    assert claim(now, 9) == [printer]
    later = now + timedelta(seconds=tasks.CLAIM_S + 5)
    assert claim(later, 9) == [printer]


def test_who_is_watched_by_a_worker_is_not_asked_until_it_lets_go(site: Site, agents: Callable[..., Agent]) -> None:
    printing, idle = agents(PT), agents(PT)
    busy = _printer(site, printing)
    _printer(site, idle)
    lease = acquire(busy.id)
    assert lease is not None
    assert (probe_due(), len(printing.asked), len(idle.asked)) == (1, 0, 1)
    lease.release()
    assert (probe_due(), len(printing.asked), len(idle.asked)) == (1, 1, 1)


def test_a_clock_that_was_set_back_does_not_stop_the_probes(site: Site) -> None:
    now = timezone.now()
    backed_off, lost = _printer(site), _printer(site)
    PrinterStatus.objects.create(printer=backed_off, next_probe_at=now + timedelta(seconds=299))
    PrinterStatus.objects.create(printer=lost, next_probe_at=now + timedelta(hours=1))
    assert claim(now, 9) == [lost]
    assert claim(now, 9) == []


def test_the_longest_waiting_come_first(site: Site) -> None:
    now = timezone.now()
    rows = [
        PrinterStatus.objects.create(printer=_printer(site), next_probe_at=now - timedelta(seconds=n))
        for n in (1, 3, 2)
    ]
    assert [printer.id for printer in claim(now, 1)] == [rows[1].printer_id]


def test_statements_do_not_depend_on_the_printers(site: Site, agents: Callable[..., Agent]) -> None:
    counts = []
    for more in (1, 40):
        agent = agents(PT)
        for _ in range(more):
            _printer(site, agent)
        PrinterStatus.objects.update(next_probe_at=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            probe_due()
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_chunk_by_chunk(site: Site, agents: Callable[..., Agent], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "CHUNK", 2)
    agent = agents(PT)
    for _ in range(5):
        _printer(site, agent)
    assert probe_due() == 5
    assert len(agent.asked) == 5
    assert PrinterStatus.objects.filter(online=True).count() == 5


def test_the_dead_cost_one_timeout_together(site: Site, agents: Callable[..., Agent]) -> None:
    deaf = agents(PT, deaf=True)
    for _ in range(30):
        _printer(site, deaf)
    started = time.monotonic()
    assert probe_due() == 30
    assert time.monotonic() - started < 2


def test_a_printer_that_comes_back_is_seen_by_the_next_sweep(site: Site, agents: Callable[..., Agent]) -> None:
    agent = agents({**PT, oids.STATUS_BLOCK: build_block(series=0x30, model_code=0x68, error2=0x10)})
    printer = _printer(site, agent)
    probe_due()
    assert PrinterStatus.objects.get(printer=printer).state == "stopped"
    agent.values = dict(PT)
    PrinterStatus.objects.update(next_probe_at=timezone.now())
    probe_due()
    row = PrinterStatus.objects.get(printer=printer)
    assert (row.state, row.media_key) == ("idle", "tze:12")


@pytest.mark.django_db(transaction=True)
def test_many_workers_ask_each_printer_once(site: Site, agents: Callable[..., Agent]) -> None:
    asked = [agents(PT, delay_s=0.05) for _ in range(12)]
    for agent in asked:
        _printer(site, agent)
    totals: list[int] = []

    def work() -> None:
        close_old_connections()
        try:
            totals.append(probe_due())
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert sum(totals) == 12
    assert [len(agent.asked) for agent in asked] == [1] * 12
    assert PrinterStatus.objects.filter(online=True).count() == 12
    assert Event.objects.filter(kind="printer.status").count() == 12
