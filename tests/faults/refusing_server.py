"""PostgreSQL that takes nothing new for a while: read-only, or on a full disk."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psycopg
import pytest

from tests.faults.site import Site
from tests.services import START_LIMIT_S, Server, wait_until

# Where no disk of its own could be mounted: what it says on a full one, by a trigger at every write of a label.
FULL = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$
"""
WRITTEN_FOR_A_LABEL = ("jobs_job", "jobs_attempt", "jobs_batch", "printers_event")


@contextmanager
def postgresql_refuses(site: Site, how: str) -> Iterator[None]:
    """`read-only`, `full`, or `full-log`: no room for its write-ahead log, which ends the server."""
    url = site.made.database_url
    with ExitStack() as at_the_end:
        if how == "read-only":
            at_the_end.enter_context(_read_only(url))
        elif site.disk is None:
            at_the_end.enter_context(_as_if_full(url))
        else:
            at_the_end.callback(_answers_again, site.made.postgresql)
            # The log has a segment to go on with, so that it is tables that find no room.
            _run(url, "SELECT pg_switch_wal()")
            _run(url, "CHECKPOINT")
            at_the_end.enter_context(site.disk.full())
            _fill_up(url)
            if how == "full-log":
                _end_for_want_of_room(site.made.postgresql, url)
        yield


@contextmanager
def _read_only(url: str) -> Iterator[None]:
    database, server = url.rsplit("/", 1)[1], f"{url.rsplit('/', 1)[0]}/postgres"
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    _run(server, f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')
    _run(server, others, database)
    try:
        yield
    finally:
        _run(server, f'ALTER DATABASE "{database}" RESET default_transaction_read_only')
        _run(server, others, database)


@contextmanager
def _as_if_full(url: str) -> Iterator[None]:
    _run(url, FULL)
    for table in WRITTEN_FOR_A_LABEL:
        _run(url, f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION refuse()")
    try:
        yield
    finally:
        _run(url, "DROP FUNCTION refuse CASCADE")


def _fill_up(url: str) -> None:
    """It says itself that its disk is full."""
    with pytest.raises(psycopg.errors.DiskFull):
        _run(url, "CREATE TABLE more AS SELECT repeat('x', 1000) FROM generate_series(1, 1000)")


def _end_for_want_of_room(server: Server, url: str) -> None:
    """A segment of its log after the other, until there is none: it panics, and cannot recover before there is room.

    Where it does recover, because it had left itself some, it is taken that, too.
    """
    segments = "FOR n IN 1..100 LOOP PERFORM pg_switch_wal(), pg_current_xact_id(); COMMIT; END LOOP"

    def has_ended() -> bool:
        with suppress(psycopg.OperationalError):
            _run(url, f"DO $$ BEGIN {segments}; END $$")
        return server.process.poll() is not None

    wait_until(has_ended, "the end of PostgreSQL", limit_s=2 * START_LIMIT_S)
    assert server.process.returncode == 1


def _answers_again(server: Server) -> None:
    """A supervisor starts it until it has recovered."""

    def answers() -> bool:
        server.revive()
        return server.answers()

    wait_until(answers, "PostgreSQL's recovery", limit_s=60)


def _run(url: str, statement: str, *values: Any) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode(), values or None)
