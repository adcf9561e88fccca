"""Tables on their way to labels. Every step is kept in the database: nothing is queued until a person confirms."""

import io
from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import get_language

from printers.inserts import insert_many
from templates_app.cards import TemplateCard
from templates_app.data import Source
from templates_app.data.mapping import guess_mapping, names_columns, normal
from templates_app.data.values import Style, guess_style
from templates_app.definition import Definition
from templates_app.models import ColumnMemory, KeptWorkbook, TableRow, UploadedTable

LIFETIME = timedelta(days=2)
MOST_PER_PERSON = 10
CHUNK = 500
SAMPLES = 300
# The verdict of the row that only names the columns.
NAMES = "names"
MOST_REMEMBERED = 1000


def keep(
    source: Source, card: TemplateCard, owner_id: int, name: str, *, workbook: bytes | None = None
) -> UploadedTable:
    """All rows, as they were read, with a guess at the columns. Raises TableRefused, and then keeps nothing.

    `workbook` is kept as well, where another of its sheets may be wanted.
    """
    with transaction.atomic():
        table = UploadedTable.objects.create(
            owner_id=owner_id,
            template=card.template,
            name=name[:200],
            kind=source.kind,
            expires_at=timezone.now() + LIFETIME,
        )
        _fill(table, source, card.definition)
        if workbook is not None and len(source.sheets) > 1:
            KeptWorkbook.objects.create(table=table, sheets=source.sheets, sheet=source.sheet, data=workbook)
        _forget_older(owner_id)
    return table


def choose_sheet(table: UploadedTable, definition: Definition, name: str) -> None:
    """Reads another sheet of the same workbook. Raises TableRefused, and then the old rows stay."""
    kept = KeptWorkbook.objects.get(table=table)
    if name not in kept.sheets or name == kept.sheet:
        return
    # openpyxl takes memory for good; a hub that never sees a workbook is spared it.
    from templates_app.data.workbook import read_workbook

    source = read_workbook(io.BytesIO(kept.data), sheet=name)
    with transaction.atomic():
        table.rows.all().delete()
        table.mapping = None
        _fill(table, source, definition)
        kept.sheet = name
        kept.save(update_fields=["sheet"])


def _fill(table: UploadedTable, source: Source, definition: Definition) -> None:
    samples: list[list[str]] = []
    width, chunk = 0, []
    for line in source.lines:
        width = max(width, len(line.cells))
        if len(samples) < SAMPLES:
            samples.append(line.cells)
        problems = list(line.problems)
        chunk.append({"table_id": table.pk, "number": line.number, "cells": line.cells, "problems": problems})
        if len(chunk) >= CHUNK:
            insert_many(TableRow, chunk)
            chunk = []
    insert_many(TableRow, chunk)
    table.notes = source.notes
    _guess(table, definition, samples, source.names, width)
    table.save(update_fields=["notes", "has_names", "columns", "decimal", "order", "mapping"])


def _guess(
    table: UploadedTable, definition: Definition, samples: list[list[str]], names: list[str] | None, width: int
) -> None:
    table.has_names = names is None and names_columns(definition, samples[0])
    if table.has_names:
        table.rows.filter(number=table.rows.order_by("number").values_list("number", flat=True)[:1]).update(
            verdict=NAMES
        )
        names, samples = samples[0], samples[1:]
    names = names or []
    table.columns = [*names, *[""] * (width - len(names))]
    language = (get_language() or "en")[:2]
    # A workbook and JSON write numbers in one way only.
    style = Style() if table.kind != "csv" else _style(samples, language)
    table.decimal, table.order = style.decimal, style.order


def _style(samples: list[list[str]], language: str) -> Style:
    return guess_style((cell for row in samples for cell in row), Style("," if language == "de" else "."))


def guessed_mapping(table: UploadedTable, definition: Definition) -> dict[str, int]:
    """What a person chose before for columns of these names, else what looks alike."""
    memory = ColumnMemory.objects.filter(user=table.owner_id, template=table.template_id).first()
    samples = [row.cells for row in data_rows(table)[:SAMPLES]]
    return guess_mapping(definition, table.columns, samples, memory.columns if memory else None)


def name_columns(table: UploadedTable, *, by_first_row: bool) -> None:
    """Whether the first row holds names, where the format leaves it open."""
    if table.kind == "jsonl" or by_first_row == table.has_names:
        return
    first = table.rows.order_by("number").first()
    if first is None:
        return
    first.verdict = NAMES if by_first_row else ""
    first.save(update_fields=["verdict"])
    named = first.cells if by_first_row else []
    table.has_names, table.columns = by_first_row, [*named, *[""] * (len(table.columns) - len(named))]
    table.save(update_fields=["has_names", "columns"])


def map_columns(table: UploadedTable, mapping: dict[str, int], style: Style) -> None:
    """The person's choice: it is remembered, and every label is to be looked at anew."""
    with transaction.atomic():
        table.mapping, table.decimal, table.order = mapping, style.decimal, style.order
        table.save(update_fields=["mapping", "decimal", "order"])
        data_rows(table).update(verdict="", findings=[], twin=None)
        memory, _made = ColumnMemory.objects.get_or_create(user_id=table.owner_id, template_id=table.template_id)
        fields = {at: name for name, at in mapping.items()}
        named = {normal(name): fields.get(at, "") for at, name in enumerate(table.columns) if normal(name)}
        merged = {name: field for name, field in memory.columns.items() if name not in named} | named
        memory.columns = dict(list(merged.items())[-MOST_REMEMBERED:])
        memory.save(update_fields=["columns"])


def data_rows(table: UploadedTable) -> models.QuerySet[TableRow]:
    return table.rows.exclude(verdict=NAMES).order_by("number")


def forget_tables(most: int) -> int:
    """Tables whose time is over."""
    ids = list(UploadedTable.objects.filter(expires_at__lt=timezone.now()).values_list("pk", flat=True)[:most])
    UploadedTable.objects.filter(pk__in=ids).delete()
    return len(ids)


def _forget_older(owner_id: int) -> None:
    mine = UploadedTable.objects.filter(owner=owner_id).order_by("-created_at").values_list("pk", flat=True)
    UploadedTable.objects.filter(pk__in=list(mine[MOST_PER_PERSON : MOST_PER_PERSON + 100])).delete()
