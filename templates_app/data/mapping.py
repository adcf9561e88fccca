"""Which column belongs to which field: by name, by label, by what looks alike, and as it was last time."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from templates_app.definition import Definition, Field, words

_ALIKE = 0.78
_PLAIN_VALUE = re.compile(r"[\d.,:/ +-]+|https?://\S+", re.IGNORECASE)


def normal(name: str) -> str:
    """A column's name as it is compared and remembered: letters and digits, without case and accents."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss"))
    return "".join(c for c in plain if c.isalnum())


def guess_mapping(
    definition: Definition,
    columns: Sequence[str],
    samples: Sequence[Sequence[str]] = (),
    remembered: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Field names with the number of their column. `remembered` are normal column names with their fields, or with ""
    where the column was left out."""
    found: dict[str, int] = {}
    taken: set[int] = set()
    names = {field.name for field in definition.fields}
    for at, column in enumerate(columns):
        known = (remembered or {}).get(normal(column))
        if known == "":
            taken.add(at)
        elif known in names and known not in found:
            found[known] = at
            taken.add(at)
    scores = sorted(
        (
            (_likeness(field, column), -at, field.name)
            for field in definition.fields
            for at, column in enumerate(columns)
        ),
        reverse=True,
    )
    for score, minus_at, name in scores:
        if score >= _ALIKE and name not in found and -minus_at not in taken:
            found[name] = -minus_at
            taken.add(-minus_at)
    for field in definition.fields:
        addresses = [at for at in range(len(columns)) if at not in taken and _addresses(samples, at)]
        if field.type == "url" and field.name not in found and len(addresses) == 1:
            found[field.name] = addresses[0]
            taken.add(addresses[0])
    return found


def names_columns(definition: Definition, first: Sequence[str]) -> bool:
    """Whether the first line holds names rather than the first label's values."""
    if any(_likeness(field, cell) >= _ALIKE for field in definition.fields for cell in first):
        return True
    filled = [cell for cell in first if cell]
    return len(set(filled)) == len(first) > 1 and not any(_PLAIN_VALUE.fullmatch(cell) for cell in filled)


def _likeness(field: Field, column: str) -> float:
    wanted = normal(column)
    if not wanted:
        return 0.0
    best = 0.0
    for name in {field.name, words(field.label, "en"), words(field.label, "de")} - {""}:
        own = normal(name)
        if own == wanted:
            return 1.0 if name == field.name else 0.99
        best = max(best, SequenceMatcher(None, own, wanted).ratio())
        # “Asset ID” for “id”, “Serial number” for “serial”: one of its words.
        if own in {normal(word) for word in re.split(r"[\W_]+", column)} and len(own) > 1:
            best = max(best, 0.9)
        # “Link” for “Link in the QR code”.
        if len(wanted) > 3 and wanted in {normal(word) for word in re.split(r"[\W_]+", name)}:
            best = max(best, 0.8)
    return best


def _addresses(samples: Sequence[Sequence[str]], at: int) -> bool:
    values = [row[at] for row in samples if at < len(row) and row[at]]
    addresses = sum(value.startswith(("http://", "https://")) for value in values)
    return addresses > 0.8 * len(values)
