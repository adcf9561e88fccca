"""The confirmed table as one batch."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs.errors import LabelNotReadable
from jobs.submission.checking import Order, check_tape, look_up
from jobs.submission.queueing import queue_rows
from jobs.submission.request import Accepted, Request
from jobs.submission.telling import with_defaults
from jobs.tables import data_rows
from jobs.tables.checking import CHUNK, bench_for, pool_of, renew, twin_sentence, values_of
from printers.callers import Caller
from printers.errors import Conflict, HubError, OptionNotSupported
from templates_app.definition import Definition
from templates_app.models import KeptWorkbook, TableRow, UploadedTable


@dataclass(slots=True)
class Wish:
    """What a person chose beside the rows."""

    copies: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    override: bool = False


def confirm_table(table: UploadedTable, definition: Definition, caller: Caller, wish: Wish) -> None:
    """Keeps what a person wants; `print_table` does it once every label was checked.

    Raises what `look_up` raises, and OptionNotSupported: whatever can be known before the labels are.
    """
    wanted = data_rows(table).filter(skipped=False)
    moment = timezone.now()
    order = look_up(_request(table, definition, wish), caller, wanted.count(), now=moment)
    if (first := wanted.first()) is not None:
        _check_options(order, values_of(definition, table, first))
    table.wish, table.moment = asdict(wish), moment
    table.save(update_fields=["wish", "moment"])


def _check_options(order: Order, values: dict[str, Any]) -> None:
    """Labels were checked without options."""
    try:
        order.proofreader().prove({**values, **order.serials})
    except OptionNotSupported:
        raise
    except HubError:
        # Of this row alone; its verdict says so.
        return


def give_up(table: UploadedTable) -> None:
    table.wish = None
    table.save(update_fields=["wish"])


def print_table(table: UploadedTable, definition: Definition, caller: Caller) -> Accepted | None:
    """Every row that is not skipped, in order, as one batch; None while some are not checked yet.

    A table prints once, however often this is called. Raises what `look_up` raises, LabelNotReadable where a row is
    wrong, and TooMuchTape; the wish is over then.
    """
    try:
        with transaction.atomic():
            return _print(UploadedTable.objects.select_for_update().get(pk=table.pk), definition, caller)
    except HubError:
        give_up(table)
        raise
    finally:
        table.refresh_from_db(fields=["printed", "wish"])


def _print(table: UploadedTable, definition: Definition, caller: Caller) -> Accepted | None:
    wanted = data_rows(table).filter(skipped=False)
    if table.printed or not table.wish or renew(table, bench_for(table, definition, caller)):
        return None
    if wanted.filter(verdict="").exists():
        return None
    wish = Wish(**table.wish)
    total = wanted.count()
    order = look_up(_request(table, definition, wish), caller, total, now=table.moment)
    if any(not _may_print(row, override=wish.override) for row in _wrong(table)):
        raise LabelNotReadable(_("Some rows cannot be printed. Change or skip them."))
    check_tape(order, (wanted.aggregate(mm=Sum("tape_mm"))["mm"] or 0) * wish.copies)
    accepted = queue_rows(order, _rows(table, order), total)
    if len(accepted.jobs) != total:
        raise Conflict(_("Somebody changed the table just now. Look at it, and print it again."))
    table.printed = {"batch": str(accepted.batch)} if accepted.batch else {"job": str(accepted.jobs[0].id)}
    table.wish = None
    table.save(update_fields=["printed", "wish"])
    KeptWorkbook.objects.filter(table=table).delete()
    return accepted


def _wrong(table: UploadedTable) -> Iterator[TableRow]:
    rows = data_rows(table).filter(skipped=False)
    return (rows.filter(verdict="error") | rows.exclude(twin=None)).only("findings", "twin").iterator(chunk_size=CHUNK)


def _may_print(row: TableRow, *, override: bool) -> bool:
    """What cannot be drawn or read cannot be answered for."""
    return override and not any(finding.get("firm") for finding in row.findings)


def _rows(table: UploadedTable, order: Order) -> Iterator[dict[str, Any]]:
    checked = data_rows(table).filter(skipped=False).exclude(verdict="")
    for position, row in enumerate(checked.iterator(chunk_size=CHUNK)):
        told = [twin_sentence(row)] if row.twin is not None else []
        if told := told + [finding["text"] for finding in row.findings if finding["tone"] == "error"]:
            order.overridden.setdefault(position, []).extend(told)
        yield with_defaults(order.definition, values_of(order.definition, table, row))


def _request(table: UploadedTable, definition: Definition, wish: Wish) -> Request:
    place, pooled = str(table.printer or ""), pool_of(table) is not None
    return Request(
        printer="" if pooled else place,
        pool=place if pooled else "",
        template=definition.key,
        rows=[],
        copies=wish.copies,
        options=wish.options,
        override_lint=wish.override,
    )
