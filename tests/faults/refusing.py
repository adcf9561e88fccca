"""A database that takes nothing new for a while: read-only, or full."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

# What PostgreSQL says when a relation cannot be extended (SQLSTATE 53100), said by a trigger at every write of a label.
FULL = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$
"""
WRITTEN_FOR_A_LABEL = ("jobs_job", "jobs_attempt", "jobs_batch", "printers_event")
FLAG = "LABELHUB_TEST_REFUSES"


@contextmanager
def postgresql_refuses(url: str, how: str) -> Iterator[None]:
    database, server = url.rsplit("/", 1)[1], f"{url.rsplit('/', 1)[0]}/postgres"
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    if how == "read-only":
        _run(server, f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')
        _run(server, others, database)
    else:
        _run(url, FULL)
        for table in WRITTEN_FOR_A_LABEL:
            _run(url, f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION refuse()")
    try:
        yield
    finally:
        if how == "read-only":
            _run(server, f'ALTER DATABASE "{database}" RESET default_transaction_read_only')
            _run(server, others, database)
        else:
            _run(url, "DROP FUNCTION refuse CASCADE")


def _run(url: str, statement: str, *values: Any) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode(), values or None)


@contextmanager
def sqlite_refuses(flag: Path, how: str) -> Iterator[None]:
    """In every process that called `heed` with this file."""
    flag.write_text(how)
    try:
        yield
    finally:
        flag.unlink()


def heed(flag: Path) -> None:
    """SQLite's own limits: a full one gets no page more than it has, a read-only one may only be asked."""
    from django.db.backends.signals import connection_created

    def obey(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        how = flag.read_text() if flag.exists() else ""
        raw = context["connection"].connection
        raw.execute(f"PRAGMA max_page_count = {1 if how == 'full' else 2**30}")
        raw.execute(f"PRAGMA query_only = {int(how == 'read-only')}")
        return execute(sql, params, many, context)

    def attach(connection: Any, **_: Any) -> None:
        if obey not in connection.execute_wrappers:
            connection.execute_wrappers.append(obey)

    connection_created.connect(attach, weak=False)
