"""Pools of printers: the list, and one form to add and to change."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.models import Pool
from jobs.pools.choosing import members_of, visible_pools
from jobs.pools.settings import EDITABLE, change_pool, create_pool, remove_pool
from printers.callers import Caller, caller_of
from printers.cards import medium_or_none
from printers.errors import HubError
from printers.lookup import visible_to
from printers.media import MEDIA, TAPE_COLOURS, TEXT_COLOURS
from printers.models import Site
from printers.words import tape_words


@require_safe
def pools(request: HttpRequest) -> HttpResponse:
    caller = caller_of(request)
    shown = []
    for pool in visible_pools(caller):
        medium = medium_or_none(pool.medium)
        tape = tape_words(medium, pool.tape_color, pool.text_color) if medium else ""
        shown.append({"pool": pool, "tape": tape, "members": list(members_of(pool, caller))})
    return render(request, "jobs/pools.html", {"pools": shown, "may_manage": caller.manages_everything})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pool_id: UUID) -> HttpResponse:
    return _form(request, get_object_or_404(Pool.objects.select_related("site"), id=pool_id))


@require_POST
def remove(request: HttpRequest, pool_id: UUID) -> HttpResponse:
    caller = _manager(request)
    pool = get_object_or_404(Pool.objects.select_related("site"), id=pool_id)
    remove_pool(pool, caller)
    messages.success(request, _("The pool %(pool)s is gone.") % {"pool": pool.path})
    return redirect("pools")


def _form(request: HttpRequest, pool: Pool | None) -> HttpResponse:
    caller = _manager(request)
    values, error, status = _values(pool), "", 200
    if request.method == "POST":
        values = _posted(request)
        try:
            made = create_pool(values, caller) if pool is None else change_pool(pool, values, caller)
        except HubError as refusal:
            error, status = refusal.detail, 422
        else:
            messages.success(request, _("The pool %(pool)s is saved.") % {"pool": made.path})
            return redirect("pools")
    context = {
        "pool": pool,
        "values": values,
        "error": error,
        "sites": Site.objects.all(),
        "media": MEDIA.values(),
        "tape_colours": sorted({colour.name for colour in TAPE_COLOURS.values()}),
        "text_colours": sorted({colour.name for colour in TEXT_COLOURS.values()}),
        "printers": [(printer, str(printer.id) in values["printers"]) for printer in visible_to(caller)],
    }
    return render(request, "jobs/pool_form.html", context, status=status)


def _values(pool: Pool | None) -> dict[str, Any]:
    if pool is None:
        return {"site": "main", "every_printer": True, "printers": []}
    members = [str(each) for each in pool.members.values_list("printer_id", flat=True)]
    return {name: getattr(pool, name) for name in EDITABLE} | {"site": pool.site.key, "printers": members}


def _posted(request: HttpRequest) -> dict[str, Any]:
    post = request.POST
    text = {name: post.get(name, "").strip()[:100] for name in (*EDITABLE, "site")}
    return text | {"every_printer": "every_printer" in post, "printers": post.getlist("printers")}


def _manager(request: HttpRequest) -> Caller:
    caller = caller_of(request)
    if not caller.manages_everything:
        raise PermissionDenied
    return caller
