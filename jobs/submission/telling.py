"""What is wrong with a request before any of its labels is drawn: all of it, whichever of it was met first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone
from pydantic_core import to_jsonable_python

from jobs.errors import PrinterNotUsable
from jobs.layout import check_options, why_not_usable
from jobs.pools.choosing import find_pool
from jobs.proof import MOST_LISTED
from jobs.submission.request import HIGHEST_PRIORITY, LOWEST_PRIORITY, MAX_COPIES, MAX_ROWS, Request
from printers.callers import Caller
from printers.errors import HubError, InvalidInput, Problem
from printers.lookup import find_printer
from printers.models import Printer
from printers.told_together import tell_too
from templates_app.catalog import current_version, definition_of, find_template
from templates_app.definition import Definition
from templates_app.rendering import resolve


@contextmanager
def telling_all(request: Request, caller: Caller) -> Iterator[None]:
    """An error that is raised inside lists what else is wrong, too."""
    try:
        yield
    except HubError as error:
        tell_too(error, _all(request, caller))
        raise


def _all(request: Request, caller: Caller) -> Iterator[Problem]:
    yield from wrong_as_such(request, len(request.labels or request.rows))
    if bool(request.printer) is not bool(request.pool):
        yield from _wrong_place(request, caller)
    yield from wrong_values(request)


def wrong_as_such(request: Request, count: int) -> list[Problem]:
    """Of `count` labels: what needs neither a printer nor a template to be seen."""
    problems: list[Problem] = []
    try:
        check_options(request.options)
    except InvalidInput as error:
        problems += error.problems
    if bool(request.printer) is bool(request.pool):
        pointer = "/pool" if request.pool else "/printer"
        problems.append(Problem(pointer, "Name a printer or a pool, and not both."))
    for pointer, template, copies in _templates(request):
        if not template:
            problems.append(Problem(f"{pointer}/template", "Name the template."))
        if not 1 <= copies <= MAX_COPIES:
            problems.append(Problem(f"{pointer}/copies", f"Copies are a number from 1 to {MAX_COPIES}, not {copies}."))
    if not 1 <= count <= MAX_ROWS:
        problems.append(Problem("/rows", f"There may be 1 to {MAX_ROWS} rows, here are {count}."))
    if not HIGHEST_PRIORITY <= request.priority <= LOWEST_PRIORITY:
        problems.append(Problem("/priority", f"A priority is a number from 1 (most urgent) to {LOWEST_PRIORITY}."))
    if request.expires_at is not None and request.expires_at <= timezone.now():
        problems.append(Problem("/expires_at", "This instant is over: the label could never be printed."))
    return problems


def _templates(request: Request) -> Iterator[tuple[str, str, int]]:
    if not request.labels:
        yield "", request.template, request.copies
    for number, label in enumerate(request.labels):
        yield f"/labels/{number}", label.template, label.copies


def _wrong_place(request: Request, caller: Caller) -> Iterator[Problem]:
    try:
        if named_printer(request, caller) is None:
            find_pool(request.pool, caller)
    except HubError as error:
        yield Problem("/pool" if request.pool else "/printer", error.detail)


def named_printer(request: Request, caller: Caller) -> Printer | None:
    """None where a pool is asked instead. Raises UnknownPrinter, AmbiguousPrinter, PrinterNotUsable."""
    if request.pool:
        return None
    printer = find_printer(request.printer, caller)
    if sentence := why_not_usable(printer):
        raise PrinterNotUsable(sentence)
    return printer


def wrong_values(request: Request) -> Iterator[Problem]:
    """Of the labels as far as their templates can tell."""
    definitions: dict[str, Definition | HubError] = {}
    wrong = set[str]()
    for at_template, pointer, template, values in _values(request):
        if template and template not in definitions:
            definitions[template] = _definition(template)
        definition = definitions.get(template)
        if isinstance(definition, HubError):
            pointer, found = at_template, [Problem(at_template, definition.detail)]
        else:
            found = _wrong_with(definition, values, pointer) if definition is not None else []
        if found and pointer not in wrong:
            yield from found
            wrong.add(pointer)
        if len(wrong) == MOST_LISTED:
            return


def _values(request: Request) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """By label: the pointer to its template, to its values; and both."""
    for number, values in enumerate(request.rows):
        pointer = f"/rows/{number}" if len(request.rows) > 1 else "/fields"
        yield "/template", pointer, request.template, values
    for number, label in enumerate(request.labels):
        yield f"/labels/{number}/template", f"/labels/{number}/fields", label.template, label.fields


def _definition(key: str) -> Definition | HubError:
    try:
        return definition_of(current_version(find_template(key)))
    except HubError as error:
        return error


def _wrong_with(definition: Definition, values: dict[str, Any], pointer: str) -> list[Problem]:
    try:
        resolve(definition, with_defaults(definition, values))
    except HubError as error:
        return [Problem(f"{pointer}{each.pointer.removeprefix('/fields')}", each.message) for each in error.problems]
    return []


def with_defaults(definition: Definition, row: dict[str, Any]) -> dict[str, Any]:
    """What the label shows, whatever becomes of the template: values as given, else the fields' defaults."""
    kept = {name: value for name, value in row.items() if value not in (None, "", [])}
    for wanted in definition.fields:
        if wanted.name not in kept and wanted.default is not None:
            kept[wanted.name] = to_jsonable_python(wanted.default)
    return kept
