from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jobs.media_wait import MediaWait, waiting_media
from jobs.models import Job
from jobs.words import describe_job
from printers.callers import caller_of
from printers.models import Printer
from printers.words import Words
from templates_app.definition import words

register = template.Library()

MOST_VALUES, LONGEST = 3, 120


@register.simple_tag(takes_context=True)
def media_waits(context: dict[str, Any], printer: Printer) -> list[MediaWait]:
    """Which tapes labels of this printer wait for."""
    return waiting_media(caller_of(context["request"]), printer.pk).get(printer.pk, [])


@register.simple_tag
def job_words(job: Job) -> Words:
    return describe_job(job)


@register.simple_tag
def job_title(job: Job) -> str:
    """What the label says, as far as one line goes: its field values; the template's title where it has none."""
    values = [str(value).strip() for value in job.fields.values() if value not in (None, "", [], {}, True, False)]
    # Addresses and pictures say little to people, unless there is nothing else.
    told = [value for value in values if not value.startswith(("http://", "https://")) and len(value) < LONGEST]
    return " · ".join((told or values)[:MOST_VALUES])[:LONGEST] or template_title(job)


@register.simple_tag
def template_title(job: Job) -> str:
    version = job.template_version
    if version is None:
        return job.template_key or _("unknown template")
    return words(version.definition.get("title"), get_language() or "en", version.template.title)


@register.simple_tag
def job_picture(job: Job) -> SafeString:
    """The label as it was rendered, in reading direction; decorative, the words stand beside it."""
    if not job.artifact:
        return format_html(
            '<span class="thumb"><svg class="icon" width="24" height="24" aria-hidden="true"><use href="{}#templates">'
            "</use></svg></span>",
            static("icons/sprite.svg"),
        )
    return format_html(
        '<span class="thumb"><img src="{}?v={}" alt="" loading="lazy"></span>',
        reverse("job-picture", args=[job.id]),
        job.artifact[:12],
    )
