"""A turn and its connection to the database, of which there are fewer than printers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from psycopg_pool import ConnectionPool

from jobs.dispatch import session
from jobs.dispatch.session import Turn, is_wanted
from jobs.lease import Lease
from tests.jobs.labels import wait_for
from tests.services import Server


@pytest.fixture
def given_back(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    back: list[None] = []
    monkeypatch.setattr(session, "release_connection", lambda: back.append(None))
    return back


@pytest.fixture
def pool(postgresql: Server) -> Iterator[ConnectionPool[Any]]:
    with ConnectionPool(postgresql.url, min_size=1, max_size=1, timeout=10) as made:
        yield made


@pytest.mark.parametrize(("wanted", "times"), [(False, 0), (True, 1)])
def test_a_long_turn_gives_it_back_where_somebody_waits(
    monkeypatch: pytest.MonkeyPatch, given_back: list[None], wanted: bool, times: int
) -> None:
    monkeypatch.setattr(session, "is_wanted", lambda: wanted)
    turn = Turn(Lease(uuid4(), token=1, owner="me", stops_at=float("inf")))
    assert turn.is_mine()
    assert given_back == []
    turn.lent_at -= 1
    assert turn.is_mine()
    assert turn.is_mine()
    assert given_back == [None] * times


@pytest.mark.services
def test_it_is_wanted_while_a_thread_waits_for_one(pool: ConnectionPool[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "connection", SimpleNamespace(pool=pool))
    with ThreadPoolExecutor() as others:
        with pool.connection():
            assert not is_wanted()
            waiting = others.submit(lambda: pool.putconn(pool.getconn()))
            wait_for(is_wanted, "the other thread")
        waiting.result(10)
    assert not is_wanted()


def test_nobody_waits_where_there_is_no_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "connection", SimpleNamespace())
    assert not is_wanted()
