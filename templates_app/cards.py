"""A template as pages show it: its words in the reader's language, its media in words, an example picture."""

from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from printers.errors import HubError
from printers.media import MEDIA, MODELS, Canvas, Medium, canvas_for, find_medium, media_for
from printers.words import medium_words
from templates_app.catalog import definition_of
from templates_app.definition import AnyMedium, Definition, words
from templates_app.models import Template


@dataclass(frozen=True, slots=True)
class TemplateCard:
    template: Template
    definition: Definition
    title: str
    description: str
    media: str

    @property
    def words(self) -> str:
        """What a search looks through."""
        return f"{self.title} {self.template.key} {self.description} {self.media}"


def template_card(template: Template) -> TemplateCard:
    """`template` comes with its current version selected."""
    if template.current is None:
        raise ValueError(f"template {template.key} has no current version")
    definition = definition_of(template.current)
    language = get_language() or "en"
    return TemplateCard(
        template,
        definition,
        words(definition.title, language, template.title),
        words(definition.description, language),
        media_words(definition),
    )


def media_words(definition: Definition) -> str:
    if isinstance(definition.media, AnyMedium):
        return _range_words(definition.media)
    keys = [definition.media] if isinstance(definition.media, str) else definition.media
    return ", ".join(medium_words(find_medium(key)) for key in keys)


def _range_words(media: AnyMedium) -> str:
    low, high = f"{media.min_width:g}", f"{media.max_width:g}" if media.max_width else ""
    if high:
        return _("Any tape from %(low)s to %(high)s mm") % {"low": low, "high": high}
    return _("Any tape of %(low)s mm or more") % {"low": low} if media.min_width else _("Any tape")


def usual_medium(definition: Definition) -> Medium:
    """The medium that examples are shown on where no printer is chosen."""
    if isinstance(definition.media, str):
        return find_medium(definition.media)
    if not isinstance(definition.media, AnyMedium):
        return find_medium(definition.media[0])
    fitting = [medium for medium in MEDIA.values() if definition.takes(medium)]
    return max(fitting, key=lambda medium: (medium.kind == "tze", medium.width_mm == 12, -medium.width_mm))


@lru_cache(maxsize=128)
def usual_canvas(medium_key: str) -> Canvas:
    """The canvas of the first model that takes this medium."""
    medium = find_medium(medium_key)
    for model in MODELS.values():
        if medium in media_for(model):
            try:
                return canvas_for(model, medium)
            except HubError:
                continue
    raise ValueError(f"no model takes {medium_key}")
