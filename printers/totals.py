"""Counters that every process adds to and any process can tell: rows of the database, not of a memory."""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from django.db import connection, transaction

from printers.columns import JSON
from printers.inserts import inserting
from printers.models import Increment, Total
from printers.together import Statement

# Summed up in one transaction.
CHUNK = 1000
TABLE = Total._meta.db_table
ADD = f"""
    INSERT INTO {TABLE} (name, subject, label, value) VALUES (%s, %s, %s, %s)
    ON CONFLICT (name, subject, label) DO UPDATE SET value = {TABLE}.value + excluded.value
"""  # noqa: S608


class Key(NamedTuple):
    """`subject` is a printer's id or empty, `label` one of a small closed set; never what somebody typed, and without
    blanks.
    """

    name: str
    subject: str = ""
    label: str = ""


def add(amounts: Mapping[Key, float]) -> None:
    """Add them at once, all or none.

    In the order of keys, so that two transactions never wait for each other's rows.
    """
    rows = [(*key, float(value)) for key, value in sorted(amounts.items()) if value]
    if rows:
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            cursor.executemany(ADD, rows)


def adding(amounts: Mapping[Key, float]) -> list[Statement]:
    """For `together`: no statement or one. It is summed up later, because a label counts a dozen things, and one row is
    written for much less than a dozen are looked up and changed.
    """
    told = {" ".join(key): value for key, value in amounts.items() if value}
    return [inserting(Increment, {"amounts": JSON.encode(told)})] if told else []


def sum_up() -> None:
    """Bring what `adding` has counted into the totals, each once; harmless at any time, from anywhere."""
    while _sum_up() == CHUNK:
        pass


def _sum_up() -> int:
    with transaction.atomic():
        # Whatever somebody else sums up now is left to them.
        waiting = Increment.objects.select_for_update(skip_locked=True).order_by("id")[:CHUNK]
        rows = dict(waiting.values_list("id", "amounts"))
        sums: defaultdict[str, float] = defaultdict(float)
        for amounts in rows.values():
            for told, value in json.loads(amounts).items():
                sums[told] += value
        Increment.objects.filter(pk__in=rows).delete()
        add({Key(*told.split(" ")): value for told, value in sums.items()})
    return len(rows)


def bucket(bounds: tuple[float, ...], value: float) -> str:
    """The label of the histogram's bucket that a value falls into: its upper bound, or `+Inf`."""
    at = bisect_left(bounds, value)
    return f"{bounds[at]:g}" if at < len(bounds) else "+Inf"
