"""The way from a thing in another app to a filled print form: a search whose results are links."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from labelhub.integrations.configuration import searchable
from labelhub.integrations.integration import Item
from labelhub.integrations.lookup import fitting, search
from printers.errors import HubError
from templates_app.cards import TemplateCard, template_card
from templates_app.models import Template

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Result:
    title: str
    hint: str
    # Empty: the template asks for something that this thing does not have, or that is too long for it.
    href: str


@require_safe
def look_up(request: HttpRequest, key: str) -> HttpResponse:
    """`in` an integration, `q` the words, `printer` to go on with. For htmx only the results."""
    template = Template.objects.usable().filter(key=key).first()
    known = searchable()
    if template is None or not known:
        raise Http404
    card = template_card(template)
    chosen = next((each for each in known if each.name == request.GET.get("in")), known[0])
    words, printer = request.GET.get("q", "").strip()[:LONGEST], request.GET.get("printer", "")
    context: dict[str, Any] = {
        "card": card, "template": template, "sources": known, "source": chosen, "words": words, "printer": printer,
    }  # fmt: skip
    status = 200
    if words:
        try:
            context["results"] = [_result(card, item, printer) for item in search(chosen.name, words)]
        except HubError as error:
            context["error"], status = error.detail, 422
    page = "integrations/results.html" if request.headers.get("HX-Request") else "integrations/look_up.html"
    return render(request, page, context, status=status)


def _result(card: TemplateCard, item: Item, printer: str) -> Result:
    fields = fitting(card.definition, item)
    query = {**fields, **({"printer": printer} if printer else {})}
    href = f"{reverse('print-form', args=[card.template.key])}?{urlencode(query)}" if fields else ""
    hint = " · ".join(str(item.fields[name]) for name in ("place", "detail") if name in item.fields)
    return Result(item.title, hint, href)
