"""Template definitions: TOML or JSON in, a checked Definition or every problem with its place out."""

import hashlib
import json
import tomllib
from typing import Any

from pydantic import ValidationError

from printers.errors import Problem
from templates_app.definition.checks import check, near
from templates_app.definition.counters import Counter
from templates_app.definition.fields import Field, words
from templates_app.definition.model import AnyMedium, Definition
from templates_app.elements import KINDS
from templates_app.errors import InvalidDefinition

LARGEST = 3_000_000
__all__ = [
    "AnyMedium", "Counter", "Definition", "Field", "document", "fingerprint", "json_schema", "parse", "read",
    "with_names", "words",
]  # fmt: skip


def read(text: str, *, source: str = "") -> Any:
    """The document in a TOML or JSON text, unchecked; raises InvalidDefinition where it is neither."""
    where = f"{source}: " if source else ""
    if len(text) > LARGEST:
        raise InvalidDefinition(f"{where}The definition has {len(text)} characters, {LARGEST} are allowed.")
    try:
        if text.lstrip()[:1] in {"{", "["} and _is_json(text):
            return json.loads(text)
        return tomllib.loads(text)
    except json.JSONDecodeError as error:
        sentence = f"This is no JSON: {error.msg} in line {error.lineno}, column {error.colno}."
    except tomllib.TOMLDecodeError as error:
        sentence = f"This is no TOML: {error}."
    except RecursionError:
        sentence = "The document is nested too deep."
    raise InvalidDefinition(where + sentence, [Problem("", sentence)])


def _is_json(text: str) -> bool:
    # A TOML document may begin with a [table]; JSON begins with { or with [ and a value.
    start = text.lstrip()
    return start[0] == "{" or (start[1:].lstrip()[:1] in {"{", "]", '"', "["} and not start.startswith("[["))


def parse(given: str | dict[str, Any], *, source: str = "") -> Definition:
    """Raises InvalidDefinition whose problems carry a JSON pointer into the document and a sentence each."""
    raw = read(given, source=source) if isinstance(given, str) else given
    where = f"{source}: " if source else ""
    if not isinstance(raw, dict):
        sentence = "A definition is a table of key, title, media, fields and elements."
        raise InvalidDefinition(where + sentence, [Problem("", sentence)])
    try:
        raw = with_names(raw)
        definition = Definition.model_validate(raw)
    except ValidationError as error:
        problems = _problems(error, raw)
    except RecursionError:
        problems = [Problem("/elements", "The document is nested too deep.")]
    else:
        problems = check(definition)
        if not problems:
            return definition
    first = problems[0]
    rest = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    raise InvalidDefinition(f"{where}{first.pointer or 'definition'}: {first.message}{rest}", problems)


def document(definition: Definition) -> dict[str, Any]:
    """The definition as JSON, with what its author wrote and no defaults: this is what a version stores."""
    found: dict[str, Any] = definition.model_dump(mode="json", exclude_unset=True)
    return {"kind": "template", **found}


def fingerprint(definition: Definition) -> str:
    """Equal ones mean the same; the same in another order of keys may differ, and is compared in full then."""
    return hashlib.sha256(definition.model_dump_json().encode()).hexdigest()


def json_schema() -> dict[str, Any]:
    schema = Definition.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "LabelHub template"}


def with_names(raw: dict[str, Any]) -> dict[str, Any]:
    """A copy in which elements without a name are called after their kind and number."""
    counts: dict[str, int] = {}

    def named(elements: Any, depth: int) -> Any:
        if not isinstance(elements, list) or depth > 40:
            return elements
        done = []
        for element in elements:
            if isinstance(element, dict):
                kind = str(element.get("kind", "element"))
                counts[kind] = counts.get(kind, 0) + 1
                changed = {"name": f"{kind}-{counts[kind]}"[:64], **element}
                if "elements" in element:
                    changed["elements"] = named(element["elements"], depth + 1)
                done.append(changed)
            else:
                done.append(element)
        return done

    return {**raw, "elements": named(raw["elements"], 0)} if "elements" in raw else raw


def _problems(error: ValidationError, raw: Any) -> list[Problem]:
    found: dict[str, list[str]] = {}
    for entry in error.errors(include_url=False, include_context=True):
        pointer, holder = _pointer(entry["loc"], raw, kind=entry["type"])
        sentence = _sentence(entry, holder)
        sentences = found.setdefault(pointer, [])
        if sentence not in sentences:
            sentences.append(sentence)
    return [Problem(pointer, " Or: ".join(sentences)) for pointer, sentences in found.items()]


def _pointer(loc: tuple[int | str, ...], raw: Any, *, kind: str) -> tuple[str, Any]:
    """The JSON pointer, without the names that pydantic adds for unions, and what lies around it."""
    parts: list[str] = []
    here, holder = raw, raw
    for n, part in enumerate(loc):
        # In a list of elements the kind follows the number, and a text has an attribute of the same name.
        if n and isinstance(loc[n - 1], int) and isinstance(here, dict) and here.get("kind") == part:
            continue
        inside = (isinstance(here, dict) and part in here) or (
            isinstance(here, list) and isinstance(part, int) and part < len(here)
        )
        if inside:
            holder, here = here, here[part]
            parts.append(str(part).replace("~", "~0").replace("/", "~1"))
        elif kind == "missing" and n == len(loc) - 1:
            holder = here
            parts.append(str(part))
    return "".join(f"/{p}" for p in parts), holder


def _sentence(entry: Any, holder: Any) -> str:
    last = str(entry["loc"][-1]) if entry["loc"] else ""
    if entry["type"] == "missing":
        return f"“{last}” is missing."
    if entry["type"] == "extra_forbidden":
        model = KINDS[holder["kind"]][0] if isinstance(holder, dict) and holder.get("kind") in KINDS else None
        known = list((model or (Definition if "elements" in holder else Field)).model_fields)
        return f"There is no setting “{last}” here{near(last, known)}"
    if entry["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        return f"“kind” is one of {', '.join(KINDS)}."
    message = str(entry["msg"]).removeprefix("Value error, ")
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "?")) else ".")
