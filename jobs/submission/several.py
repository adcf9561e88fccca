"""One batch of several templates: each label is checked by its own, and all of them or none are queued."""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from jobs.errors import TooMuchTape
from jobs.pools.choosing import choose, find_pool
from jobs.submission.checking import (
    Order,
    Wrong,
    check_tape,
    duplicate_values,
    look_up,
    prove_rows,
    refuse_if,
)
from jobs.submission.request import Request
from jobs.submission.telling import telling_all, with_defaults, wrong_as_such
from printers.callers import Caller
from printers.errors import HubError, InvalidInput, Problem
from templates_app.catalog import current_version, definition_of, find_template

ROW = re.compile(r"^/rows/(\d+)(.*)$", re.DOTALL)
Numbered = list[tuple[int, dict[str, Any]]]


def checked_several(request: Request, caller: Caller) -> list[tuple[Order, dict[str, Any]]]:
    """Each label with the order of its template and copies, in order. Problems point into `/labels`."""
    orders: dict[tuple[str, int], Order] = {}
    by_order: dict[tuple[str, int], Numbered] = defaultdict(list)
    by_template: dict[str, Numbered] = defaultdict(list)
    found = []
    with telling_all(request, caller):
        if problems := wrong_as_such(request, len(request.labels)):
            raise InvalidInput(problems[0].message, problems)
        request, pooled = _placed(request, caller)
        now = None
        for number, label in enumerate(request.labels):
            kind = (label.template, label.copies)
            if kind not in orders:
                one = replace(request, template=label.template, copies=label.copies, labels=[])
                with _pointing_at(number):
                    order = look_up(one, caller, len(request.labels), now=now)
                now = order.now
                orders[kind] = replace(order, several=len(request.labels) > 1, **pooled)
            row = with_defaults(orders[kind].definition, label.fields)
            by_order[kind].append((number, {**row, **orders[kind].serials}))
            by_template[label.template].append((number, row))
            found.append((orders[kind], row))
    with _pointing_at_labels():
        wrong: Wrong = []
        for (key, _copies), order in orders.items():
            wrong += duplicate_values(order, by_template.pop(key, []))
        tape = sum(prove_rows(order, by_order[kind], wrong) for kind, order in orders.items())
        refuse_if(wrong, several=len(request.labels) > 1)
        check_tape(found[0][0], tape)
    return found


def _placed(request: Request, caller: Caller) -> tuple[Request, dict[str, Any]]:
    """A pool's printer has to take all of the templates."""
    if not request.pool or request.printer:
        return request, {}
    pool = find_pool(request.pool, caller)
    keys = dict.fromkeys(label.template for label in request.labels)
    choice = choose(pool, [definition_of(current_version(find_template(key))) for key in keys], caller)
    there = replace(request, printer=str(choice.printer.pk), pool="")
    return there, {"pool": pool, "placement": choice.why, "medium": choice.medium}


@contextmanager
def _pointing_at(number: int) -> Iterator[None]:
    """What is wrong with a template is so with this label."""
    try:
        yield
    except HubError as error:
        error.problems = [
            replace(problem, pointer=f"/labels/{number}/template") if problem.pointer == "/template" else problem
            for problem in error.problems
        ]
        raise


@contextmanager
def _pointing_at_labels() -> Iterator[None]:
    try:
        yield
    except HubError as error:
        error.problems = [Problem(_at_label(problem.pointer, error), problem.message) for problem in error.problems]
        raise


def _at_label(pointer: str, error: HubError) -> str:
    if isinstance(error, TooMuchTape):
        return "/labels"
    if (match := ROW.match(pointer)) is None:
        return f"/labels/0{pointer}"
    inside = match[2] if not match[2] or match[2].startswith("/elements") else f"/fields{match[2]}"
    return f"/labels/{match[1]}{inside}"
