"""The confirmed table as one batch."""

from dataclasses import dataclass, field
from typing import Any

from jobs.submission import Accepted, Request, submit
from jobs.tables import data_rows
from jobs.tables.checking import CHUNK, values_of
from printers.callers import Caller
from printers.errors import HubError
from templates_app.definition import Definition
from templates_app.models import TableRow, UploadedTable


@dataclass(slots=True)
class Order:
    """What a person chose beside the rows."""

    copies: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    override: bool = False


def print_table(table: UploadedTable, definition: Definition, caller: Caller, order: Order) -> Accepted:
    """Every row that is not skipped, in order. A table prints once, however often it is sent.

    Raises what `submit` raises; rows that are to blame then say so in the table.
    """
    wanted = data_rows(table).filter(skipped=False).only("number", "cells", "changes")
    numbers: list[int] = []
    rows: list[dict[str, Any]] = []
    for row in wanted.iterator(chunk_size=CHUNK):
        numbers.append(row.number)
        rows.append(values_of(definition, table, row))
    request = Request(
        printer=str(table.printer or ""),
        template=definition.key,
        rows=rows,
        copies=order.copies,
        options=order.options,
        override_lint=order.override,
    )
    try:
        accepted = submit(request, caller, idempotency_key=f"table:{table.id}")
    except HubError as error:
        _blame(table, error, numbers)
        raise
    table.printed = {"batch": str(accepted.batch)} if accepted.batch else {"job": str(accepted.jobs[0].id)}
    table.save(update_fields=["printed"])
    return accepted


def _blame(table: UploadedTable, error: HubError, numbers: list[int]) -> None:
    said: dict[int, list[dict[str, str]]] = {}
    for problem in error.problems:
        parts = problem.pointer.split("/")
        if parts[1:2] == ["rows"] and len(parts) > 2 and parts[2].isdecimal() and int(parts[2]) < len(numbers):
            told = {"tone": "error", "text": problem.message, "field": parts[3] if len(parts) == 4 else ""}
            said.setdefault(numbers[int(parts[2])], []).append(told)
    rows = list(TableRow.objects.filter(table=table, number__in=list(said)))
    for row in rows:
        row.verdict, row.findings = "error", said[row.number]
    TableRow.objects.bulk_update(rows, ["verdict", "findings"])
