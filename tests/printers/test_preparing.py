from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from printers.preparing import MOST_KEPT, session_of
from tests.services import Server

pytestmark = pytest.mark.services


@pytest.fixture
def link(postgresql: Server) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgresql.url, autocommit=True, prepare_threshold=None) as link:
        link.execute("CREATE TEMPORARY TABLE tape (id int PRIMARY KEY, name text)")
        yield link


def ask(link: psycopg.Connection[Any], sql: str, *given: Any) -> tuple[int, list[Any]]:
    return session_of(link).ask(sql, given)


def kept(link: psycopg.Connection[Any]) -> int:
    return len(link.execute("SELECT 1 FROM pg_prepared_statements").fetchall())


@pytest.mark.parametrize(
    "values",
    [
        (1, 2**15, 2**40, -1),
        ("ü", "%s", "100%", "' OR 1=1 --"),
        (True, None, Decimal("1.5"), 0.1),
        (UUID(int=7), datetime(2026, 5, 17, 9, 51, tzinfo=UTC), b"\0x", [1, 2]),
    ],
)
def test_values_and_rows_are_as_psycopg_has_them(link: psycopg.Connection[Any], values: tuple[Any, ...]) -> None:
    for given in (values, values[::-1]):
        sql = "SELECT %s, %s, %s, %s, '100%%'" if not isinstance(given[0], str) else "SELECT %s || '', %s, %s, %s, '%%'"
        expected = link.execute(sql, given).fetchall()
        assert ask(link, sql, *given) == (1, expected)
        assert ask(link, sql, *given) == (1, expected)


def test_it_says_how_many_rows_were_changed(link: psycopg.Connection[Any]) -> None:
    assert ask(link, "INSERT INTO tape SELECT n, 'x' FROM generate_series(1, %s) n", 3) == (3, [])
    assert ask(link, "UPDATE tape SET name = %s WHERE id > %s", "y", 1) == (2, [])
    assert ask(link, "UPDATE tape SET name = %s WHERE id > %s RETURNING id", "z", 2) == (1, [(3,)])
    assert ask(link, "SELECT id FROM tape WHERE name = %s", "nobody's") == (0, [])


def test_a_statement_is_prepared_once(link: psycopg.Connection[Any]) -> None:
    for n in range(5):
        ask(link, "SELECT %s::int", n)
    assert kept(link) == 1


def test_a_session_keeps_no_more_than_it_may(link: psycopg.Connection[Any]) -> None:
    for n in range(MOST_KEPT + 20):
        assert ask(link, f"SELECT {n}, %s::int", 1) == (1, [(n, 1)])
    assert kept(link) == 20
    assert ask(link, "SELECT 0, %s::int", 1) == (1, [(0, 1)])


def test_it_is_a_part_of_the_transaction(link: psycopg.Connection[Any]) -> None:
    link.autocommit = False
    ask(link, "INSERT INTO tape VALUES (%s, %s)", 1, "x")
    link.rollback()
    assert ask(link, "SELECT count(*) FROM tape") == (1, [(0,)])
    ask(link, "INSERT INTO tape VALUES (%s, %s)", 1, "x")
    link.commit()
    link.rollback()
    assert ask(link, "SELECT count(*) FROM tape") == (1, [(1,)])


def test_what_the_server_refuses_is_told_as_by_psycopg(link: psycopg.Connection[Any]) -> None:
    ask(link, "INSERT INTO tape VALUES (%s, %s)", 1, "x")
    with pytest.raises(errors.UniqueViolation, match="tape_pkey") as refused:
        ask(link, "INSERT INTO tape VALUES (%s, %s)", 1, "y")
    assert refused.value.sqlstate == "23505"
    with pytest.raises(errors.UndefinedColumn):
        ask(link, "SELECT nothing FROM tape WHERE id = %s", 1)
    assert ask(link, "SELECT name FROM tape WHERE id = %s", 1) == (1, [("x",)])


def test_a_session_that_ended_is_an_operational_error(link: psycopg.Connection[Any], postgresql: Server) -> None:
    ask(link, "SELECT %s::int", 1)
    with psycopg.connect(postgresql.url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [link.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        ask(link, "SELECT %s::int", 1)
    assert link.closed
    with pytest.raises(psycopg.OperationalError):
        ask(link, "SELECT %s::int", 1)
