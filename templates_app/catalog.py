"""Templates by key, and how they are described to those who use them."""

from difflib import get_close_matches
from typing import Any

from printers.prepared import Prepared
from templates_app.definition import Definition, parse, words
from templates_app.errors import UnknownTemplate
from templates_app.house_fonts import provide_fonts
from templates_app.house_pictures import provide_pictures
from templates_app.models import Template, TemplateQuerySet, TemplateVersion

_PARSED_KEPT = 512
_parsed: dict[str, Definition] = {}
# Without the definition itself: most of the time that is parsed already.
_by_key = Prepared(
    lambda key: Template.objects.usable().filter(key=key).defer("current__definition", "current__diff").order_by(),
    str,
)


def find_template(key: str) -> Template:
    """With its current version; raises UnknownTemplate that names near keys."""
    found = _by_key(key)
    if not found:
        known = list(Template.objects.usable().values_list("key", flat=True))
        near = get_close_matches(key, known, 3, 0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise UnknownTemplate(f"There is no template “{key}”.{hint}", extra={"near": near})
    return found[0]


def all_templates() -> TemplateQuerySet:
    return Template.objects.usable().order_by("title", "key")


def current_version(template: Template) -> TemplateVersion:
    if template.current is None:
        raise UnknownTemplate(f"The template “{template.key}” has no version yet.")
    return template.current


def definition_of(version: TemplateVersion) -> Definition:
    """Versions never change, so each is parsed once."""
    found = _parsed.get(version.sha256)
    if found is None:
        found = parse(version.definition, source=f"template version {version.pk}")
        if provide_fonts(found) + provide_pictures(found):
            # Not kept: what is missing may come.
            return found
        if len(_parsed) >= _PARSED_KEPT:
            _parsed.pop(next(iter(_parsed)), None)
        _parsed[version.sha256] = found
    return found


def media_keys(definition: Definition) -> list[str]:
    return definition.media_keys


def describe(template: Template, language: str = "en") -> dict[str, Any]:
    """The template as the API shows it."""
    version = current_version(template)
    definition = definition_of(version)
    fields = []
    for field in definition.fields:
        whole = field.model_dump(mode="json", exclude_none=True)
        whole.update(
            default=whole.get("default"),
            example=whole.get("example"),
            label=words(field.label, language, field.name),
            help=words(field.help, language),
        )
        fields.append(whole)
    return {
        "key": template.key,
        "version": version.number,
        "title": words(definition.title, language, template.title),
        "description": words(definition.description, language),
        "source": template.source,
        "fields": fields,
        "media": definition.media_keys,
        "orientation": definition.orientation,
        "counters": sorted(definition.counters),
        "created_at": version.created_at,
        "definition": version.definition,
    }
