"""`{field|filter}`: how values get into texts and barcodes.

A closed language: names, date offsets and a fixed list of filters. Nothing in it loops, calls or looks anything up.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from templates_app.filters import FILTERS, FilterArgument, as_text, shift

MAX_LENGTH = 4000
PLACEHOLDERS = 60
MOMENTS = ("today", "now")
ITEM_NAMES = ("item", "index")

_NAME = re.compile(r"\s*(serial:[A-Za-z][\w-]*|[A-Za-z_]\w*)\s*")
_OFFSET = re.compile(r"([+-])\s*(\d{1,5})\s*([dwmyh])\s*")
_FILTER = re.compile(r"\|\s*([a-z]+)\s*(?:\(((?:\"[^\"]*\"|'[^']*'|[^()\"'])*)\))?\s*")
_ARGUMENT = re.compile(r"\s*(?:\"([^\"]*)\"|'([^']*)'|([^,\"']*))\s*(?:,|$)")
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


@dataclass(frozen=True, slots=True)
class Placeholder:
    source: str
    name: str
    offset: tuple[int, str] | None
    filters: tuple[tuple[str, tuple[FilterArgument, ...]], ...]

    @property
    def serial(self) -> str | None:
        """The counter's name in `{serial:NAME}`."""
        return self.name[7:] if self.name.startswith("serial:") else None


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean while one label is rendered: field values, formatted serials, and the present moment."""

    values: Mapping[str, object]
    now: datetime
    serials: Mapping[str, str] = field(default_factory=dict)


def _arguments(source: str | None) -> tuple[FilterArgument, ...]:
    if not source or not source.strip():
        return ()
    found: list[FilterArgument] = []
    at = 0
    while at < len(source):
        match = _ARGUMENT.match(source, at)
        if not match or match.end() == at:
            raise ValueError(f"“({source})” are no arguments: write numbers or quoted texts with commas between")
        quoted = match[1] if match[1] is not None else match[2]
        bare = (match[3] or "").strip()
        found.append(quoted if quoted is not None else int(bare) if re.fullmatch(r"-?\d{1,6}", bare) else bare)
        at = match.end()
    return tuple(found)


def _placeholder(source: str) -> Placeholder:
    match = _NAME.match(source)
    if not match:
        raise ValueError(f"“{{{source}}}” names no field: write {{field}} or {{field|filter}}, and {{{{ for a brace")
    name, at = match[1], match.end()
    offset = None
    if moved := _OFFSET.match(source, at):
        offset = (int(moved[1] + moved[2]), moved[3])
        at = moved.end()
    filters = []
    while at < len(source):
        step = _FILTER.match(source, at)
        if not step:
            raise ValueError(f"“{source[at:].strip()}” in “{{{source}}}” is no filter: write |name or |name(…)")
        if step[1] not in FILTERS:
            raise ValueError(f"there is no filter “{step[1]}”; the filters are {', '.join(FILTERS)}")
        arguments = _arguments(step[2])
        FILTERS[step[1]].check(arguments)
        filters.append((step[1], arguments))
        at = step.end()
    return Placeholder(source.strip(), name, offset, tuple(filters))


@lru_cache(maxsize=4096)
def parse_expression(text: str) -> tuple[str | Placeholder, ...]:
    """The literal pieces and placeholders of a value; raises ValueError with a sentence."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a value may have {MAX_LENGTH} characters, this one has {len(text)}")
    pieces: list[str | Placeholder] = []
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece in {"{{", "}}"}:
            pieces.append(piece[0])
        elif match[1] is not None:
            pieces.append(_placeholder(match[1]))
        elif piece in {"{", "}"}:
            raise ValueError(f"there is a single “{piece}” in “{text}”: write {piece * 2} for the character itself")
        else:
            pieces.append(piece)
    if sum(isinstance(p, Placeholder) for p in pieces) > PLACEHOLDERS:
        raise ValueError(f"a value may have {PLACEHOLDERS} placeholders")
    return tuple(pieces)


def placeholders(text: str) -> list[Placeholder]:
    return [piece for piece in parse_expression(text) if isinstance(piece, Placeholder)]


def _value(placeholder: Placeholder, scope: Scope) -> object:
    if (serial := placeholder.serial) is not None:
        return scope.serials.get(serial, "")
    if placeholder.name == "today":
        value: object = scope.now.date()
    elif placeholder.name == "now":
        value = scope.now
    else:
        value = scope.values.get(placeholder.name)
    if placeholder.offset and isinstance(value, date):
        return shift(value, *placeholder.offset)
    return value


def evaluate(text: str, scope: Scope) -> str:
    """The text with every placeholder replaced; never longer than MAX_LENGTH characters."""
    pieces = parse_expression(text)
    if len(pieces) == 1 and isinstance(pieces[0], str):
        return pieces[0]
    done: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            done.append(piece)
            continue
        value = _value(piece, scope)
        for name, arguments in piece.filters:
            value = FILTERS[name].apply(value, arguments)
        done.append(as_text(value))
    return "".join(done)[:MAX_LENGTH]
