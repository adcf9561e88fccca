"""Sentences that the hub keeps, logs and answers in English, in the language of the person who looks at a page.

They are written where things happen: by workers, long before somebody reads them, and in requests whose answer may go
to a script. So they stay plain English text in rows, logs and the API, and a page says them in its own language by
looking them up as a whole. The catalog (`sentences.po` beside the one of the pages) has `{}` where a value stands.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from gettext import NullTranslations, translation
from itertools import count

from django.conf import settings
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language

DOMAIN = "sentences"
PLACE = "{}"
BOUNDARY = re.compile(r"(?<=[.!?:]) (?=\S)")
DECIMAL = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True)
class Pattern:
    """`english` with {} where a value stands; `there` with {}, or with {0}, {1}, … in another order."""

    english: str
    there: str

    @cached_property
    def parts(self) -> list[str]:
        return self.english.split(PLACE)

    @cached_property
    def longest_part(self) -> str:
        return max(self.parts, key=len)

    @cached_property
    def form(self) -> re.Pattern[str]:
        return re.compile("(.*?)".join(re.escape(part) for part in self.parts), re.DOTALL)

    def values(self, text: str) -> tuple[str, ...] | None:
        found = self.form.fullmatch(text) if self.longest_part in text else None
        return None if found is None else found.groups()

    def quoted(self, place: int) -> bool:
        """What stands in quotation marks is what somebody wrote: it is not said, it is shown."""
        return self.parts[place].endswith("“")

    def filled(self, values: Sequence[str]) -> str:
        numbers = count()
        return re.sub(r"\{(\d*)\}", lambda place: values[int(place[1] or next(numbers))], self.there)


@dataclass(frozen=True)
class Catalog:
    whole: dict[str, str]
    # Those with the most words of their own first: what fits two of them is said by the more special one.
    patterns: list[Pattern]


def said(text: object) -> str:
    """`text` in the active language; itself, or the parts of it, where the catalog does not have them."""
    language, text = get_language() or "en", str(text)
    return text if language.startswith("en") or not text or isinstance(text, SafeString) else _said(text, language)


@lru_cache(maxsize=4096)
def _said(text: str, language: str) -> str:
    catalog = _catalog(language)
    if (found := _as_one(text, catalog, language)) is not None:
        return found
    # Several sentences: the longest beginning that is known, then the rest.
    ends = [match.start() for match in BOUNDARY.finditer(text)]
    for end in reversed(ends):
        if (found := _as_one(text[:end], catalog, language)) is not None:
            return f"{found} {_said(text[end + 1 :], language)}"
    if ends:
        return f"{text[: ends[0]]} {_said(text[ends[0] + 1 :], language)}"
    return text


def _as_one(text: str, catalog: Catalog, language: str) -> str | None:
    if (found := _exactly(text, catalog, language)) is not None:
        return found
    # What was raised as a part of a sentence is one by itself elsewhere.
    part = text[:1].lower() + text[1:].removesuffix(".")
    if part != text and (found := _exactly(part, catalog, language)) is not None:
        return f"{found[:1].upper()}{found[1:]}{'.' * text.endswith('.')}"
    return None


def _exactly(text: str, catalog: Catalog, language: str) -> str | None:
    if text in catalog.whole:
        return catalog.whole[text]
    for pattern in catalog.patterns:
        if (values := pattern.values(text)) is not None:
            told = [
                value if pattern.quoted(place) else _value(value, catalog, language)
                for place, value in enumerate(values)
            ]
            return pattern.filled(told)
    return None


def _value(text: str, catalog: Catalog, language: str) -> str:
    if DECIMAL.fullmatch(text):
        return number_format(text)
    if BOUNDARY.search(text) or text.startswith(" "):
        return text[: len(text) - len(text.lstrip())] + _said(text.lstrip(), language)
    if (found := _exactly(text, catalog, language)) is not None:
        return found
    return ", ".join(catalog.whole.get(part, part) for part in text.split(", "))


@lru_cache
def _catalog(language: str) -> Catalog:
    found: NullTranslations = translation(DOMAIN, settings.LOCALE_PATHS[0], [language], fallback=True)
    # Where Django finds them, too: gettext has no other way to list what a catalog knows.
    known: dict[str, str] = {key: text for key, text in getattr(found, "_catalog", {}).items() if key}
    patterns = [Pattern(key, text) for key, text in known.items() if PLACE in key]
    patterns.sort(key=lambda each: (-len(each.english.replace(PLACE, "")), each.english))
    return Catalog({key: text for key, text in known.items() if PLACE not in key}, patterns)
