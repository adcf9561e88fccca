"""Labels come into the queue here, and nowhere else: all of them or none, checked against template and printer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from pydantic_core import to_jsonable_python

from jobs.doorbell import ring_on_commit
from jobs.errors import DuplicateValue, PrinterNotUsable, TooMuchTape
from jobs.idempotency import fingerprint, once
from jobs.layout import check_options, medium_for, why_not_usable
from jobs.models import PRIORITY_NORMAL, Batch, Job, State
from jobs.proof import not_readable, of_many, prove, sentence
from printers.callers import Caller
from printers.errors import Forbidden, HubError, InvalidInput, Problem
from printers.lookup import find_printer
from printers.media import Medium, Model, canvas_for, find_medium, find_model
from printers.models import Event, Printer
from templates_app.cards import usual_canvas, usual_medium
from templates_app.catalog import current_version, definition_of, find_template
from templates_app.definition import Definition
from templates_app.duplicates import duplicates
from templates_app.lint import Finding
from templates_app.models import TemplateVersion
from templates_app.rendering import Rendering, render, resolve
from templates_app.rendering.values import SERIAL
from templates_app.serials import allocate, upcoming, used_counters

MAX_COPIES, MAX_ROWS = 500, 10_000
HIGHEST_PRIORITY, LOWEST_PRIORITY = 1, 100
MOST_PROBLEMS = 20
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Request:
    """`printer` is a UUID, `site/handle` or a handle; one of `rows` becomes one label, in `copies`."""

    printer: str
    template: str
    rows: list[dict[str, Any]]
    copies: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    priority: int = PRIORITY_NORMAL
    expires_at: datetime | None = None
    # Prints in spite of what lint calls an error; needs the scope “manage”, and stands in each such job's story.
    override_lint: bool = False
    # More than this for all labels together is an error, too.
    max_tape_mm: float | None = None


@dataclass(frozen=True, slots=True)
class AcceptedJob:
    id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """`jobs` in the order of the rows, as they were first answered; `replayed`: nothing new was queued."""

    jobs: list[AcceptedJob]
    batch: UUID | None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Order:
    """A request that was looked up and checked, up to its rows."""

    request: Request
    caller: Caller
    printer: Printer
    version: TemplateVersion
    definition: Definition
    model: Model
    medium: Medium
    options: dict[str, Any]
    now: datetime
    # By row: the sentences of errors that somebody answers for.
    overridden: dict[int, list[str]] = field(default_factory=dict)


def submit(request: Request, caller: Caller, *, idempotency_key: str | None = None) -> Accepted:
    """Queue the labels. Nothing is queued where anything is wrong with any of them.

    Raises UnknownPrinter, UnknownTemplate, InvalidFields, InvalidInput, DoesNotFit, MediumDoesNotFit,
    OptionNotSupported, LabelNotReadable, DuplicateValue, TooMuchTape, PrinterNotUsable, Forbidden for an override by
    somebody who may not; with a key also IdempotencyMismatch, IdempotencyInFlight.
    """
    if idempotency_key is None:
        return _queue(_checked(request, caller))
    return once(
        caller.key,
        idempotency_key,
        fingerprint(request),
        prepare=lambda: _checked(request, caller),
        do=_queue,
        remember=_as_answer,
        recall=_from_answer,
    )


def preview(
    template_key: str, fields: dict[str, Any], *, printer: str | None = None, media: str | None = None
) -> Rendering:
    """What would be printed, dot by dot; nothing is queued and no serial number is used up."""
    definition = definition_of(current_version(find_template(template_key)))
    values = resolve(definition, {**fields, **upcoming(definition)})
    device = find_printer(printer) if printer else None
    usual = medium_for(definition, device) if device else usual_medium(definition)
    medium = find_medium(media) if media else usual
    canvas = canvas_for(find_model(device.model), medium) if device else usual_canvas(medium.key)
    return render(definition, values, canvas, now=timezone.localtime(timezone=timezone.get_default_timezone()))


def _checked(request: Request, caller: Caller) -> tuple[_Order, list[dict[str, Any]]]:
    """The order and its rows as they will be kept: defaults filled in, every label drawn once and read back."""
    if request.override_lint and "manage" not in caller.scopes:
        raise Forbidden(
            "Printing in spite of errors needs the right to manage.", [Problem("/override", "Leave it out.")]
        )
    options = check_options(request.options)
    _check_numbers(request)
    printer = find_printer(request.printer, caller)
    if sentence := why_not_usable(printer):
        raise PrinterNotUsable(sentence)
    version = current_version(find_template(request.template))
    definition = definition_of(version)
    order = _Order(
        request=request,
        caller=caller,
        printer=printer,
        version=version,
        definition=definition,
        model=find_model(printer.model),
        medium=medium_for(definition, printer),
        options=options,
        now=timezone.now(),
    )
    serials = upcoming(definition)
    rows = [_with_defaults(definition, row) for row in request.rows]
    _check_duplicates(order, rows)
    _check_rows(order, ((number, {**row, **serials}) for number, row in enumerate(rows)))
    return order, rows


def _check_numbers(request: Request) -> None:
    problems = []
    if not 1 <= request.copies <= MAX_COPIES:
        problems.append(Problem("/copies", f"Copies are a number from 1 to {MAX_COPIES}, not {request.copies}."))
    if not 1 <= len(request.rows) <= MAX_ROWS:
        problems.append(Problem("/rows", f"There may be 1 to {MAX_ROWS} rows, here are {len(request.rows)}."))
    if not HIGHEST_PRIORITY <= request.priority <= LOWEST_PRIORITY:
        problems.append(Problem("/priority", f"A priority is a number from 1 (most urgent) to {LOWEST_PRIORITY}."))
    if request.expires_at is not None and request.expires_at <= timezone.now():
        problems.append(Problem("/expires_at", "This instant is over: the label could never be printed."))
    if problems:
        raise InvalidInput(problems[0].message, problems)


def _with_defaults(definition: Definition, row: dict[str, Any]) -> dict[str, Any]:
    """What the label shows, whatever becomes of the template: values as given, else the fields' defaults."""
    kept = {name: value for name, value in row.items() if value not in (None, "", [])}
    for wanted in definition.fields:
        if wanted.name not in kept and wanted.default is not None:
            kept[wanted.name] = to_jsonable_python(wanted.default)
    return kept


def _check_rows(order: _Order, rows: Iterable[tuple[int, dict[str, Any]]]) -> None:
    """Raises what is wrong with the rows: the error of the only bad one, or one that lists the first of many.

    With `override_lint` what a person may answer for is kept in the order instead.
    """
    request = order.request
    several = len(request.rows) > 1
    errors: list[tuple[int, HubError]] = []
    tape = 0.0
    for number, row in rows:
        try:
            found = prove(
                order.definition, row, order.model, order.medium, order.options, copies=request.copies, now=order.now
            )
        except HubError as error:
            errors.append((number, error))
        else:
            tape += found.tape_mm * request.copies
            if wrong := found.errors:
                _answer_for(order, number, wrong, errors)
        if len(errors) >= MOST_PROBLEMS:
            break
    if errors:
        raise of_many(errors, several=several)
    _check_tape(order, tape)


def _answer_for(order: _Order, number: int, wrong: list[Finding], errors: list[tuple[int, HubError]]) -> None:
    if order.request.override_lint:
        order.overridden.setdefault(number, []).extend(finding.message for finding in wrong)
    else:
        errors.append((number, not_readable(wrong)))


def _check_duplicates(order: _Order, rows: list[dict[str, Any]]) -> None:
    errors: list[tuple[int, HubError]] = []
    for found in duplicates(order.definition, enumerate(rows, 1)):
        if order.request.override_lint:
            order.overridden.setdefault(found.row - 1, []).append(found.finding.message)
        else:
            problem = Problem(f"/fields/{found.name}", found.finding.message)
            errors.append((found.row - 1, DuplicateValue(sentence(found.finding), [problem])))
    if errors:
        raise of_many(errors[:MOST_PROBLEMS], several=True)


def _check_tape(order: _Order, tape_mm: float) -> None:
    limits = (order.request.max_tape_mm, settings.TAPE_LIMIT_M * 1000)
    limit = min((each for each in limits if each), default=None)
    if limit is None or tape_mm <= limit:
        return
    told = f"These labels take {tape_mm / 1000:.1f} m of tape, the limit is {limit / 1000:g} m."
    if not order.request.override_lint:
        raise TooMuchTape(f"{told} Print fewer at a time.", [Problem("/rows", told)], {"tape_mm": round(tape_mm, 1)})
    order.overridden.setdefault(0, []).append(told)


def _queue(prepared: tuple[_Order, list[dict[str, Any]]]) -> Accepted:
    """One transaction: serial numbers, batch, jobs and their rows in the log. The wake-up comes after it."""
    order, rows = prepared
    request, caller = order.request, order.caller
    with transaction.atomic():
        rows = _with_serials(order, rows)
        batch = None
        if len(rows) > 1:
            batch = Batch.objects.create(
                printer=order.printer, total=len(rows), options=order.options, requested_by=caller.label
            )
        jobs = [
            Job(
                batch=batch,
                position=position,
                printer=order.printer,
                template_version=order.version,
                template_key=order.definition.key,
                fields=row,
                copies=request.copies,
                options=order.options,
                medium=order.medium.key,
                priority=request.priority,
                requested_by=caller.label,
                user_id=caller.user_id,
                api_token_id=caller.token_id,
                source_address=caller.address,
                created_at=order.now,
                render_time=order.now,
                expires_at=request.expires_at,
            )
            for position, row in enumerate(rows)
        ]
        Job.objects.bulk_create(jobs, batch_size=CHUNK)
        events = [_event(job, caller, order.overridden.get(at)) for at, job in enumerate(jobs)]
        Event.objects.bulk_create(events, batch_size=CHUNK)
        ring_on_commit(order.printer.pk)
    return Accepted([AcceptedJob(job.pk, State.PENDING) for job in jobs], batch.pk if batch else None)


def _with_serials(order: _Order, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The numbers are given out here; a label that grew since it was checked is checked again."""
    names = used_counters(order.definition)
    if not names:
        return rows
    expected = upcoming(order.definition)
    rows = allocate(order.definition, rows)
    grown = [
        (number, row)
        for number, row in enumerate(rows)
        if any(len(row[f"{SERIAL}{name}"]) != len(expected[f"{SERIAL}{name}"]) for name in names)
    ]
    _check_rows(order, grown)
    return rows


def _event(job: Job, caller: Caller, overridden: list[str] | None) -> Event:
    told = {"overridden": overridden[:MOST_PROBLEMS]} if overridden else {}
    return Event(
        at=job.created_at,
        kind="job.pending",
        printer_id=job.printer_id,
        job_id=job.pk,
        batch_id=job.batch_id,
        actor=caller.label,
        data={"from": None, "to": str(State.PENDING), "reasons": [], **told},
    )


def _as_answer(accepted: Accepted) -> dict[str, Any]:
    if accepted.batch is not None:
        # Its jobs are found again by their positions: ten thousand ids need not be kept twice.
        return {"batch": str(accepted.batch)}
    return {"jobs": [str(job.id) for job in accepted.jobs]}


def _from_answer(answer: dict[str, Any]) -> Accepted:
    if batch := answer.get("batch"):
        ids = list(Job.objects.filter(batch_id=batch).order_by("position", "id").values_list("pk", flat=True))
        return Accepted([AcceptedJob(pk, State.PENDING) for pk in ids], UUID(batch), replayed=True)
    return Accepted([AcceptedJob(UUID(pk), State.PENDING) for pk in answer["jobs"]], None, replayed=True)
