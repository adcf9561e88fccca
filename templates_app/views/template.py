"""The page of a template: what it looks like, its fields, versions, presets and counters."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from printers.callers import caller_of
from printers.errors import HubError
from printers.media import find_medium
from printers.words import medium_words
from templates_app.cards import TemplateCard, template_card, usual_canvas, usual_medium
from templates_app.catalog import definition_of
from templates_app.counters import following, reset_counter
from templates_app.definition import Definition, Field, words
from templates_app.definition.counters import format_serial
from templates_app.definition.toml_text import toml_text
from templates_app.editor.review import between, review
from templates_app.editor.words import choice
from templates_app.favourites import favourites_of, set_favourite
from templates_app.label_picture import Picture, lay_out_picture
from templates_app.models import Counter, Preset, Template, TemplateVersion
from templates_app.registration import RegistrationConflict, register
from templates_app.rendering import examples, resolve
from templates_app.rendering import render as draw
from templates_app.serials import upcoming

VERSIONS_SHOWN = 50
MOST_MEDIA = 24


@dataclass(frozen=True, slots=True)
class CounterRow:
    name: str
    following: str
    updated_at: Any
    resets: list[dict[str, Any]]


@require_safe
def template_page(request: HttpRequest, key: str) -> HttpResponse:
    card = card_of(key)
    language = get_language() or "en"
    fields = [
        {
            "field": each,
            "label": words(each.label, language, each.name),
            "help": words(each.help, language),
            "type": type_words(each),
        }
        for each in card.definition.fields
    ]
    medium, media = _media(card.definition, request.GET.get("media", ""))
    picture, problem = drawn(card.definition, medium)
    current = card.template.current
    context = {
        "card": card,
        "fields": fields,
        "versions": card.template.versions.defer("definition").order_by("-number")[:VERSIONS_SHOWN],
        "text": toml_text(current.definition) if current else "",
        "picture": picture,
        "problem": problem,
        "spoken": _("The template with example values"),
        "medium": medium,
        "media": media,
        "presets": Preset.objects.filter(template=card.template).select_related("owner").order_by("name"),
        "counters": _counters(card.definition),
        "favourite": card.template.pk in favourites_of(caller_of(request)),
    }
    return render(request, "templates_app/template.html", context)


def card_of(key: str) -> TemplateCard:
    template = Template.objects.usable().filter(key=key).first()
    if template is None:
        raise Http404
    return template_card(template)


def _media(definition: Definition, wanted: str) -> tuple[str, list[tuple[str, str]]]:
    keys = definition.media_keys
    chosen = wanted if wanted in keys else usual_medium(definition).key
    shown = keys[:MOST_MEDIA] if chosen in keys[:MOST_MEDIA] else [chosen, *keys[: MOST_MEDIA - 1]]
    return chosen, [(key, medium_words(find_medium(key))) for key in shown]


def drawn(definition: Definition, medium: str) -> tuple[Picture | None, str]:
    try:
        values = resolve(definition, {**examples(definition), **upcoming(definition)})
        now = timezone.localtime(timezone=timezone.get_default_timezone())
        return lay_out_picture(draw(definition, values, usual_canvas(medium), now=now), []), ""
    except HubError as error:
        return None, error.detail


def type_words(field: Field) -> str:
    kind = choice("type", field.type)
    return _("%(type)s, several") % {"type": kind} if field.many else kind


def _counters(definition: Definition) -> list[CounterRow]:
    if not definition.counters:
        return []
    known = {counter.name: counter for counter in Counter.objects.filter(name__in=list(definition.counters))}
    rows = []
    for name, form in definition.counters.items():
        last = known.get(name)
        shown = format_serial(form, following(form, last.value if last else None))
        resets = [{**each, "at": datetime.fromisoformat(each["at"])} for each in (last.resets if last else None) or []]
        rows.append(CounterRow(name, shown, last.updated_at if last else None, resets))
    return rows


@require_POST
def favourite(request: HttpRequest, key: str) -> HttpResponse:
    """POST `wanted=1` to find it first from now on, nothing to find it in its place."""
    set_favourite(card_of(key).template, caller_of(request), wanted="wanted" in request.POST)
    return redirect("template", key=key)


@require_POST
def reset(request: HttpRequest, key: str, name: str) -> HttpResponse:
    form = card_of(key).definition.counters.get(name)
    if form is None:
        raise Http404
    wanted = request.POST.get("next", "").strip()
    number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) <= 15 else -1
    actor = caller_of(request).label
    try:
        reset_counter(name, form, number, request.POST.get("reason", ""), actor=actor, template=key)
    except HubError as error:
        messages.error(request, _("Nothing was changed.") + " " + error.detail)
    else:
        told = {"name": name, "next": format_serial(form, number)}
        messages.success(request, _("The next number of “%(name)s” is %(next)s.") % told)
    return redirect("template", key=key)


@require_safe
def compare(request: HttpRequest, key: str) -> HttpResponse:
    """Two versions: what registering would have said of the change, their texts and their pictures."""
    card = card_of(key)
    current = card.template.current
    new = _version(card.template, request.GET.get("to", "")) or current
    if new is None:
        raise Http404
    old = _version(card.template, request.GET.get("from", ""))
    if old is None:
        old = card.template.versions.filter(number__lt=new.number).order_by("-number").first()
    numbers = list(card.template.versions.order_by("-number").values_list("number", flat=True)[:VERSIONS_SHOWN])
    found, problem = None, ""
    if old is not None:
        try:
            found = between(old, new)
        except HubError as error:
            problem = error.detail
    context = {"card": card, "old": old, "new": new, "numbers": numbers, "review": found, "problem": problem}
    return render(request, "templates_app/compare.html", context)


def _version(template: Template, number: str) -> TemplateVersion | None:
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return None
    return template.versions.filter(number=int(number)).first()


@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """An old version registered anew. First it is shown what that changes."""
    card = card_of(key)
    if "design" not in caller_of(request).scopes:
        raise PermissionDenied
    version = card.template.versions.filter(number=number).first()
    if version is None:
        raise Http404
    problem, status = "", 200
    if request.method == "POST":
        try:
            done = register(
                [version.definition],
                by=caller_of(request).label,
                origin=f"web, version {number} restored",
                force="force" in request.POST,
            )
        except RegistrationConflict:
            problem, status = _("Say that you have read what this changes, then restore it."), 409
        except HubError as error:
            problem, status = error.detail, 422
        else:
            say_registered(request, key, done.versions.get(key), done.dropped_presets)
            return redirect("template", key=key)
    found = None
    try:
        found = review(definition_of(version), card.template)
    except HubError as error:
        problem = error.detail
    context = {"card": card, "version": version, "review": found, "problem": problem}
    return render(request, "templates_app/restore.html", context, status=status)


def say_registered(request: HttpRequest, key: str, number: int | None, dropped: list[dict[str, str]]) -> None:
    if number is None:
        messages.info(request, _("Nothing changed: the template is like this already."))
        return
    messages.success(request, _("Version %(number)d of “%(key)s” is registered.") % {"number": number, "key": key})
    for each in dropped:
        sentence = _("The preset “%(preset)s” no longer fitted and was dropped: %(reason)s.")
        messages.warning(request, sentence % {"preset": each["preset"], "reason": each["reason"]})
