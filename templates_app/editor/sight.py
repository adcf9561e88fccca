"""A draft as the editor shows it: the exact dots it would print, what is wrong with it, and where."""

from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from printers.errors import HubError, Problem
from printers.media import find_medium
from printers.words import medium_words
from templates_app.cards import usual_canvas, usual_medium
from templates_app.definition import Definition, parse, with_names
from templates_app.editor.drafts import Work, read_text
from templates_app.editor.places import look, place_of, walk
from templates_app.errors import InvalidDefinition
from templates_app.house_fonts import provide_fonts
from templates_app.house_pictures import provide_pictures
from templates_app.label_picture import TONES, Picture, lay_out_picture
from templates_app.lint import lint
from templates_app.rendering import examples, render, resolve
from templates_app.serials import upcoming


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is wrong at a place; `where` is what the place is called."""

    tone: str
    place: str
    where: str
    message: str
    suggestion: str = ""


@dataclass(slots=True)
class Sight:
    """`errors` are the problems of the definition by pointer. `readable` is False while a text cannot be read."""

    definition: Definition | None = None
    picture: Picture | None = None
    remarks: list[Remark] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    readable: bool = True
    medium: str = ""
    # To choose from; the usual one is not kept as a choice, so its value is empty.
    media: list[tuple[str, str]] = field(default_factory=list)
    spoken: str = ""

    @property
    def marked(self) -> dict[str, str]:
        """The tone of each place that has a remark; the worst first."""
        found: dict[str, str] = {}
        for remark in self.remarks:
            found.setdefault(remark.place, remark.tone)
        return found


def look_at(work: Work) -> Sight:
    sight = Sight()
    if work.text:
        try:
            read_text(work.text)
        except InvalidDefinition as error:
            sight.readable = False
            sight.remarks = [Remark("error", "", _("Text"), problem.message) for problem in error.problems]
            return sight
    document = work.document
    try:
        definition = parse(document)
        problems = [*_wrong_key(definition, work), *provide_fonts(definition), *provide_pictures(definition)]
    except InvalidDefinition as error:
        problems, definition = error.problems, None
    sight.errors = {problem.pointer: problem.message for problem in problems}
    sight.remarks = [_remark("error", problem, document) for problem in problems]
    if definition is None or problems:
        return sight
    sight.definition = definition
    _draw(sight, work, definition)
    return sight


def _wrong_key(definition: Definition, work: Work) -> list[Problem]:
    if definition.key == work.draft.key:
        return []
    sentence = _("This is the editor of “%(key)s”. For another key, duplicate the template.") % {"key": work.draft.key}
    return [Problem("/key", sentence)]


def _draw(sight: Sight, work: Work, definition: Definition) -> None:
    keys = definition.media_keys
    if not keys:
        sight.remarks.append(Remark("error", "", _("Label"), _("No medium is like this: widen the range.")))
        return
    usual = usual_medium(definition).key
    sight.medium = work.draft.medium if work.draft.medium in keys else usual
    sight.media = [("" if key == usual else key, medium_words(find_medium(key))) for key in keys]
    given = {name: value for name, value in work.draft.examples.items() if definition.field(name) is not None}
    places = _places_by_name(work.document)
    try:
        values = resolve(definition, {**examples(definition), **given, **upcoming(definition)})
        now = timezone.localtime(timezone=timezone.get_default_timezone())
        rendering = render(definition, values, usual_canvas(sight.medium), now=now)
    except HubError as error:
        problems = error.problems or [Problem("", error.detail)]
        suggestion = str(error.extra.get("suggestion", ""))
        found = [_named_remark(problem, places, definition, work.document, suggestion) for problem in problems]
        sight.remarks.extend(found)
        return
    findings = lint(rendering, definition, values)
    picture = lay_out_picture(rendering, findings, every_box=True)
    # Small ones above large ones, so that each can be pointed at.
    boxes = sorted(picture.boxes, key=lambda box: -box.width * box.height)
    boxes = [replace(box, name=places.get(box.name, "")) for box in boxes]
    sight.picture = replace(picture, boxes=boxes)
    sight.spoken = _("Preview of the label, %(size)s") % {"size": picture.size}
    for finding in findings:
        place = places.get(finding.element, "")
        tone = TONES.get(finding.severity, "warn")
        where = finding.element or _("Label")
        sight.remarks.append(Remark(tone, place, where, finding.message, finding.suggestion))


def _places_by_name(document: Any) -> dict[str, str]:
    return {str(element["name"]): place for place, _depth, element in walk(with_names(document))}


def _remark(tone: str, problem: Problem, document: Any) -> Remark:
    place = place_of(problem.pointer, document)
    return Remark(tone, place, title_of(document, place), problem.message)


def _named_remark(
    problem: Problem, places: dict[str, str], definition: Definition, document: Any, suggestion: str
) -> Remark:
    """Refusals of a layout name elements and fields rather than number them."""
    parts = problem.pointer.split("/")[1:]
    place = ""
    if parts[:1] == ["elements"] and len(parts) > 1:
        place = places.get(parts[1], "")
    elif parts[:1] == ["fields"] and len(parts) > 1:
        place = next((f"/fields/{n}" for n, f in enumerate(definition.fields) if f.name == parts[1]), "")
    return Remark("error", place, title_of(document, place), problem.message, suggestion)


def title_of(document: Any, place: str) -> str:
    if not place:
        return _("Label")
    if place.startswith("/counters/"):
        return place.rpartition("/")[2]
    here = look(with_names(document), place)
    return str(here.get("name") or here.get("kind") or "?") if isinstance(here, dict) else "?"
