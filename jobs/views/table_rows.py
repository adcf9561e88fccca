from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from jobs.exports import csv_answer, row_lines
from jobs.places import Places, places_for
from jobs.submission import Accepted
from jobs.submission.request import MAX_COPIES
from jobs.table_page import PER_PAGE, SHOW, posted_changes, shown_row, summary
from jobs.tables import data_rows
from jobs.tables.checking import (
    Bench,
    bench_for,
    check,
    check_on,
    choose_place,
    mark_twins,
    renew,
    values_of,
)
from jobs.tables.printing import Wish, confirm_table, give_up, print_table
from jobs.views.tables import table_of
from printers.callers import caller_of
from printers.errors import HubError
from printers.media import canvas_for
from printers.pictures import margins_of, reading_png
from printers.words import medium_words
from templates_app.cards import TemplateCard
from templates_app.models import TableRow, UploadedTable
from templates_app.rendering import render as draw
from templates_app.rendering import resolve
from templates_app.serials import upcoming

A_DAY = 24 * 3600
# Seconds that one request looks at labels.
AT_ONCE, WITH_SCRIPT, WITHOUT = 2.0, 1.5, 8.0


@require_safe
def rows(request: HttpRequest, table_id: UUID) -> HttpResponse:
    table, card = table_of(request, table_id)
    if table.printed:
        return _where_it_went(table)
    if table.mapping is None:
        return redirect("table-columns", table.id)
    places = places_for(card.definition, caller_of(request), request.GET.get("printer") or str(table.printer or ""))
    choose_place(table, places.chosen)
    return _page(request, table, card, places)


@require_POST
def progress(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """Looks at more labels. Changes nothing but what is known of them."""
    table, card = table_of(request, table_id)
    if table.printed:
        return _go_on(request, _where_it_went(table))
    try:
        bench = bench_for(table, card.definition, caller_of(request))
    except HubError as error:
        # Of its pool all were switched off, say.
        give_up(table)
        return _go_on(request, _nothing_printed(request, table, error))
    renew(table, bench)
    scripted = bool(request.headers.get("HX-Request"))
    check_on(table, bench, budget_s=WITH_SCRIPT if scripted else WITHOUT)
    if table.wish and (done := _finish(request, table, card)) is not None:
        return _go_on(request, done)
    if not scripted:
        return redirect("table", table.id)
    return render(request, "jobs/table_summary.html", _summary(request, table, bench))


def _go_on(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """A script cannot follow a redirect to another page; it is told to go there."""
    if not request.headers.get("HX-Request"):
        return answer
    return HttpResponse(headers={"HX-Redirect": answer.headers["Location"]})


def _finish(request: HttpRequest, table: UploadedTable, card: TemplateCard) -> HttpResponse | None:
    """Prints what was confirmed; None while labels are still to be checked."""
    try:
        accepted = print_table(table, card.definition, caller_of(request))
    except HubError as error:
        return _nothing_printed(request, table, error)
    if not table.printed:
        return None
    _say_queued(request, accepted)
    return _where_it_went(table)


def _nothing_printed(request: HttpRequest, table: UploadedTable, error: HubError) -> HttpResponse:
    messages.error(request, _("Nothing was printed.") + " " + error.detail)
    return redirect("table", table.id)


def _say_queued(request: HttpRequest, accepted: Accepted | None) -> None:
    if accepted is None:
        # Another request was quicker, and has said so.
        return
    count = len(accepted.jobs)
    told = ngettext("%(n)d label is in the queue.", "%(n)d labels are in the queue.", count)
    messages.success(request, told % {"n": count})


def row(request: HttpRequest, table_id: UUID, number: int) -> HttpResponse:
    """One row: GET opens it for a change, POST keeps the change, skips it, or takes it back in."""
    table, card = table_of(request, table_id)
    found = get_object_or_404(data_rows(table), number=number)
    scripted = bool(request.headers.get("HX-Request"))
    if request.method in {"GET", "HEAD"}:
        if not scripted:
            return redirect(f"{reverse('table', args=[table.id])}?edit={number}#row-{number}")
        edit = "close" not in request.GET
        context = {"table": table, "card": card, "each": shown_row(card.definition, table, found, edit=edit)}
        return render(request, "jobs/table_row.html", context)
    if request.method != "POST" or table.printed:
        raise Http404
    action = request.POST.get("action")
    if action == "save":
        found.changes = posted_changes(card.definition, table, found, request.POST)
    elif action in {"skip", "take"}:
        found.skipped = action == "skip"
    else:
        raise Http404
    found.verdict, found.findings = "", []
    found.save(update_fields=["changes", "skipped", "verdict", "findings"])
    mark_twins(table, card.definition)
    found.refresh_from_db()
    bench = bench_for(table, card.definition, caller_of(request))
    check(table, bench, [found], budget_s=AT_ONCE)
    if not scripted:
        back = request.POST.get("back", "")
        query = back if back.startswith("?") else ""
        return redirect(f"{reverse('table', args=[table.id])}{query}#row-{number}")
    again = action == "save" and (found.verdict == "error" or found.twin is not None)
    context = {"table": table, "card": card, "each": shown_row(card.definition, table, found, edit=again)}
    context |= _summary(request, table, bench) | {"oob": True}
    return render(request, "jobs/table_row.html", context)


@require_safe
def picture(request: HttpRequest, table_id: UUID, number: int) -> HttpResponse:
    """The label of a row as it will be printed; 404 where it cannot be drawn."""
    table, card = table_of(request, table_id)
    found = get_object_or_404(data_rows(table), number=number)
    try:
        bench = bench_for(table, card.definition, caller_of(request))
        values = resolve(card.definition, {**values_of(card.definition, table, found), **upcoming(card.definition)})
        canvas = canvas_for(bench.model, bench.medium)
        now = timezone.localtime(timezone=timezone.get_default_timezone())
        rendering = draw(card.definition, values, canvas, now=now)
    except HubError as error:
        raise Http404(error.detail) from error
    margins = margins_of(rendering.raster, canvas.medium, canvas.margin_mm)
    png = reading_png(rendering.raster, across=rendering.across, margins=margins)
    response = HttpResponse(png, content_type="image/png")
    response["Cache-Control"] = f"private, max-age={A_DAY}" if "v" in request.GET else "private, no-cache"
    return response


@require_safe
def rows_csv(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """Every row with its verdict, to be mended where it came from."""
    table, _card = table_of(request, table_id)
    return csv_answer(row_lines(table), "rows")


@require_POST
def skip_errors(request: HttpRequest, table_id: UUID) -> HttpResponse:
    table, card = table_of(request, table_id)
    count = data_rows(table).filter(SHOW["error"][1]).update(skipped=True)
    mark_twins(table, card.definition)
    messages.success(request, ngettext("%(n)d row is skipped.", "%(n)d rows are skipped.", count) % {"n": count})
    return redirect("table", table.id)


@require_POST
def confirm(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """All rows that are not skipped, as one batch. Whatever is wrong with one of them, none is queued.

    What is not checked in a moment is kept: the page goes on with it and prints at its end.
    """
    table, card = table_of(request, table_id)
    if table.printed:
        return _where_it_went(table)
    wanted = request.POST.get("printer") or str(table.printer or "")
    places = places_for(card.definition, caller_of(request), wanted)
    if not places.gives(wanted):
        return _page(request, table, card, places, error=_("Choose a printer."), status=422)
    choose_place(table, places.chosen)
    copies = request.POST.get("copies", "1").strip()
    if not copies.isdecimal() or not 1 <= int(copies) <= MAX_COPIES:
        told = _("Give a number of copies from 1 to %(most)d.") % {"most": MAX_COPIES}
        return _page(request, table, card, places, error=told, status=422)
    options = {"cut": False} if request.POST.get("cut") == "none" else {}
    wish = Wish(int(copies), options, override="override" in request.POST)
    try:
        confirm_table(table, card.definition, caller_of(request), wish)
        bench = bench_for(table, card.definition, caller_of(request))
        renew(table, bench)
        check_on(table, bench, budget_s=AT_ONCE)
        accepted = print_table(table, card.definition, caller_of(request))
    except HubError as error:
        return _page(request, table, card, places, error=error.detail, status=422)
    if not table.printed:
        return redirect("table", table.id)
    _say_queued(request, accepted)
    return _where_it_went(table)


@require_POST
def withdraw(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """What was confirmed is not wanted any more; nothing of it is in the queue yet."""
    table, _card = table_of(request, table_id)
    if table.printed:
        return _where_it_went(table)
    give_up(table)
    return redirect("table", table.id)


def _page(
    request: HttpRequest, table: UploadedTable, card: TemplateCard, places: Places, *, error: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    show = request.GET.get("show", "")
    show = show if show in SHOW else ""
    try:
        bench = bench_for(table, card.definition, caller_of(request))
    except HubError as trouble:
        bench, error = None, error or trouble.detail
    if bench is not None:
        renew(table, bench)
        check_on(table, bench, budget_s=AT_ONCE)
    found = Paginator(data_rows(table).filter(SHOW[show][1]), PER_PAGE).get_page(request.GET.get("page"))
    shown: list[TableRow] = list(found.object_list)
    if bench is not None:
        # The rest is looked at bit by bit; what is on the page is known at once.
        check(table, bench, shown, budget_s=WITHOUT)
    edit = request.GET.get("edit", "")
    context = {
        "table": table,
        "card": card,
        "places": places,
        "found": found,
        "rows": [shown_row(card.definition, table, each, edit=edit == str(each.number)) for each in shown],
        "error": error,
        "max_copies": MAX_COPIES,
        "medium": medium_words(bench.medium) if bench else "",
        "placement": bench.placement if bench else "",
        "back": f"?{request.GET.urlencode()}" if request.method == "GET" and request.GET else "",
    }
    context |= _summary(request, table, bench, show)
    return render(request, "jobs/table_rows.html", context, status=status)


def _summary(request: HttpRequest, table: UploadedTable, bench: Bench | None, show: str = "") -> dict[str, object]:
    counted = summary(table, bench)
    show = show or request.GET.get("show", "")
    url = reverse("table", args=[table.id])
    tabs = [
        {
            "title": title,
            "url": f"{url}?show={name}" if name else url,
            "here": name == show,
            "count": counted.count(name),
        }
        for name, (title, _condition) in SHOW.items()
    ]
    return {"table": table, "summary": counted, "tabs": tabs, "show": show}


def _where_it_went(table: UploadedTable) -> HttpResponse:
    if job := table.printed.get("job"):
        return redirect("job", job)
    return redirect("batch", table.printed["batch"])
