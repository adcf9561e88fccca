import time
from datetime import UTC
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from labelhub import database
from labelhub.database import KEPT_S, Keeping, QuietlyChecked
from tests.services import Server, wait_until

pytestmark = pytest.mark.services


@pytest.fixture
def pool(postgresql: Server) -> ConnectionPool[QuietlyChecked]:
    return ConnectionPool(
        postgresql.url,
        connection_class=QuietlyChecked,
        kwargs={"autocommit": True},
        min_size=1,
        max_size=1,
        check=ConnectionPool.check_connection,
        open=False,
    )


def test_a_silent_connection_is_lent_without_asking_the_server(
    pool: ConnectionPool[QuietlyChecked], postgresql: Server
) -> None:
    with pool, psycopg.connect(postgresql.url, autocommit=True) as other:
        with pool.connection() as link:
            backend = link.info.backend_pid
            link.execute("SELECT 1")
        asked = "SELECT query_start FROM pg_stat_activity WHERE pid = %s"
        before = other.execute(asked, [backend]).fetchone()
        with pool.connection() as link:
            assert link.info.backend_pid == backend
            assert other.execute(asked, [backend]).fetchone() == before


def test_a_connection_that_the_server_ended_is_not_lent(
    pool: ConnectionPool[QuietlyChecked], postgresql: Server
) -> None:
    with pool, psycopg.connect(postgresql.url, autocommit=True) as other:
        with pool.connection() as link:
            backend = link.info.backend_pid
        other.execute("SELECT pg_terminate_backend(%s)", [backend])
        gone = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
        wait_until(lambda: other.execute(gone, [backend]).fetchone() == (0,), "the end of the session")
        with pool.connection() as link:
            assert link.info.backend_pid != backend
            assert link.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-17 09:51:33.79811+00",
        "2026-05-17 09:51:33+00",
        "2026-05-17 09:51:33.000001+00",
        "0001-01-01 00:00:00+00",
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_instants_are_read_as_psycopg_reads_them(postgresql: Server, text: str, zone: str) -> None:
    ours, theirs = QuietlyChecked.connect(postgresql.url), psycopg.connect(postgresql.url)
    with ours, theirs:
        found = []
        for link in (ours, theirs):
            link.execute(f"SET TIME ZONE '{zone}'")
            found.append(link.execute("SELECT %s::timestamptz", [text]).fetchone())
        assert found[0] == found[1]
        assert found[0] is not None
        if zone == "UTC":
            assert found[0][0].tzinfo is UTC


def test_an_instant_that_python_has_not_is_an_error(postgresql: Server) -> None:
    with QuietlyChecked.connect(postgresql.url) as link, pytest.raises(psycopg.DataError, match="infinity"):
        link.execute("SELECT 'infinity'::timestamptz").fetchone()


class Lent:
    """A thread's connection to Django, with what it borrowed from the pool; whether there is news is asked for."""

    def __init__(self) -> None:
        self.connection: Any = None
        self.close_at, self.asked, self.news = 0.0, 0, False

    def borrow(self) -> None:
        if self.connection is None:
            self.connection, self.close_at = self, time.monotonic()

    def has_news(self) -> bool:
        self.asked += 1
        return self.news

    def close(self) -> None:
        self.connection = None


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> Lent:
    lent = Lent()
    monkeypatch.setattr(database, "connections", {"default": lent})
    return lent


def test_a_thread_keeps_its_connection_for_a_while(lent: Lent) -> None:
    request = Keeping(lent.borrow)
    request()
    until = lent.close_at
    assert time.monotonic() + KEPT_S - 1 < until <= time.monotonic() + KEPT_S
    request()
    assert (lent.close_at, lent.asked) == (until, 1)


def test_a_connection_that_was_not_borrowed_is_not_kept(lent: Lent) -> None:
    Keeping(lambda: None)()
    assert (lent.connection, lent.close_at) == (None, 0.0)


@pytest.mark.parametrize("news", [False, True])
def test_it_is_looked_at_first(lent: Lent, news: bool) -> None:
    found: list[Any] = []

    def application() -> None:
        found.append(lent.connection)
        lent.borrow()

    request = Keeping(application)
    request()
    lent.news = news
    request()
    assert found == [None, None if news else lent]
    assert (lent.asked, lent.connection) == (1, lent)
