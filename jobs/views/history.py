from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jobs.bulk import VERBS, act_on_many, in_words
from jobs.exports import csv_answer, job_lines
from jobs.history import SHOW, Filters, filters_of, page_of
from jobs.views.back import back_to
from printers.callers import caller_of
from printers.errors import HubError
from printers.lookup import visible_to
from templates_app.definition import words
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
        "printers": visible_to(caller_of(request)).only("handle", "model", "host"),
        "templates": _templates(),
        "query": urlencode({name: request.GET[name] for name in FILTERS if name in request.GET}),
    }
    return render(request, "jobs/list.html", context)


@require_safe
def jobs_live(request: HttpRequest) -> HttpResponse:
    return render(request, "jobs/list_live.html", _list(request, filters_of(request.GET)))


@require_safe
def jobs_csv(request: HttpRequest) -> HttpResponse:
    return csv_answer(job_lines(filters_of(request.GET), caller_of(request)), "jobs")


@require_POST
def act_on_chosen(request: HttpRequest) -> HttpResponse:
    """POST `do` (a verb of jobs/bulk.py), `job` once for each that is chosen, and `next`: the list to come back to."""
    verb = request.POST.get("do", "")
    if verb not in VERBS:
        raise Http404
    ids = [found for text in request.POST.getlist("job") if (found := _uuid(text))]
    back = back_to(request) or reverse("jobs")
    if not ids:
        messages.warning(request, _("Choose jobs first: nothing was done."))
        return redirect(back)
    submission = request.POST.get("submission", "")[:64] or str(uuid4())
    try:
        outcome = act_on_many(verb, ids, caller_of(request), submission=submission)
    except HubError as error:
        messages.error(request, error.detail)
        return redirect(back)
    say = messages.warning if outcome.not_done else messages.success
    say(request, in_words(outcome))
    return redirect(back)


def _templates() -> list[tuple[str, str]]:
    """Title in the reader's language, and key; those that are gone have jobs, too."""
    language = get_language() or "en"
    found = Template.objects.select_related("current")
    return sorted(
        (words(each.current.definition.get("title"), language, each.title) if each.current else each.title, each.key)
        for each in found
    )


def _list(request: HttpRequest, filters: Filters) -> dict[str, object]:
    page = page_of(filters, caller_of(request))
    return {
        "filters": filters,
        "page": page,
        "submission": uuid4(),
        "here": f"{reverse('jobs')}?{request.GET.urlencode()}" if request.GET else reverse("jobs"),
        "first_page": _url(request),
        "next_page": _url(request, before=page.next_cursor or ""),
    }


def _url(request: HttpRequest, **changes: str) -> str:
    """The list under the same filters, from the newest on, with changes."""
    query = {name: request.GET[name] for name in FILTERS if name in request.GET} | changes
    given = {name: value for name, value in query.items() if value}
    return f"{reverse('jobs')}?{urlencode(given)}" if given else reverse("jobs")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
