"""Counters that every process adds to and any process can tell: rows of the database, not of a memory."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections

from printers.models import Total
from printers.prepared import run
from printers.together import GATE, Statement


class Key(NamedTuple):
    """`subject` is a printer's id or empty, `label` one of a small closed set; never what somebody typed, and without
    quotes.
    """

    name: str
    subject: str = ""
    label: str = ""


def add(amounts: Mapping[Key, float]) -> None:
    """Add them in one statement, in the caller's transaction."""
    for statement in adding(amounts):
        run(connections[DEFAULT_DB_ALIAS], statement.text, statement.values)


def adding(amounts: Mapping[Key, float]) -> list[Statement]:
    """The same for `together`: no statement or one.

    In the order of keys, so that two transactions never wait for each other's rows.
    """
    rows = [(*key, float(value)) for key, value in sorted(amounts.items()) if value]
    if not rows:
        return []
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql":
        # As columns: the statement is the same for any number of rows.
        return [Statement(*_from_columns(), [_array(column) for column in zip(*rows, strict=True)])]
    return [Statement(_from_rows(len(rows)), "", [each for row in rows for each in row])]


@cache
def _from_columns() -> tuple[str, str]:
    columns = "unnest(%s::varchar[], %s::varchar[], %s::varchar[], %s::double precision[])"
    into = f"{_INTO} SELECT * FROM {columns} AS given"  # noqa: S608
    return f"{into} {_MORE}", f"{into} WHERE EXISTS (SELECT FROM {GATE}) {_MORE}"


def _array(column: Sequence[str | float]) -> str:
    """As PostgreSQL reads one: psycopg takes ten times as long, because it knows nothing of what lists hold."""
    return '{"' + '","'.join(map(str, column)) + '"}'


@cache
def _from_rows(rows: int) -> str:
    return f"{_INTO} VALUES {', '.join(['(%s, %s, %s, %s)'] * rows)} {_MORE}"


_TABLE = Total._meta.db_table
_INTO = f"INSERT INTO {_TABLE} (name, subject, label, value)"
_MORE = f"ON CONFLICT (name, subject, label) DO UPDATE SET value = {_TABLE}.value + excluded.value"


def bucket(bounds: tuple[float, ...], value: float) -> str:
    """The label of the histogram's bucket that a value falls into: its upper bound, or `+Inf`."""
    at = bisect_left(bounds, value)
    return f"{bounds[at]:g}" if at < len(bounds) else "+Inf"
