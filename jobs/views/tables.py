"""Many labels from one table: upload, columns, rows, print. Each step works without JavaScript."""

from typing import BinaryIO, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from jobs.table_page import mapping_page, posted_mapping
from jobs.tables import choose_sheet, guessed_mapping, keep, map_columns, name_columns
from jobs.tables.checking import mark_twins, style_of
from printers.callers import caller_of
from templates_app.cards import TemplateCard, template_card
from templates_app.data import MAX_BYTES, MAX_ROWS, TableRefused, read_paste, read_table
from templates_app.models import Template, UploadedTable

# The form around the file.
SLACK = 3_000_000


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, key: str) -> HttpResponse:
    """A file that is too large is refused before it is received, hence before a token in it could be looked at."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method == "POST" and length.isdecimal() and int(length) > MAX_BYTES + SLACK:
        return _upload_page(request, _card(key), _too_large(), status=413)
    answer: HttpResponse = _upload(request, key)
    return answer


@csrf_protect
def _upload(request: HttpRequest, key: str) -> HttpResponse:
    card = _card(key)
    if request.method != "POST":
        return _upload_page(request, card)
    try:
        file = request.FILES.get("file")
        if file is not None and file.size is not None:
            content = cast(BinaryIO, file.file)
            source, name = read_table(content, file.size), str(file.name or "")
        else:
            content, source, name = None, read_paste(request.POST.get("pasted", "")), _("Pasted table")
        workbook = None
        if content is not None and len(source.sheets) > 1:
            content.seek(0)
            workbook = content.read()
        table = keep(source, card, _user_id(request), name, workbook=workbook)
    except TableRefused as error:
        return _upload_page(request, card, error.detail, status=422)
    except RequestDataTooBig:
        return _upload_page(request, card, _("This is too much to paste. Upload it as a file."), status=413)
    return redirect("table-columns", table.id)


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, table_id: UUID) -> HttpResponse:
    table, card = table_of(request, table_id)
    definition = card.definition
    if request.method == "POST":
        if request.POST.get("action") == "names":
            name_columns(table, by_first_row="has_names" in request.POST)
            return redirect("table-columns", table.id)
        if request.POST.get("action") == "sheet" and hasattr(table, "workbook"):
            return _read_sheet(request, table, card)
        mapping, style = posted_mapping(definition, table, request.POST)
        page = mapping_page(table, definition, mapping)
        missing = [each.label for each in page.choices if each.required and each.field.name not in mapping]
        if missing:
            page.error = _("Choose a column for: %(names)s.") % {"names": ", ".join(missing)}
            context = {"table": table, "card": card, "page": page, "style": style}
            return render(request, "jobs/table_columns.html", context, status=422)
        map_columns(table, mapping, style)
        mark_twins(table, definition)
        return redirect("table", table.id)
    mapping = table.mapping if table.mapping is not None else guessed_mapping(table, definition)
    page = mapping_page(table, definition, mapping)
    context = {"table": table, "card": card, "page": page, "style": style_of(table)}
    return render(request, "jobs/table_columns.html", context)


def _read_sheet(request: HttpRequest, table: UploadedTable, card: TemplateCard) -> HttpResponse:
    name = request.POST.get("sheet", "")
    try:
        choose_sheet(table, card.definition, name)
    except TableRefused as error:
        messages.error(request, _("Sheet “%(name)s”") % {"name": name} + ": " + error.detail)
    return redirect("table-columns", table.id)


@require_POST
def forget(request: HttpRequest, table_id: UUID) -> HttpResponse:
    table, card = table_of(request, table_id)
    table.delete()
    messages.success(request, _("The table was thrown away. Nothing was printed."))
    return redirect("table-upload", card.template.key)


def table_of(request: HttpRequest, table_id: UUID) -> tuple[UploadedTable, TemplateCard]:
    """A table is its owner's alone."""
    tables = UploadedTable.objects.select_related("template__current", "workbook").defer("workbook__data")
    table = get_object_or_404(tables, pk=table_id, owner=_user_id(request))
    if table.template.removed_at is not None or table.template.current is None:
        raise Http404
    return table, template_card(table.template)


def _upload_page(request: HttpRequest, card: TemplateCard, error: str = "", *, status: int = 200) -> HttpResponse:
    context = {
        "card": card,
        "error": error,
        "most_rows": number_format(MAX_ROWS, force_grouping=True),
        "most_mb": MAX_BYTES // 1_000_000,
    }
    recent = UploadedTable.objects.filter(owner=_user_id(request), template=card.template, printed={})
    context["recent"] = recent.order_by("-created_at")[:5]
    return render(request, "jobs/table_upload.html", context, status=status)


def _too_large() -> str:
    return _("The file is larger than %(most)d MB. Leave out what the labels do not need.") % {
        "most": MAX_BYTES // 1_000_000
    }


def _card(key: str) -> TemplateCard:
    template = Template.objects.usable().filter(key=key).first()
    if template is None:
        raise Http404
    return template_card(template)


def _user_id(request: HttpRequest) -> int:
    user_id = caller_of(request).user_id
    if user_id is None:
        raise Http404
    return user_id
