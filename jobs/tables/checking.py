"""Row by row: the values of a label, and what would be wrong with it."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from jobs.layout import medium_for
from jobs.models import Pool
from jobs.pools.choosing import choose
from jobs.proof import Proofreader
from jobs.tables import data_rows
from printers.callers import Caller
from printers.errors import HubError
from printers.media import MODELS, Medium, Model, find_model, media_for
from printers.models import Printer
from templates_app.cards import usual_medium
from templates_app.data.values import Style, field_text
from templates_app.definition import Definition
from templates_app.duplicates import duplicates
from templates_app.expressions import MOMENTS, placeholders
from templates_app.models import TableRow, UploadedTable
from templates_app.serials import upcoming, used_counters

CHUNK = 100
TONES = {"error": "error", "warning": "warn", "info": "off"}


@dataclass(frozen=True, slots=True)
class Bench:
    """What the labels of a table are laid out for. `mark` is another where verdicts would be others."""

    definition: Definition
    model: Model
    medium: Medium
    serials: dict[str, str]
    now: datetime
    mark: str
    printer: Printer | None = None
    # Why this printer of a pool.
    placement: str = ""

    def proofreader(self) -> Proofreader:
        """Rows are checked without options: whether they can be had is the same for all."""
        return Proofreader(self.definition, self.model, self.medium, {}, copies=1, now=self.now, printer=self.printer)


def pool_of(table: UploadedTable) -> Pool | None:
    return Pool.objects.select_related("site").filter(pk=table.printer).first() if table.printer else None


def bench_for(table: UploadedTable, definition: Definition, caller: Caller) -> Bench:
    """The chosen printer with what is in it, or that of the chosen pool; without one, the template's usual medium.

    Raises MediumDoesNotFit where that printer cannot print the template, and what `choose` raises for a pool.
    """
    printer = Printer.objects.select_related("status").filter(pk=table.printer).first() if table.printer else None
    placement = ""
    if (pool := pool_of(table)) is not None:
        choice = choose(pool, [definition], caller)
        model, medium, placement = find_model(choice.printer.model), choice.medium, choice.why
    elif printer is not None:
        model, medium = find_model(printer.model), medium_for(definition, printer)
    else:
        medium = usual_medium(definition)
        model = next(model for model in MODELS.values() if medium in media_for(model))
    # The last number is the longest that will have to fit.
    count = data_rows(table).filter(skipped=False).count() if used_counters(definition) else 1
    serials = upcoming(definition, ahead=max(0, count - 1))
    now = table.moment or timezone.now()
    parts = [table.template.current_id, model.key, medium.key, *(len(text) for text in serials.values())]
    if printer is not None:
        parts.append(printer.calibration)
    if table.moment is not None and _shows_the_moment(definition):
        parts.append(table.moment.isoformat())
    return Bench(definition, model, medium, serials, now, _mark(parts), printer, placement)


def _mark(parts: list[Any]) -> str:
    return sha256(repr(parts).encode()).hexdigest()


def _shows_the_moment(definition: Definition) -> bool:
    return any(
        placeholder.name in MOMENTS
        for element in definition.all_elements()
        for attribute in element.VALUES
        for placeholder in placeholders(getattr(element, attribute))
    )


def renew(table: UploadedTable, bench: Bench) -> bool:
    """Forgets verdicts that were found on another tape, with another version or at another moment."""
    if table.proven_for == bench.mark:
        return False
    table.proven_for = bench.mark
    table.save(update_fields=["proven_for"])
    data_rows(table).update(verdict="", findings=[])
    return True


def style_of(table: UploadedTable) -> Style:
    return Style("," if table.decimal == "," else ".", "mdy" if table.order == "mdy" else "dmy")


def values_of(definition: Definition, table: UploadedTable, row: TableRow) -> dict[str, str]:
    """By field name, what was typed here, else what the column says, as the field's type writes it."""
    style, found = style_of(table), {}
    for field in definition.fields:
        text = row.changes.get(field.name)
        if text is None and (at := (table.mapping or {}).get(field.name)) is not None:
            text = field_text(field, row.cells[at] if at < len(row.cells) else "", style)
        if text:
            found[field.name] = text
    return found


def check(table: UploadedTable, bench: Bench, rows: Iterable[TableRow], *, budget_s: float) -> None:
    """Draws the label of each row that has no verdict yet, as far as the time goes."""
    end = time.monotonic() + budget_s
    done: list[TableRow] = []
    proofs = bench.proofreader()
    for row in rows:
        if row.verdict or row.skipped:
            continue
        _judge(table, bench, proofs, row)
        done.append(row)
        if len(done) >= CHUNK:
            _store(done)
            done = []
        if time.monotonic() > end:
            break
    _store(done)


def check_on(table: UploadedTable, bench: Bench, *, budget_s: float) -> None:
    waiting = data_rows(table).filter(verdict="", skipped=False)
    end = time.monotonic() + budget_s
    # SQLite lets nobody write who still reads what another process has changed since.
    while rows := list(waiting[:CHUNK]):
        left = end - time.monotonic()
        check(table, bench, rows, budget_s=left)
        if left <= 0 or time.monotonic() > end:
            return


def _store(rows: list[TableRow]) -> None:
    TableRow.objects.bulk_update(rows, ["verdict", "findings", "tape_mm"])


def _judge(table: UploadedTable, bench: Bench, proofs: Proofreader, row: TableRow) -> None:
    definition = bench.definition
    findings: list[dict[str, Any]] = [_told("error", text, "", firm=True) for text in _unread(table, row)]
    values: dict[str, Any] = values_of(definition, table, row)
    row.tape_mm = 0
    try:
        proof = proofs.prove({**values, **bench.serials})
    except HubError as error:
        findings += [_told("error", text, field, firm=True) for text, field in _sentences(error)]
    else:
        row.tape_mm = round(proof.tape_mm, 2)
        findings += [
            _told(TONES[each.severity], f"{each.message} {each.suggestion}".strip(), "") for each in proof.findings
        ]
    row.findings = findings
    tones = {each["tone"] for each in findings}
    row.verdict = "error" if "error" in tones else "warning" if "warn" in tones else "ok"


def _sentences(error: HubError) -> Iterator[tuple[str, str]]:
    """Each problem with the field that it is about."""
    if len(error.problems) < 2:
        parts = error.problems[0].pointer.split("/") if error.problems else []
        yield error.detail, parts[2] if parts[1:2] == ["fields"] and len(parts) > 2 else ""
        return
    for problem in error.problems:
        parts = problem.pointer.split("/")
        yield problem.message, parts[2] if parts[1:2] == ["fields"] and len(parts) > 2 else ""


def _unread(table: UploadedTable, row: TableRow) -> list[str]:
    """Cells without a value, where a field wants them and nobody typed something else."""
    used = {at for name, at in (table.mapping or {}).items() if name not in row.changes}
    return [sentence for at, sentence in row.problems if at in used]


def _told(tone: str, text: str, field: str, *, firm: bool = False) -> dict[str, Any]:
    """`firm`: nobody may print in spite of it."""
    return {"tone": tone, "text": text, "field": field} | ({"firm": True} if firm else {})


def twin_sentence(row: TableRow) -> str:
    return _("Row %(row)d has the same value, where each label needs its own.") % {"row": row.twin}


def mark_twins(table: UploadedTable, definition: Definition) -> None:
    """Finds the rows that repeat what only one label may have; for templates that have such fields."""
    if not any(field.unique for field in definition.fields):
        return
    rows = data_rows(table).filter(skipped=False).only("number", "cells", "changes").iterator(chunk_size=CHUNK)
    twins = {found.row: found.first for found in duplicates(definition, _numbered(definition, table, rows))}
    data_rows(table).exclude(twin=None).update(twin=None)
    changed = list(data_rows(table).filter(number__in=list(twins)).only("pk", "number"))[: len(twins)]
    for row in changed:
        row.twin = twins[row.number]
    TableRow.objects.bulk_update(changed, ["twin"], batch_size=CHUNK)


def _numbered(
    definition: Definition, table: UploadedTable, rows: Iterable[TableRow]
) -> Iterable[tuple[int, dict[str, str]]]:
    return ((row.number, values_of(definition, table, row)) for row in rows)


def choose_place(table: UploadedTable, place_id: UUID | None) -> None:
    if table.printer == place_id:
        return
    table.printer = place_id
    table.save(update_fields=["printer"])
