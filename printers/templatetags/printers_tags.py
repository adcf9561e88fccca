from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from printers.cards import PrinterCard
from printers.drawing import TapeDrawing

register = template.Library()


@register.simple_tag
def tape(card: PrinterCard) -> SafeString:
    """The tape that is in it, drawn; its colours are said as well."""
    return _drawn(card.drawing, card.title or _("No tape known"))


# A hub has many printers and few tapes, and its dashboard is asked for every few seconds.
@lru_cache(maxsize=512)
def _drawn(drawing: TapeDrawing | None, title: str) -> SafeString:
    return render_to_string("printers/tape.html", {"t": drawing, "title": title})
