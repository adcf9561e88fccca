from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.history import SHOW, Filters, filters_of, page_of
from printers.callers import caller_of
from printers.lookup import visible_to
from templates_app.models import Template

FILTERS = ("show", "q", "printer", "template", "batch")


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    filters = filters_of(request.GET)
    context = _list(request, filters) | {
        "tabs": [
            {"title": title, "url": _url(request, show=show), "here": show == filters.show}
            for show, (title, _condition) in SHOW.items()
        ],
        "printers": visible_to(caller_of(request)),
        "templates": Template.objects.order_by("title"),
    }
    return render(request, "jobs/list.html", context)


@require_safe
def jobs_live(request: HttpRequest) -> HttpResponse:
    return render(request, "jobs/list_live.html", _list(request, filters_of(request.GET)))


def _list(request: HttpRequest, filters: Filters) -> dict[str, object]:
    page = page_of(filters, caller_of(request))
    return {
        "filters": filters,
        "page": page,
        "first_page": _url(request),
        "next_page": _url(request, before=page.next_cursor or ""),
    }


def _url(request: HttpRequest, **changes: str) -> str:
    """The list under the same filters, from the newest on, with changes."""
    query = {name: request.GET[name] for name in FILTERS if name in request.GET} | changes
    given = {name: value for name, value in query.items() if value}
    return f"{reverse('jobs')}?{urlencode(given)}" if given else reverse("jobs")
