"""Counters that every process adds to and any process can tell: rows of the database, not of a memory."""

from bisect import bisect_left
from collections.abc import Mapping
from typing import NamedTuple

from django.db import connection

from printers.models import Total


class Key(NamedTuple):
    """`subject` is a printer's id or empty, `label` one of a small closed set; never what somebody typed."""

    name: str
    subject: str = ""
    label: str = ""


def add(amounts: Mapping[Key, float]) -> None:
    """Add them in one statement, in the caller's transaction.

    In the order of keys, so that two transactions never wait for each other's rows.
    """
    rows = [(*key, float(value)) for key, value in sorted(amounts.items()) if value]
    if not rows:
        return
    table = connection.ops.quote_name(Total._meta.db_table)
    places = ", ".join(["(%s, %s, %s, %s)"] * len(rows))
    statement = (
        f"INSERT INTO {table} (name, subject, label, value) VALUES {places} "  # noqa: S608
        f"ON CONFLICT (name, subject, label) DO UPDATE SET value = {table}.value + excluded.value"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [each for row in rows for each in row])


def bucket(bounds: tuple[float, ...], value: float) -> str:
    """The label of the histogram's bucket that a value falls into: its upper bound, or `+Inf`."""
    at = bisect_left(bounds, value)
    return f"{bounds[at]:g}" if at < len(bounds) else "+Inf"
