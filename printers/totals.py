"""Counters that every process adds to and any process can tell: rows of the database, not of a memory."""

from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections

from printers.models import Total
from printers.prepared import run
from printers.together import GATE, Statement


class Key(NamedTuple):
    """`subject` is a printer's id or empty, `label` one of a small closed set; never what somebody typed."""

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
    return [Statement(*_texts(len(rows)), [each for row in rows for each in row])]


@cache
def _texts(rows: int) -> tuple[str, str]:
    table = connections[DEFAULT_DB_ALIAS].ops.quote_name(Total._meta.db_table)
    into = f"INSERT INTO {table} (name, subject, label, value)"
    more = f"ON CONFLICT (name, subject, label) DO UPDATE SET value = {table}.value + excluded.value"
    places = ", ".join(["(%s, %s, %s, %s)"] * rows)
    cast = ", ".join(["(%s::varchar, %s::varchar, %s::varchar, %s::double precision)"] * rows)
    gated = f"{into} SELECT * FROM (VALUES {cast}) AS given WHERE EXISTS (SELECT FROM {GATE}) {more}"  # noqa: S608
    return f"{into} VALUES {places} {more}", gated


def bucket(bounds: tuple[float, ...], value: float) -> str:
    """The label of the histogram's bucket that a value falls into: its upper bound, or `+Inf`."""
    at = bisect_left(bounds, value)
    return f"{bounds[at]:g}" if at < len(bounds) else "+Inf"
