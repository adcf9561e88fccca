"""Jobs and rows of a table as CSV, for a spreadsheet."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse

from jobs.history import Filters, jobs_of
from jobs.models import Job
from jobs.table_page import column_title, verdict_words
from jobs.tables import data_rows
from jobs.tables.checking import twin_sentence
from printers.callers import Caller
from templates_app.data.export import csv_lines
from templates_app.models import UploadedTable

MOST_JOBS, MOST_FIELDS, LONGEST = 10_000, 100, 1000
CHUNK = 500
COLUMNS = (
    "id", "created_at", "finished_at", "printer", "template", "version", "state", "reasons", "outcome", "copies",
    "requested_by", "batch", "reprint_of",
)  # fmt: skip


def csv_answer(rows: Iterable[Iterable[object]], name: str) -> HttpResponse:
    # Without the mark, spreadsheets read UTF-8 as something else.
    answer = HttpResponse("\ufeff" + "".join(csv_lines(rows)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def job_lines(filters: Filters, caller: Caller) -> Iterator[list[object]]:
    """The newest under these filters, a column for each field that one of them has."""
    jobs = jobs_of(filters, caller).order_by("-created_at", "-id")[:MOST_JOBS]
    names: dict[str, None] = {}
    for fields in jobs.values_list("fields", flat=True).iterator(chunk_size=CHUNK):
        # PostgreSQL keeps no order in JSON.
        names |= dict.fromkeys(sorted(fields))
    shown = list(names)[:MOST_FIELDS]
    yield [*COLUMNS, *(f"field.{name}" for name in shown)]
    for job in jobs.select_related("printer__site", "template_version").iterator(chunk_size=CHUNK):
        yield [*_job(job), *(_text(job.fields.get(name)) for name in shown)]


def _job(job: Job) -> list[object]:
    version = job.template_version.number if job.template_version else ""
    return [
        job.pk, job.created_at.isoformat(), job.finished_at.isoformat() if job.finished_at else "", job.printer.path,
        job.template_key, version, job.state, " ".join(job.reasons), job.outcome, job.copies, job.requested_by,
        job.batch_id, job.reprint_of_id,
    ]  # fmt: skip


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "\n".join(map(str, value))
    text = "" if value is None else str(value)
    # A picture is no text for a cell.
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def row_lines(table: UploadedTable) -> Iterator[list[object]]:
    """Every row as it was read, with its verdict and what was found."""
    titles = [column_title(table, at) for at in range(len(table.columns))]
    yield ["row", "verdict", "findings", *titles]
    for row in data_rows(table).iterator(chunk_size=CHUNK):
        found = [each["text"] for each in row.findings if each["tone"] != "off"]
        if row.twin is not None:
            found.insert(0, twin_sentence(row))
        cells = [*row.cells, *[""] * (len(titles) - len(row.cells))]
        yield [row.number, verdict_words(row).text, "\n".join(found), *cells]
