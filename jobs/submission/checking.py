"""A request against its template and printer: every row is drawn and read back, and nothing is written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from jobs.errors import DuplicateValue, TooMuchTape
from jobs.layout import check_options, medium_for
from jobs.models import Pool
from jobs.pools.choosing import choose, find_pool
from jobs.proof import Proofreader, not_readable, of_many, sentence
from jobs.submission.one_at_a_time import BATCHES, SINGLES, OneAtATime
from jobs.submission.request import Request
from jobs.submission.telling import named_printer, telling_all, with_defaults, wrong_as_such
from printers.callers import Caller
from printers.errors import Forbidden, HubError, InvalidInput, Problem
from printers.media import Medium, Model, find_model
from printers.models import Printer
from templates_app.catalog import current_version, definition_of, find_template
from templates_app.definition import Definition
from templates_app.duplicates import duplicates
from templates_app.lint import Finding
from templates_app.models import TemplateVersion
from templates_app.serials import upcoming

# Errors by row.
Wrong = list[tuple[int, HubError]]


@dataclass(frozen=True, slots=True)
class Order:
    """A request that was looked up and checked, up to its rows."""

    request: Request
    caller: Caller
    printer: Printer
    version: TemplateVersion
    definition: Definition
    model: Model
    medium: Medium
    options: dict[str, Any]
    # The instant that the labels show, and the numbers with which they were drawn to be checked.
    now: datetime
    serials: dict[str, str]
    # By row: the dots that it was checked with, as a picture, where a serial number cannot change them any more.
    drawn: dict[int, bytes] = field(default_factory=dict)
    # By row: the sentences of errors that somebody answers for.
    overridden: dict[int, list[str]] = field(default_factory=dict)
    pool: Pool | None = None
    # Why this printer of the pool.
    placement: str = ""
    # Of a batch of several templates, whose requests have no rows.
    several: bool = False

    def proofreader(self) -> Proofreader:
        copies = self.request.copies
        return Proofreader(self.definition, self.model, self.medium, self.options, copies=copies, now=self.now)

    @property
    def turns(self) -> OneAtATime:
        return BATCHES if self.names_rows else SINGLES

    @property
    def names_rows(self) -> bool:
        """Whether problems say which row they are of."""
        return self.several or len(self.request.rows) > 1


def checked(request: Request, caller: Caller) -> tuple[Order, list[dict[str, Any]]]:
    """The order and its rows as they will be kept: defaults filled in, every label drawn once and read back."""
    with telling_all(request, caller):
        order = look_up(request, caller, len(request.rows))
    rows = [with_defaults(order.definition, row) for row in request.rows]
    wrong = duplicate_values(order, enumerate(rows))
    tape = prove_rows(order, ((number, {**row, **order.serials}) for number, row in enumerate(rows)), wrong)
    refuse_if(wrong, several=order.names_rows)
    check_tape(order, tape)
    return order, rows


def look_up(request: Request, caller: Caller, count: int, *, now: datetime | None = None) -> Order:
    """The order for `count` rows, checked but for them."""
    if request.override_lint and "manage" not in caller.scopes:
        raise Forbidden(
            "Printing in spite of errors needs the right to manage.", [Problem("/override", "Leave it out.")]
        )
    if problems := wrong_as_such(request, count):
        raise InvalidInput(problems[0].message, problems)
    printer = named_printer(request, caller)
    version = current_version(find_template(request.template))
    definition = definition_of(version)
    pool, placement = None, ""
    if printer is None:
        pool = find_pool(request.pool, caller)
        choice = choose(pool, [definition], caller)
        printer, medium, placement = choice.printer, choice.medium, choice.why
    else:
        medium = medium_for(definition, printer)
    return Order(
        request=request,
        caller=caller,
        printer=printer,
        version=version,
        definition=definition,
        model=find_model(printer.model),
        medium=medium,
        options=check_options(request.options),
        now=now or timezone.now(),
        serials=upcoming(definition, ahead=count - 1),
        pool=pool,
        placement=placement,
    )


def prove_rows(order: Order, rows: Iterable[tuple[int, dict[str, Any]]], wrong: Wrong) -> float:
    """How much tape they take, in mm; what is wrong with them is added to `wrong`.

    With `override_lint` what a person may answer for is kept in the order instead.
    """
    tape = 0.0
    proofs = order.proofreader()
    with order.turns as turns:
        for number, row in rows:
            turns.give_way()
            try:
                found = proofs.prove(row)
            except HubError as error:
                wrong.append((number, error))
            else:
                tape += found.tape_mm * order.request.copies
                if not order.serials:
                    order.drawn[number] = found.raster.png
                if found.errors:
                    _answer_for(order, number, found.errors, wrong)
    return tape


def refuse_if(wrong: Wrong, *, several: bool) -> None:
    """Raises the error of the only bad row, or one that lists many."""
    if wrong:
        raise of_many(wrong, several=several)


def _answer_for(order: Order, number: int, findings: list[Finding], wrong: Wrong) -> None:
    if order.request.override_lint:
        order.overridden.setdefault(number, []).extend(finding.message for finding in findings)
    else:
        wrong.append((number, not_readable(findings)))


def duplicate_values(order: Order, rows: Iterable[tuple[int, dict[str, Any]]]) -> Wrong:
    wrong: Wrong = []
    for found in duplicates(order.definition, ((number + 1, row) for number, row in rows)):
        if order.request.override_lint:
            order.overridden.setdefault(found.row - 1, []).append(found.finding.message)
        else:
            problem = Problem(f"/fields/{found.name}", found.finding.message)
            wrong.append((found.row - 1, DuplicateValue(sentence(found.finding), [problem])))
    return wrong


def check_tape(order: Order, tape_mm: float) -> None:
    limits = (order.request.max_tape_mm, settings.TAPE_LIMIT_M * 1000, (order.definition.tape_limit or 0) * 1000)
    limit = min((each for each in limits if each), default=None)
    if limit is None or tape_mm <= limit:
        return
    told = f"These labels take {tape_mm / 1000:.1f} m of tape, the limit is {limit / 1000:g} m."
    if not order.request.override_lint:
        raise TooMuchTape(f"{told} Print fewer at a time.", [Problem("/rows", told)], {"tape_mm": round(tape_mm, 1)})
    order.overridden.setdefault(0, []).append(told)
