import json
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.errors import IdempotencyMismatch
from jobs.models import Job
from jobs.preview_picture import show
from jobs.print_form import PrintForm, new_form, posted_form
from jobs.submission import Request, submit
from jobs.submission.telling import wrong_values
from printers.callers import caller_of
from printers.cards import PrinterCard, printer_cards
from printers.errors import HubError, InvalidInput
from printers.lookup import visible_to
from templates_app.cards import TemplateCard, template_card
from templates_app.definition import words
from templates_app.favourites import favourites_of
from templates_app.models import Preset, Template
from templates_app.presets import LONGEST_NAME, fitting, keep_preset, last_values, remember


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The templates as cards: this person's favourites first, then those that fit a loaded tape."""
    printers = printer_cards(visible_to(caller_of(request)).select_related("site", "status").filter(enabled=True))
    wanted = _uuid(request.GET.get("printer", ""))
    chosen = next((card for card in printers if card.printer.id == wanted), None)
    text = request.GET.get("q", "").strip().lower()
    cards = [template_card(template) for template in Template.objects.usable()]
    favourites = favourites_of(caller_of(request))
    entries = [
        _entry(card, [chosen] if chosen else printers) | {"favourite": card.template.pk in favourites} for card in cards
    ]
    found = [entry for entry in entries if all(word in str(entry["words"]).lower() for word in text.split())]
    found.sort(key=lambda entry: (not entry["favourite"], not entry["loaded"]))
    context = {"cards": found, "text": text, "printer": chosen.printer if chosen else None}
    return render(request, "jobs/choose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def print_form(request: HttpRequest, key: str) -> HttpResponse:
    card = _card(key)
    if request.method != "POST":
        values = _begun_with(request, card)
        return _answer(
            request, card, new_form(card, request.GET, caller_of(request), job=_source(request), values=values)
        )
    form = posted_form(card, request)
    if request.POST.get("action") == "preview":
        return _answer(request, card, form)
    if request.POST.get("action") == "preset":
        return _name_preset(request, card, fitting(card.definition, form.values))
    if form.printer is None:
        form.printer_error = form.printer_error or _("Choose a printer.")
    if not form.copies.isdecimal() or not 1 <= int(form.copies) <= form.max_copies:
        form.copies_error = _("Give a number of copies from 1 to %(most)d.") % {"most": form.max_copies}
    if form.printer is None or form.printer_error or form.copies_error:
        form.complain(InvalidInput("", list(wrong_values(Request(printer="", template=key, rows=[form.values])))))
        return _answer(request, card, form, status=422)
    wanted = Request(
        printer="" if form.pool else str(form.printer.id),
        pool=str(form.pool.id) if form.pool else "",
        template=key,
        rows=[form.values],
        copies=int(form.copies),
        options=form.options,
    )
    try:
        accepted = submit(wanted, caller_of(request), idempotency_key=f"form:{form.submission}")
    except IdempotencyMismatch:
        # Somebody went back and changed what was sent: a new label, but not without a second look.
        form.submission = str(uuid4())
        form.error = _("This form was sent before with other values. Press Print once more to print these.")
        return _answer(request, card, form, status=422)
    except HubError as error:
        form.complain(error)
        return _answer(request, card, form, status=422)
    remember(card.template, fitting(card.definition, form.values), caller_of(request))
    return redirect(f"{reverse('job', args=[accepted.jobs[0].id])}?fresh=1")


@require_POST
def keep(request: HttpRequest, key: str) -> HttpResponse:
    """POST `values` (JSON, as the page before sent them) and the `name` of the preset that they become."""
    card = _card(key)
    try:
        values = json.loads(request.POST.get("values", ""))
        values = fitting(card.definition, {name: str(value) for name, value in values.items()})
    except (ValueError, AttributeError):
        return redirect("print-form", key=key)
    try:
        preset = keep_preset(card.template, request.POST.get("name", ""), values, caller_of(request))
    except HubError as error:
        return _name_preset(request, card, values, error=error.detail)
    messages.success(request, _("“%(name)s” is a preset of this template now.") % {"name": preset.name})
    return redirect(f"{reverse('print-form', args=[key])}?preset={preset.id}")


def _name_preset(request: HttpRequest, card: TemplateCard, values: dict[str, Any], *, error: str = "") -> HttpResponse:
    values = {name: value for name, value in values.items() if value not in ("", "false")}
    labels = {each.name: words(each.label, get_language() or "en", each.name) for each in card.definition.fields}
    usual = next((str(value).splitlines()[0] for value in values.values() if str(value).strip()), "")
    context = {
        "card": card,
        "name": request.POST.get("name", usual)[:LONGEST_NAME],
        "values": json.dumps(values, ensure_ascii=False),
        "shown": [(labels[name], value) for name, value in values.items()],
        "error": error,
    }
    return render(request, "jobs/keep_preset.html", context, status=422 if error else 200)


def _begun_with(request: HttpRequest, card: TemplateCard) -> dict[str, Any]:
    """The values of a preset, or those that this person printed last."""
    if "last" in request.GET:
        return last_values(card.template, caller_of(request))
    wanted = _uuid(request.GET.get("preset", ""))
    preset = Preset.objects.filter(template=card.template, pk=wanted).first() if wanted else None
    return preset.values if preset is not None else {}


@require_POST
def preview_fragment(request: HttpRequest, key: str) -> HttpResponse:
    """What would come out, while it is typed. Changes nothing."""
    card = _card(key)
    form = posted_form(card, request)
    shown, error = show(card, form.values, form.printer, form.medium)
    if error is not None and error.problems:
        form.complain(error)
    return render(request, "jobs/preview_live.html", {"preview": shown, "form": form})


def _answer(request: HttpRequest, card: TemplateCard, form: PrintForm, *, status: int = 200) -> HttpResponse:
    shown, _error = show(card, form.values, form.printer, form.medium)
    context = {
        "template": card.template,
        "card": card,
        "form": form,
        "preview": shown,
        "presets": card.template.presets.order_by("name"),
        "chosen_preset": request.GET.get("preset", ""),
        "last": last_values(card.template, caller_of(request)),
    }
    return render(request, "jobs/print_form.html", context, status=status)


def _card(key: str) -> TemplateCard:
    template = Template.objects.usable().filter(key=key).first()
    if template is None:
        raise Http404
    return template_card(template)


def _source(request: HttpRequest) -> Job | None:
    """The job whose values the form starts with."""
    wanted = _uuid(request.GET.get("from", ""))
    return Job.objects.visible_to(caller_of(request)).filter(id=wanted).first() if wanted else None


def _entry(card: TemplateCard, printers: list[PrinterCard]) -> dict[str, object]:
    key, version = card.template.key, card.template.current
    loaded = [p for p in printers if p.medium is not None and card.definition.takes(p.medium)]
    query = f"?printer={printers[0].printer.id}" if len(printers) == 1 else ""
    return {
        "title": card.title,
        "words": card.words,
        "media": card.media,
        "loaded": ", ".join(p.printer.title for p in loaded[:3]),
        "missing": "" if loaded or not printers else _("This tape is in no printer now"),
        "url": reverse("print-form", args=[key]) + query,
        "picture": f"{reverse('template-picture', args=[key])}?v={version.sha256[:12] if version else ''}",
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
