import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from jobs import lease as leases
from jobs.lease import acquire, owner_is_gone, this_owner
from jobs.models import PrinterLease
from printers.models import Printer
from tests.jobs.labels import make_printer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def printer() -> Printer:
    return make_printer()


def end_it(printer: Printer) -> None:
    PrinterLease.objects.filter(printer=printer).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_it_works(printer: Printer) -> None:
    lease = acquire(printer.pk)
    assert lease is not None
    assert lease.mine
    row = PrinterLease.objects.get()
    assert (row.token, row.owner) == (lease.token, this_owner())
    assert timedelta(seconds=28) < row.expires_at - timezone.now() < timedelta(seconds=32)


def test_there_is_one_at_a_time(printer: Printer) -> None:
    assert acquire(printer.pk) is not None
    assert acquire(printer.pk) is None


def test_another_printer_is_another_turn(printer: Printer) -> None:
    assert acquire(printer.pk) is not None
    assert acquire(make_printer(name="other").pk) is not None


def test_it_is_free_again_after_release_and_the_token_grows(printer: Printer) -> None:
    first = acquire(printer.pk)
    assert first is not None
    first.release()
    assert not first.mine
    second = acquire(printer.pk)
    assert second is not None
    assert second.token == first.token + 1


def test_an_expired_one_is_taken_and_cannot_be_renewed_nor_released_by_its_old_holder(printer: Printer) -> None:
    old = acquire(printer.pk)
    end_it(printer)
    new = acquire(printer.pk)
    assert old is not None
    assert new is not None
    assert not old.renew()
    assert not old.mine
    old.release()
    assert acquire(printer.pk) is None
    assert new.renew()


def test_an_expired_one_that_nobody_took_cannot_be_renewed_either(printer: Printer) -> None:
    lease = acquire(printer.pk)
    end_it(printer)
    assert lease is not None
    assert not lease.renew()


def test_its_holder_stops_by_its_own_clock_before_the_database_would_let_another_in(
    printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = acquire(printer.pk)
    assert lease is not None
    now = leases._monotonic()
    monkeypatch.setattr(leases, "_monotonic", lambda: now + leases.LEASE_S - leases.MARGIN_S + 0.1)
    assert not lease.mine
    monkeypatch.setattr(leases, "_monotonic", lambda: now + 11)
    assert lease.mine
    assert lease.due


def test_a_dead_process_of_this_machine_need_not_be_waited_for(printer: Printer) -> None:
    assert acquire(printer.pk) is not None
    name, _pid, _started, machine, thread = this_owner().rsplit(":", 4)
    gone = f"{name}:1:0:{machine}:{thread}"
    PrinterLease.objects.update(owner=gone)
    assert owner_is_gone(gone)
    assert acquire(printer.pk) is not None


@pytest.mark.parametrize("owner", ["", "web-1", "other:1:0:0123456789ab:7f", "other:x:0:0123456789ab:7f"])
def test_a_process_of_another_machine_is_never_taken_for_dead(owner: str) -> None:
    assert not owner_is_gone(owner)


def test_this_process_lives() -> None:
    assert not owner_is_gone(this_owner())


def test_of_many_at_once_one_gets_it(printer: Printer) -> None:
    got: list[int] = []
    start = threading.Barrier(12)

    def try_it(printer_id: UUID) -> None:
        try:
            start.wait()
            lease = acquire(printer_id)
            if lease is not None:
                got.append(lease.token)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it, args=(printer.pk,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert PrinterLease.objects.get().token == got[0]
