"""A table as its pages show it: columns beside fields, rows beside their labels."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from jobs.print_form import FormField
from jobs.tables import data_rows
from jobs.tables.checking import Bench, twin_sentence, values_of
from printers.words import Words
from templates_app.data.lines import letters
from templates_app.data.values import Style
from templates_app.definition import Definition, Field, words
from templates_app.models import TableRow, UploadedTable

SHOWN_SAMPLES = 6
PER_PAGE = 50
UNUSED = ""
SHOW = {
    "": (gettext_lazy("All"), Q()),
    "error": (gettext_lazy("Errors"), Q(skipped=False) & (Q(verdict="error") | Q(twin__isnull=False))),
    "warning": (gettext_lazy("Warnings"), Q(skipped=False, verdict="warning", twin=None)),
    "ok": (gettext_lazy("Ready"), Q(skipped=False, verdict="ok", twin=None)),
    "skipped": (gettext_lazy("Skipped"), Q(skipped=True)),
}
# A cassette of TZe tape and a DK roll hold no more.
CASSETTE_M = {"tze": 8, "hse2": 1.5, "hse3": 1.5, "dk": 30.48}


@dataclass(slots=True)
class FieldChoice:
    """One field with the columns that could fill it."""

    field: Field
    label: str
    help: str
    chosen: str
    samples: list[str]

    @property
    def required(self) -> bool:
        return self.field.required and self.field.default is None

    @property
    def key(self) -> str:
        return f"column.{self.field.name}"


@dataclass(frozen=True, slots=True)
class SampleRow:
    """Its cells under all columns, each with what is wrong with it."""

    number: int
    cells: list[tuple[str, str]]


@dataclass(slots=True)
class Mapping:
    choices: list[FieldChoice]
    columns: list[tuple[str, str]]
    sample: list[SampleRow]
    leftover: list[str]
    error: str = ""

    @property
    def has_numbers(self) -> bool:
        return any(each.field.type in {"integer", "decimal"} for each in self.choices)

    @property
    def has_dates(self) -> bool:
        return any(each.field.type in {"date", "datetime"} for each in self.choices)


class RowField(FormField):
    """Several rows may stand open on one page."""

    row: int = 0

    @property
    def id(self) -> str:
        return f"row-{self.row}-{self.field.name}"


@dataclass(slots=True)
class ShownRow:
    row: TableRow
    values: list[tuple[str, str]]
    words: Words
    findings: list[dict[str, str]]
    picture: str
    inputs: list[RowField] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.row.number


@dataclass(slots=True)
class Summary:
    """Counts over the whole table."""

    total: int
    error: int
    warning: int
    ok: int
    skipped: int
    unchecked: int
    tape_m: float
    cassette_m: float

    @property
    def wanted(self) -> int:
        return self.total - self.skipped

    @property
    def checked(self) -> int:
        return self.wanted - self.unchecked

    @property
    def takes_more_than_one(self) -> bool:
        return self.tape_m > self.cassette_m

    def count(self, show: str) -> int:
        return self.total if not show else int(getattr(self, show))


def mapping_page(table: UploadedTable, definition: Definition, mapping: dict[str, int]) -> Mapping:
    language = get_language() or "en"
    columns = [(str(at), column_title(table, at)) for at in range(len(table.columns))]
    sample = list(data_rows(table)[:SHOWN_SAMPLES])
    choices = []
    for each in mappable(definition):
        at = mapping.get(each.name)
        values = [] if at is None else [row.cells[at] for row in sample if at < len(row.cells) and row.cells[at]]
        label = words(each.label, language) or each.name.replace("_", " ").capitalize()
        choices.append(
            FieldChoice(each, label, words(each.help, language), UNUSED if at is None else str(at), values[:3])
        )
    used = set(mapping.values())
    leftover = [title for at, title in columns if int(at) not in used]
    return Mapping(choices, columns, [_sample_row(row, len(columns)) for row in sample], leftover)


def _sample_row(row: TableRow, columns: int) -> SampleRow:
    wrong = dict(row.problems)
    cells = [row.cells[at] if at < len(row.cells) else "" for at in range(columns)]
    return SampleRow(row.number, [(cell, wrong.get(at, "")) for at, cell in enumerate(cells)])


def posted_mapping(definition: Definition, table: UploadedTable, post: QueryDict) -> tuple[dict[str, int], Style]:
    found = {}
    for each in mappable(definition):
        chosen = post.get(f"column.{each.name}", UNUSED)
        if chosen.isdecimal() and int(chosen) < len(table.columns):
            found[each.name] = int(chosen)
    decimal, order = post.get("decimal", table.decimal), post.get("order", table.order)
    style = Style("," if decimal == "," else ".", "mdy" if order == "mdy" else "dmy")
    return found, style


def mappable(definition: Definition) -> list[Field]:
    """A cell holds no picture."""
    return [each for each in definition.fields if each.type != "image"]


def column_title(table: UploadedTable, at: int) -> str:
    return table.columns[at] or _("Column %(letter)s") % {"letter": letters(at)}


def summary(table: UploadedTable, bench: Bench | None) -> Summary:
    live = Q(skipped=False)
    # Other names than the model's: an aggregate may hide a column from the next one.
    counted = data_rows(table).aggregate(
        n_total=Count("pk"),
        n_error=Count("pk", filter=SHOW["error"][1]),
        n_warning=Count("pk", filter=SHOW["warning"][1]),
        n_ok=Count("pk", filter=SHOW["ok"][1]),
        n_skipped=Count("pk", filter=Q(skipped=True)),
        n_unchecked=Count("pk", filter=live & Q(verdict="", twin=None)),
        n_tape_m=Sum(F("tape_mm") / 1000, filter=live),
    )
    found = {name.removeprefix("n_"): value for name, value in counted.items()}
    found["tape_m"] = round(found["tape_m"] or 0, 1)
    return Summary(**found, cassette_m=CASSETTE_M.get(bench.medium.kind, 30) if bench else 1000)


def shown_row(definition: Definition, table: UploadedTable, row: TableRow, *, edit: bool = False) -> ShownRow:
    language = get_language() or "en"
    values = values_of(definition, table, row)
    labels = {f.name: words(f.label, language) or f.name.replace("_", " ").capitalize() for f in definition.fields}
    findings = [each for each in row.findings if each["tone"] != "off"]
    if row.twin is not None:
        findings = [{"tone": "error", "text": twin_sentence(row), "field": ""}, *findings]
    shown = ShownRow(
        row,
        [(labels[name], text) for name, text in values.items()],
        verdict_words(row),
        [] if row.skipped else findings,
        picture_url(table, row, values),
    )
    if edit:
        shown.inputs = _inputs(definition, row, values, labels)
    return shown


def verdict_words(row: TableRow) -> Words:
    if row.skipped:
        return Words(_("Skipped"), "off", "off")
    if row.verdict == "error" or row.twin is not None:
        return Words(_("Error"), "error", "error")
    if row.verdict == "warning":
        return Words(_("Warning"), "warn", "warn")
    if row.verdict == "ok":
        return Words(_("Ready"), "ok", "ok")
    return Words(_("Not checked yet"), "off", "wait")


def picture_url(table: UploadedTable, row: TableRow, values: dict[str, str]) -> str:
    """Another address for other content, so that a browser keeps what it has."""
    mark = sha256(repr((sorted(values.items()), str(table.printer))).encode()).hexdigest()[:12]
    return f"{reverse('table-picture', args=[table.id, row.number])}?v={mark}"


def _inputs(definition: Definition, row: TableRow, values: dict[str, str], labels: dict[str, str]) -> list[RowField]:
    wrong = {each["field"]: each["text"] for each in reversed(row.findings) if each["field"]}
    inputs = []
    for each in mappable(definition):
        text = values.get(each.name, "")
        made = RowField(each, labels[each.name], "", "" if text == "false" and each.type == "boolean" else text)
        made.row, made.error = row.number, wrong.get(each.name, "")
        inputs.append(made)
    first = next((each for each in inputs if each.error), inputs[0] if inputs else None)
    if first is not None:
        first.autofocus = True
    return inputs


def posted_changes(definition: Definition, table: UploadedTable, row: TableRow, post: QueryDict) -> dict[str, Any]:
    """What differs from what the columns say; an emptied field is a change as well."""
    changes: dict[str, Any] = {}
    bare = TableRow(number=row.number, cells=row.cells)
    read = values_of(definition, table, bare)
    for each in mappable(definition):
        key = f"f.{each.name}"
        if each.type == "boolean" and not each.many:
            text = "true" if key in post else "false"
        else:
            text = post.get(key, "").replace("\r\n", "\n").strip()
        if text[:4000] != read.get(each.name, "false" if each.type == "boolean" else ""):
            changes[each.name] = text[:4000]
    return changes
