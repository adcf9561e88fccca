"""The list of jobs with its filters: what the address asks for, and one page of it."""

import json
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from jobs.models import Job, JobQuerySet, State
from printers.callers import Caller
from printers.paging import InvalidCursor, Page, page

PAGE = 30
NEWEST_FIRST = ("-created_at", "-id")
SHOW = {
    "": (_("All"), Q()),
    "open": (_("Open"), Q(state__in=[State.PENDING, State.HELD, State.PROCESSING, State.STOPPED])),
    "printed": (_("Printed"), Q(state=State.COMPLETED)),
    "unknown": (_("Did it come out?"), Q(state=State.STOPPED)),
    "failed": (_("Not printed"), Q(state__in=[State.ABORTED, State.CANCELED])),
}


@dataclass(frozen=True, slots=True)
class Filters:
    show: str = ""
    printer: UUID | None = None
    batch: UUID | None = None
    template: str = ""
    text: str = ""
    before: str = ""

    @property
    def any(self) -> bool:
        return bool(self.show or self.printer or self.batch or self.template or self.text)


def filters_of(query: QueryDict) -> Filters:
    """What is not understood is left out: an address typed by hand never fails."""
    show = query.get("show", "")
    return Filters(
        show=show if show in SHOW else "",
        printer=_uuid(query.get("printer", "")),
        batch=_uuid(query.get("batch", "")),
        template=query.get("template", "")[:120],
        text=query.get("q", "").strip()[:200],
        before=query.get("before", ""),
    )


def jobs_of(filters: Filters, caller: Caller) -> JobQuerySet:
    jobs: JobQuerySet = Job.objects.visible_to(caller).filter(SHOW[filters.show][1])
    if filters.printer:
        jobs = jobs.filter(printer_id=filters.printer)
    if filters.batch:
        jobs = jobs.filter(batch_id=filters.batch)
    if filters.template:
        jobs = jobs.filter(template_key=filters.template)
    if filters.text:
        jobs = jobs.alias(values_text=Cast("fields", TextField())).filter(_matching(filters.text))
    return jobs


def page_of(filters: Filters, caller: Caller) -> Page[Job]:
    """A text is looked for in a limited number of jobs: a page may be empty and still have a next one."""
    only = None
    if filters.text and not _uuid(filters.text):
        only = _matching(filters.text)
        jobs = jobs_of(replace(filters, text=""), caller).alias(values_text=Cast("fields", TextField()))
    else:
        jobs = jobs_of(filters, caller)
    jobs = jobs.select_related("printer", "template_version__template")
    try:
        return page(jobs, NEWEST_FIRST, cursor=filters.before, limit=PAGE, only=only)
    except InvalidCursor:
        return page(jobs, NEWEST_FIRST, cursor=None, limit=PAGE, only=only)


def _matching(text: str) -> Q:
    if whole := _uuid(text):
        return Q(id=whole) | Q(batch_id=whole)
    return containing(text)


def containing(text: str) -> Q:
    """For jobs with `values_text`, their values as text: where they, the template's key or who asked contain it."""
    # As JSON writes it; SQLite keeps letters beyond ASCII escaped.
    written = json.dumps(text, ensure_ascii=connection.vendor == "sqlite")[1:-1]
    return Q(values_text__icontains=written) | Q(requested_by__icontains=text) | Q(template_key__icontains=text)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
