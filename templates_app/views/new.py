import re
from copy import deepcopy
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from printers.media import MEDIA
from printers.words import medium_words
from templates_app.editor.drafts import begin
from templates_app.editor.media import KINDS
from templates_app.editor.typed import clean
from templates_app.models import Template, TemplateDraft

KEY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
USUAL_MEDIUM = "tze:12"


@require_http_methods(["GET", "HEAD", "POST"])
def new_template(request: HttpRequest) -> HttpResponse:
    """A key, a title and a medium, or another template to begin with; the editor does the rest."""
    source = Template.objects.usable().filter(key=request.GET.get("from", "")[:120]).first()
    typed = {name: clean(request.POST.get(name, "")).strip() for name in ("key", "title", "medium")}
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _errors(typed, source)
        if not errors:
            begin(int(request.user.pk or 0), _document(typed, source))
            return redirect("template-edit", key=typed["key"])
    elif source is not None:
        typed |= {"key": _free_key(source.key), "title": _("%(title)s, copy") % {"title": source.title}}
    groups = [
        (title, [(key, medium_words(medium)) for key, medium in MEDIA.items() if medium.kind == kind])
        for kind, title in KINDS
    ]
    context = {
        "typed": typed | {"medium": typed["medium"] or USUAL_MEDIUM},
        "errors": errors,
        "source": source,
        "groups": groups,
        "drafts": TemplateDraft.objects.filter(owner_id=request.user.pk).order_by("-changed_at"),
    }
    return render(request, "templates_app/new.html", context, status=422 if errors else 200)


def _errors(typed: dict[str, str], source: Template | None) -> dict[str, str]:
    errors = {}
    if not KEY.fullmatch(typed["key"]) or len(typed["key"]) > 120:
        errors["key"] = _("A key has small letters, digits and hyphens.")
    elif Template.objects.usable().filter(key=typed["key"]).exists():
        errors["key"] = _("There is a template with this key already.")
    if not typed["title"] or len(typed["title"]) > 200:
        errors["title"] = _("Please fill this in.")
    if source is None and typed["medium"] not in MEDIA:
        errors["medium"] = _("Choose a medium.")
    return errors


def _document(typed: dict[str, str], source: Template | None) -> dict[str, Any]:
    named = {"key": typed["key"], "title": typed["title"]}
    if source is not None and source.current is not None:
        copied: dict[str, Any] = deepcopy(source.current.definition)
        return copied | named
    return {
        "kind": "template",
        **named,
        "media": typed["medium"],
        "fields": [{"name": "text", "required": True, "example": _("Example")}],
        "elements": [
            {"kind": "text", "name": "text", "text": "{text}", "size": "fit", "max_size": 5, "anchor": "left"}
        ],
    }


def _free_key(key: str) -> str:
    taken = set(Template.objects.filter(key__startswith=key).values_list("key", flat=True))
    return next(name for n in range(2, 10_000) if (name := f"{key[:110]}-{n}") not in taken)
