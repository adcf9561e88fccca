"""The editor: every button works by a plain POST; live preview and keys come on top."""

import json
from copy import deepcopy
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from printers.callers import caller_of
from printers.errors import HubError
from templates_app.cards import usual_medium
from templates_app.catalog import definition_of
from templates_app.definition import Definition, fingerprint
from templates_app.definition.toml_text import toml_text
from templates_app.editor import adding, drafts, places
from templates_app.editor.drafts import Work, open_work
from templates_app.editor.inputs import kind_at
from templates_app.editor.page import editor_context
from templates_app.editor.review import review
from templates_app.editor.sight import Sight, look_at
from templates_app.editor.typed import clean, take
from templates_app.errors import InvalidDefinition
from templates_app.label_picture import Picture
from templates_app.registration import RegistrationConflict, register
from templates_app.views.template import drawn, say_registered

LONGEST_EXAMPLE = 4000


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    work = _work(request, key)
    if request.method == "POST":
        return _act(request, work)
    at = request.GET.get("at", "")
    context = editor_context(
        work, at, text_mode=request.GET.get("mode") == "text", refused=request.GET.get("refused", ""),
        fresh="new" in request.GET,
    )  # fmt: skip
    return render(request, "templates_app/editor.html", context)


@require_POST
def edit_live(request: HttpRequest, key: str) -> HttpResponse:
    """What is typed is kept and shown; the answer is the preview, and whatever else changed with it."""
    work = _work(request, key)
    at, errors = _take(request, work, live=True)
    context = editor_context(work, at, text_mode=request.POST.get("mode") == "text", errors=errors)
    return render(request, "templates_app/editor_live.html", context)


def _work(request: HttpRequest, key: str) -> Work:
    work = open_work(_person(request), key)
    if work is None:
        raise Http404
    return work


def _person(request: HttpRequest) -> int:
    if request.user.pk is None:
        raise Http404
    return int(request.user.pk)


def _take(request: HttpRequest, work: Work, *, live: bool = False) -> tuple[str, dict[str, str]]:
    """Keeps what was posted; the place that was looked at, and what could not be taken."""
    post = request.POST
    at = post.get("at", "")
    at = at if places.is_place(at) else ""
    _take_view(request, work)
    if post.get("mode") == "text":
        text = clean(post.get("text", ""))
        if text.strip() == work.as_text.strip():
            return at, {}
        try:
            document = drafts.read_text(text)
        except InvalidDefinition:
            document = work.document
        drafts.keep(work, document, text="" if text == toml_text(document) else text, place="text")
        return at, {}
    document = deepcopy(work.document)
    at, errors = take(document, at, request, live=live)
    if document != work.document:
        drafts.keep(work, document, place=at)
    return at, errors


def _take_view(request: HttpRequest, work: Work) -> None:
    given = dict(work.draft.examples)
    for name, value in request.POST.items():
        if name.startswith("v:") and isinstance(value, str):
            given[name[2:66]] = clean(value)[:LONGEST_EXAMPLE]
    given = {name: value for name, value in given.items() if value.strip()}
    drafts.keep_view(work, given, request.POST.get("medium", work.draft.medium)[:40])


def _act(request: HttpRequest, work: Work) -> HttpResponse:
    at, errors = _take(request, work)
    what, _colon, which = request.POST.get("do", "keep").partition(":")
    mode = request.POST.get("mode", "form")
    if what == "discard":
        if work.draft.pk is not None:
            work.draft.delete()
        messages.success(request, _("Your changes are discarded."))
        return _leave(request, reverse("template", args=[work.draft.key]) if work.template else reverse("templates"))
    if what == "review":
        return _leave(request, reverse("template-review", args=[work.draft.key]))
    fresh = False
    if what in {"undo", "redo"}:
        drafts.go(work, -1 if what == "undo" else 1)
        work = _work(request, work.draft.key)
    elif what == "go":
        at, mode = which if places.is_place(which) else "", "form"
    elif what in {"text", "form"}:
        mode = what
    elif what in {"json", "toml"} and mode == "text":
        text = json.dumps(work.document, indent=2, ensure_ascii=False) + "\n" if what == "json" else ""
        drafts.keep(work, work.document, text=text, place="text")
    elif kind_at(work.document, at) or what == "add":
        at, fresh = _change(work, at, what, which)
    refused = next(iter(errors), "").rpartition("/")[2]
    return _show(work, at, mode, fresh=fresh, refused=refused)


def _change(work: Work, at: str, what: str, which: str) -> tuple[str, bool]:
    """Adds, moves or deletes a part; the place to look at then, and whether it is new."""
    document = deepcopy(work.document)
    try:
        if what == "add" and which == "field":
            at = adding.add_field(document)
        elif what == "add" and which == "counter":
            at = adding.add_counter(document)
        elif what == "add" and which in adding.ELEMENT_KINDS:
            at = adding.add_element(document, which, at)
        elif at and what == "delete":
            at = places.delete(document, at)
        elif at and what == "copy":
            at = places.copy(document, at)
        elif at and what in {"up", "down"}:
            at = places.move(document, at, -1 if what == "up" else 1)
        elif at and what == "in":
            at = places.move_in(document, at)
        elif at and what == "out":
            at = places.move_out(document, at)
    except LookupError:
        return at, False
    if document != work.document:
        drafts.keep(work, document, place=f"{what}:{at}")
    return at, what == "add"


def _show(work: Work, at: str, mode: str, *, fresh: bool, refused: str) -> HttpResponse:
    query = {"at": at} if at else {}
    query |= {"mode": "text"} if mode == "text" else {}
    query |= {"new": "1"} if fresh else {}
    query |= {"refused": refused} if refused else {}
    url = reverse("template-edit", args=[work.draft.key])
    return redirect(f"{url}?{urlencode(query, safe='/')}" if query else url)


def _leave(request: HttpRequest, url: str) -> HttpResponse:
    """To another page: htmx would put it into this one."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


@require_http_methods(["GET", "HEAD", "POST"])
def review_draft(request: HttpRequest, key: str) -> HttpResponse:
    """What registering would do, and the button that does it."""
    work = _work(request, key)
    sight = look_at(work)
    context: dict[str, Any] = {"work": work, "key": key, "sight": sight, "problem": ""}
    status = 200
    if sight.definition is None:
        return render(request, "templates_app/review.html", context, status=422 if request.method == "POST" else 200)
    context["review"] = review(sight.definition, work.template)
    context["before"] = _before(work, sight)
    # What was read must be what is registered: neither the draft nor the template may have moved on meanwhile.
    context["seen"] = _seen(work, sight.definition)
    if request.method == "POST":
        try:
            if request.POST.get("seen") != context["seen"]:
                context["problem"], status = _("Something changed meanwhile. This is how it is now."), 409
            else:
                force = "force" in request.POST
                done = register([work.document], by=caller_of(request).label, origin="web", force=force)
                if work.draft.pk is not None:
                    work.draft.delete()
                say_registered(request, key, done.versions.get(key), done.dropped_presets)
                return redirect("template", key=key)
        except RegistrationConflict:
            context["problem"], status = _("Say that you have read what this changes, then register it."), 409
        except HubError as error:
            context["problem"], status = error.detail, 422
    return render(request, "templates_app/review.html", context, status=status)


def _before(work: Work, sight: Sight) -> Picture | None:
    """What is registered, drawn on the same medium if it takes that."""
    current = work.template.current if work.template is not None else None
    if current is None:
        return None
    try:
        definition = definition_of(current)
    except HubError:
        return None
    medium = sight.medium if sight.medium in definition.media_keys else usual_medium(definition).key
    return drawn(definition, medium)[0]


def _seen(work: Work, definition: Definition) -> str:
    current = work.template.current if work.template is not None else None
    return f"{current.sha256[:16] if current else ''}:{fingerprint(definition)[:16]}"
