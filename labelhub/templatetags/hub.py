from datetime import UTC, datetime
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import resolve, reverse
from django.urls.exceptions import Resolver404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from printers.said import said

register = template.Library()
register.filter("said", said)

# Where an address begins otherwise than the entry of the navigation that leads to it.
BELONGS_TO = {"fonts": "templates", "pictures": "templates", "pools": "printers", "batches": "jobs"}
MINUTE, HOUR, DAY = 60, 3600, 86400


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """A decorative picture from the sprite; the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" aria-hidden="true"><use href="{1}#{2}"/></svg>',
        size,
        static("icons/sprite.svg"),
        name,
    )


@register.simple_tag
def badge(words: Any) -> SafeString:
    """A state in words, colour and shape: anything with `.text`, `.tone` and `.shape`."""
    return format_html(
        '<span class="badge {}"><svg aria-hidden="true"><use href="{}#s-{}"/></svg><span>{}</span></span>',
        words.tone,
        static("icons/sprite.svg"),
        words.shape,
        words.text,
    )


@register.simple_tag(takes_context=True)
def nav_link(context: dict[str, Any], name: str, picture: str, text: str) -> SafeString:
    request = context.get("request")
    here = SafeString("")
    if request is not None and _section(request.path_info) == name:
        here = SafeString(' aria-current="page"')
    return format_html('<a href="{}"{}>{}<span>{}</span></a>', reverse(name), here, icon(picture), text)


def _section(path: str) -> str:
    try:
        route = resolve(path).route
    except Resolver404:
        return ""
    first = route.split("/")[0] or "dashboard"
    return BELONGS_TO.get(first, first)


@register.simple_tag
def ago(moment: datetime | None) -> SafeString:
    """ "12 s ago", kept up to date by static/js/ago.js, with the local and the UTC time on hover."""
    if moment is None:
        return SafeString("")
    return format_html(
        '<time datetime="{}" data-ago title="{}">{}</time>', _utc(moment, "seconds"), _hover(moment), in_words(moment)
    )


@register.simple_tag
def moment(value: datetime | None, form: str = "SHORT_DATETIME_FORMAT") -> SafeString:
    """The time in the reader's zone; UTC on hover."""
    if value is None:
        return SafeString("")
    local = timezone.localtime(value)
    return format_html('<time datetime="{}" title="{}">{}</time>', _utc(value), _both(value), date_format(local, form))


def in_words(moment: datetime) -> str:
    seconds = max(0, int((timezone.now() - moment).total_seconds()))
    if seconds < MINUTE:
        return _("%(n)d s ago") % {"n": seconds}
    if seconds < HOUR:
        return _("%(n)d min ago") % {"n": seconds // MINUTE}
    if seconds < DAY:
        return _("%(n)d h ago") % {"n": seconds // HOUR}
    return ngettext("%(n)d day ago", "%(n)d days ago", seconds // DAY) % {"n": seconds // DAY}


def _utc(value: datetime, precision: str = "milliseconds") -> str:
    return value.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def _hover(value: datetime) -> str:
    local, utc = timezone.localtime(value), f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"{local:%H:%M:%S} · {utc}" if local.utcoffset() else utc


def _both(value: datetime) -> str:
    local = timezone.localtime(value)
    return f"{date_format(local, 'DATETIME_FORMAT')} · {value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@register.simple_tag
def now_utc() -> str:
    return _utc(timezone.now())
