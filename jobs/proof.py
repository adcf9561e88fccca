"""Labels are drawn once and read back before any is queued: what is wrong with each, and how much tape it takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from operator import itemgetter
from typing import Any

from jobs.calibration import cut_by_calibration
from jobs.errors import LabelNotReadable
from jobs.layout import Layout
from printers.errors import HubError, Problem
from printers.media import Medium, Model
from printers.models import Printer
from printers.raster import Raster
from templates_app.definition import Definition
from templates_app.lint import Finding, lint
from templates_app.rendering import resolve

# Whoever has more wrong rows than that made one mistake in all of them.
MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Proof:
    """`findings` of every severity; `tape_mm` of one copy, with the blank that the printer feeds; its dots."""

    findings: list[Finding]
    tape_mm: float
    raster: Raster

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]


class Proofreader:
    """Proves the labels of a batch, which have all but their rows in common."""

    def __init__(
        self,
        definition: Definition,
        model: Model,
        medium: Medium,
        options: Mapping[str, Any],
        *,
        copies: int,
        now: datetime,
        printer: Printer | None = None,
    ) -> None:
        """With `printer` also what its calibration would cut off is found."""
        self._definition, self._medium, self._printer = definition, medium, printer
        self._layout_made = partial(Layout, definition, model, medium, options, copies=copies, now=now)

    def prove(self, row: Mapping[str, Any]) -> Proof:
        """Raises InvalidFields, DoesNotFit, MediumDoesNotFit or OptionNotSupported for what cannot be drawn."""
        values = resolve(self._definition, row)
        rendering, raster = self._layout.lay_out(values)
        found = lint(rendering, self._definition, values)
        if self._printer is not None:
            found += cut_by_calibration(self._printer, self._medium, raster)
        return Proof(found, rendering.tape_mm, raster)

    @cached_property
    def _layout(self) -> Layout:
        # What is wrong with the row comes first.
        return self._layout_made()


def not_readable(findings: list[Finding]) -> LabelNotReadable:
    pointers = [f"/elements/{finding.element}" if finding.element else "" for finding in findings]
    texts = [sentence(finding) for finding in findings]
    return LabelNotReadable(texts[0], [Problem(at, text) for at, text in zip(pointers, texts, strict=True)])


def sentence(finding: Finding) -> str:
    return f"{finding.message} {finding.suggestion}".strip()


def of_many(errors: list[tuple[int, HubError]], *, several: bool) -> HubError:
    """The error of the only bad row, or the first, which then counts the others and lists what is wrong with them."""
    errors = sorted(errors, key=itemgetter(0))
    rows = list(dict.fromkeys(number for number, _error in errors))
    listed = set(rows[:MOST_LISTED])
    problems = [
        problem
        for number, error in errors
        if number in listed
        for problem in _problems_of(error, number, several=several)
    ]
    number, first = errors[0]
    where = f"Row {number + 1}: " if several else ""
    more = f" ({len(rows) - 1} more rows are wrong, too.)" if len(rows) > 1 else ""
    first.detail = f"{where}{first.detail}{more}"
    first.problems = problems
    return first


def _problems_of(error: HubError, number: int, *, several: bool) -> Iterator[Problem]:
    for problem in error.problems or [Problem("", error.detail)]:
        pointer = problem.pointer
        if several:
            pointer = f"/rows/{number}{pointer.removeprefix('/fields')}"
        yield Problem(pointer, problem.message)
