"""Inputs for a place of a definition, made from its schema: what they show, and what is typed into them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from templates_app.definition import Counter, Definition, Field
from templates_app.editor.places import fields_in, look
from templates_app.editor.words import choice, hint, label
from templates_app.elements import KINDS
from templates_app.elements.group import Repeat
from templates_app.elements.symbols import SYMBOLOGIES
from templates_app.models import HousePicture

# Sections of the form; what is in none of them comes first.
POSITION = ("anchor", "x", "y", "width", "height", "weight", "rotate")
CONDITIONS = ("visible", "hidden")
LIMITS = ("pattern", "min_length", "max_length", "minimum", "maximum", "many", "unique")
WORDS = frozenset({"title", "description", "label", "help"})
LONG = frozenset({"text", "value", "description", "choices"})
NOT_HERE = frozenset({"kind", "key", "fields", "counters", "elements", "media", "repeat"})
FIELD_USES = {"visible": "", "hidden": "", "field": "image", "diameter_field": "number", "repeat/field": "many"}


@dataclass(frozen=True, slots=True)
class Spec:
    """A setting as its schema has it. `words` are the values that are no numbers, such as "fit"."""

    name: str
    control: str
    default: Any = None
    choices: tuple[Any, ...] = ()
    words: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    longest: int | None = None
    whole: bool = False


@dataclass(slots=True)
class Input:
    pointer: str
    label: str
    hint: str
    control: str
    value: str = ""
    placeholder: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    words: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    longest: int | None = None
    step: str = ""
    language: str = ""
    takes_fields: bool = False
    error: str = ""

    @property
    def id(self) -> str:
        return "in" + self.pointer.replace("/", "-")

    @property
    def checked(self) -> bool:
        return self.value == "true"


def specs(model: Any, prefix: str = "") -> list[Spec]:
    whole = model.model_json_schema()
    # A model that contains itself is described beside the others.
    schema = (whole if "properties" in whole else whole["$defs"][model.__name__])["properties"]
    return [_spec(prefix + name, schema[name]) for name in model.model_fields if name not in NOT_HERE]


def _spec(name: str, schema: Mapping[str, Any]) -> Spec:
    ways = [way for way in schema.get("anyOf", [schema]) if way.get("type") != "null"]
    default = schema.get("default")
    types = {way.get("type") for way in ways}
    number: Mapping[str, Any] = next(
        (way for way in ways if way.get("type") in {"number", "integer"} and "enum" not in way), {}
    )
    bounds: dict[str, Any] = {
        "minimum": number.get("minimum", number.get("exclusiveMinimum")),
        "maximum": number.get("maximum"),
        "whole": number.get("type") == "integer",
    }
    attribute = name.rpartition("/")[2] if not name.startswith("repeat/") else name
    if attribute in WORDS:
        return Spec(name, "words", longest=400)
    if attribute in FIELD_USES:
        return Spec(name, "field")
    if attribute == "data":
        return Spec(name, "file")
    if "boolean" in types:
        return Spec(name, "check", default)
    enum = next((way["enum"] for way in ways if "enum" in way), None)
    if enum is not None:
        return Spec(name, "select", default, tuple(enum))
    if number and "array" in types:
        return Spec(name, "numbers", default)
    if number:
        words = tuple(str(way["const"]) for way in ways if "const" in way)
        return Spec(name, "number", default, words=words, **bounds)
    if "array" in types:
        return Spec(name, "lines")
    longest = next((way["maxLength"] for way in ways if "maxLength" in way), None)
    return Spec(name, "area" if attribute in LONG else "text", default, longest=longest)


TOP = specs(Definition)
FIELD = specs(Field)
COUNTER = specs(Counter)
ELEMENTS = {
    kind: specs(model) + (specs(Repeat, "repeat/") if kind == "group" else []) for kind, (model, _run) in KINDS.items()
}


def kind_at(document: Any, place: str) -> str:
    """ "label", "field", "counter", or the kind of the element; "" where nothing is that can be edited."""
    here = look(document, place)
    if not isinstance(here, dict):
        return ""
    if not place:
        return "label"
    if place.startswith("/fields/"):
        return "field"
    if place.startswith("/counters/"):
        return "counter"
    kind = here.get("kind")
    return kind if isinstance(kind, str) and kind in ELEMENTS else ""


def specs_at(document: Any, place: str) -> list[Spec]:
    kind = kind_at(document, place)
    return {"label": TOP, "field": FIELD, "counter": COUNTER, "": []}.get(kind) or ELEMENTS.get(kind, [])


def inputs_at(document: dict[str, Any], place: str, errors: Mapping[str, str]) -> list[Input]:
    """`errors` by pointer."""
    kind, here = kind_at(document, place), look(document, place)
    found: list[Input] = []
    for spec in specs_at(document, place):
        if spec.control == "words":
            found += _words_inputs(kind, spec, place, here)
        elif not _is_out_of_place(kind, spec.name, here):
            found.append(_input(kind, spec, place, here, document))
    if kind == "counter":
        found.insert(0, Input(f"{place}/name", label(kind, "name"), "", "text", place.rpartition("/")[2], longest=64))
    for each in found:
        own = [text for pointer, text in errors.items() if pointer == each.pointer or pointer == _whole(each.pointer)]
        each.error = " ".join(own)
    return found


def _whole(pointer: str) -> str:
    """Of a text in two languages, the pointer of both."""
    head, _, last = pointer.rpartition("/")
    return head if last in {"en", "de"} else pointer


def _is_out_of_place(kind: str, name: str, here: dict[str, Any]) -> bool:
    """Settings that say nothing for this type of field, and are not set: they would only be in the way."""
    if name in here:
        return False
    if kind == "barcode":
        symbology = SYMBOLOGIES.get(str(here.get("symbology", "qr")))
        if symbology is not None:
            linear = name in {"readable", "readable_size"}
            return (linear and not symbology.linear) or (name == "level" and not symbology.levels)
    if kind != "field":
        return False
    type_ = str(here.get("type", "string"))
    text, number = type_ in {"string", "text", "url"}, type_ in {"integer", "decimal"}
    return (
        (name == "choices" and type_ != "choice")
        or (name in {"pattern", "min_length", "max_length"} and not text)
        or (name in {"minimum", "maximum"} and not number)
    )


def _words_inputs(kind: str, spec: Spec, place: str, here: dict[str, Any]) -> list[Input]:
    given = here.get(spec.name)
    texts = given if isinstance(given, dict) else {"en": given or ""}
    name = label(kind, spec.name)
    languages = (("en", _("English")), ("de", _("German")))
    return [
        Input(
            f"{place}/{spec.name}/{code}", f"{name} · {language}", "", "text", str(texts.get(code, "")),
            longest=spec.longest, language=code,
        )
        for code, language in languages
    ]  # fmt: skip


def _input(kind: str, spec: Spec, place: str, here: dict[str, Any], document: dict[str, Any]) -> Input:
    value = look(here, f"/{spec.name}")
    made = Input(
        f"{place}/{spec.name}", label(kind, spec.name), hint(kind, spec.name), spec.control, _shown(value),
        "" if spec.default is None else _shown(spec.default), words=spec.words, minimum=spec.minimum,
        maximum=spec.maximum, longest=spec.longest, step="1" if spec.whole else "any",
    )  # fmt: skip
    if spec.control == "check":
        made.value = _shown(spec.default if value is None else value)
    elif spec.control == "select":
        made.value = _shown(spec.default if value is None else value)
        values = [_shown(each) for each in spec.choices]
        if spec.default is None:
            values.insert(0, "")
        made.options = _options(spec.name, values, made.value)
    elif spec.control == "field":
        made.control = "select"
        made.options = _options(spec.name, ["", *_fields_for(spec.name, document)], made.value)
    elif spec.name in {"default", "example"} and kind == "field":
        _as_the_field(made, here, spec.name)
    elif spec.name == "picture":
        names = HousePicture.objects.filter(removed_at=None).values_list("name", flat=True)
        made.control, made.options = "select", _options("picture", ["", *names], made.value)
    elif spec.name == "level":
        symbology = SYMBOLOGIES.get(str(here.get("symbology", "qr")))
        levels = symbology.levels if symbology is not None else ("L", "M", "Q", "H")
        made.control, made.options = "select", _options("level", ["", *levels], made.value)
    made.takes_fields = spec.name in {"text", "value", "repeat/more"}
    return made


def _options(attribute: str, values: Sequence[str], chosen: str) -> list[tuple[str, str]]:
    known = [*values, chosen] if chosen not in values else values
    titles = {key: symbology.title for key, symbology in SYMBOLOGIES.items()} if attribute == "symbology" else {}
    return [(value, titles.get(value) or choice(attribute, value)) for value in known]


def _fields_for(use: str, document: dict[str, Any]) -> Iterable[str]:
    wanted = FIELD_USES[use]
    for each in fields_in(document):
        name, type_, many = str(each["name"]), str(each.get("type", "string")), bool(each.get("many"))
        fits = {"": True, "many": many, "image": type_ == "image", "number": type_ in {"integer", "decimal"}}[wanted]
        if fits:
            yield name


def _as_the_field(made: Input, here: dict[str, Any], name: str) -> None:
    """A default or example is typed like the field itself."""
    type_ = str(here.get("type", "string"))
    if here.get("many") or type_ == "text":
        made.control = "area"
    elif type_ == "boolean":
        made.control, made.options = "select", _options(name, ["", "true", "false"], made.value)
    elif type_ == "choice":
        choices = here.get("choices")
        made.control = "select"
        made.options = _options(name, ["", *map(str, choices if isinstance(choices, list) else [])], made.value)
    elif type_ == "image":
        made.control = "file"
    else:
        made.control = {"date": "date", "datetime": "datetime-local"}.get(type_, "text")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        numbers = all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in value)
        return (" " if numbers and value else "\n").join(_shown(each) for each in value)
    return str(value)
