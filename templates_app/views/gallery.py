from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from printers.callers import caller_of
from printers.errors import HubError
from printers.lookup import visible_to
from printers.media import MEDIA, Medium, find_medium, find_model, media_for
from printers.models import Printer
from printers.pictures import margins_of, reading_png
from printers.words import medium_words
from templates_app.cards import TemplateCard, template_card, usual_canvas, usual_medium
from templates_app.catalog import definition_of
from templates_app.definition import Definition
from templates_app.favourites import favourites_of
from templates_app.models import Template, TemplateVersion
from templates_app.rendering import examples, resolve
from templates_app.rendering import render as draw

A_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    text: str


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    text, chosen = request.GET.get("q", "").strip(), request.GET.get("for", "")
    cards = [template_card(template) for template in Template.objects.usable()]
    printers = visible_to(caller_of(request)).filter(enabled=True).select_related("site", "status")
    loaded, able, media = _choices(cards, printers)
    fits = _filter(chosen, printers)
    found = [
        card
        for card in cards
        if fits(card.definition) and all(word in card.words.lower() for word in text.lower().split())
    ]
    favourites = favourites_of(caller_of(request))
    found.sort(key=lambda card: card.template.pk not in favourites)
    context = {
        "cards": found,
        "favourites": favourites,
        "any": bool(cards),
        "text": text,
        "chosen": chosen,
        "choices": [(_("Loaded now"), loaded), (_("Printers"), able), (_("Media"), media)],
    }
    return render(request, "templates_app/gallery.html", context)


def _choices(cards: list[TemplateCard], printers: QuerySet[Printer]) -> tuple[list[Choice], list[Choice], list[Choice]]:
    loaded, able = [], []
    for printer in printers:
        medium = _loaded(printer)
        if medium is not None:
            loaded.append(Choice(f"in:{printer.id}", f"{printer.title}: {medium_words(medium)}"))
        able.append(Choice(f"on:{printer.id}", printer.title))
    wanted = {key for card in cards for key in card.definition.media_keys}
    return loaded, able, [Choice(key, medium_words(MEDIA[key])) for key in MEDIA if key in wanted]


def _filter(chosen: str, printers: QuerySet[Printer]) -> Callable[[Definition], bool]:
    how, _colon, wanted = chosen.partition(":")
    if how in {"in", "on"}:
        printer = next((each for each in printers if str(each.id) == wanted), None)
        if printer is None:
            return lambda _definition: True
        if how == "in":
            medium = _loaded(printer)
            return lambda definition: medium is not None and definition.takes(medium)
        able = _able(printer)
        return lambda definition: any(definition.takes(each) for each in able)
    if chosen in MEDIA:
        return lambda definition: definition.takes(MEDIA[chosen])
    return lambda _definition: True


def _loaded(printer: Printer) -> Medium | None:
    """What its last answer said, else what a person says of it."""
    status = getattr(printer, "status", None)
    try:
        return find_medium((status.media_key if status is not None else "") or printer.media)
    except HubError:
        return None


def _able(printer: Printer) -> tuple[Medium, ...]:
    try:
        return media_for(find_model(printer.model))
    except HubError:
        return ()


@require_safe
def picture(request: HttpRequest, key: str) -> HttpResponse:
    """The template with its example values; the address carries the version, so a browser keeps it for good."""
    template = Template.objects.usable().filter(key=key).first()
    if template is None or template.current is None:
        raise Http404
    return _picture(request, template.current)


@require_safe
def version_picture(request: HttpRequest, key: str, number: int) -> HttpResponse:
    version = TemplateVersion.objects.filter(template__key=key, number=number).first()
    if version is None:
        raise Http404
    return _picture(request, version)


def _picture(request: HttpRequest, version: TemplateVersion) -> HttpResponse:
    try:
        definition = definition_of(version)
        medium = usual_medium(definition)
        values = resolve(definition, examples(definition))
        rendering = draw(definition, values, usual_canvas(medium.key), now=timezone.now())
    except (HubError, ValueError) as error:
        raise Http404 from error
    margins = margins_of(rendering.raster, rendering.canvas.medium, rendering.canvas.margin_mm)
    png = reading_png(rendering.raster, across=rendering.across, margins=margins)
    response = HttpResponse(png, content_type="image/png")
    response["Cache-Control"] = f"private, max-age={A_YEAR}, immutable" if "v" in request.GET else "private, no-cache"
    return response
