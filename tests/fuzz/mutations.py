"""Bytes and documents that are almost right, and how long and how much memory a reader may take for them.

100 examples a test, always the same; LABELHUB_FUZZ_EXAMPLES=20000 takes others each time, and more of them.
"""

import os
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("LABELHUB_FUZZ_EXAMPLES", "0"))
NUMBERS = (b"\0", b"\xff", b"\x7f", b"\x80", b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"-1", b"1e999", b"9" * 40)


def fuzz(examples: int = 100) -> settings:
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        # Fixtures of these tests hold nothing that one example leaves to the next.
        suppress_health_check=list(HealthCheck),
    )


@contextmanager
def bounded(seconds: float = 2.0, megabytes: float | None = 64.0) -> Iterator[None]:
    """Of processor time, so that a busy machine fails nothing; memory is what Python asked for at its highest.

    Watching memory makes everything some times slower: None leaves it out.
    """
    if megabytes is not None:
        tracemalloc.start()
    began = time.process_time()
    try:
        yield
    finally:
        took = time.process_time() - began
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
    assert took < seconds, f"{took:.1f} s"
    assert megabytes is None or peak < megabytes, f"{peak:.0f} MB"


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes], most: int = 8) -> bytes:
    """A seed with some bytes changed, cut out, repeated or put in."""
    data = draw(st.sampled_from(list(seeds)))
    for _ in range(draw(st.integers(0, most))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.sampled_from([1, 2, 4, 16, 64, 1000]))
        match draw(st.sampled_from(["change", "cut", "end", "repeat", "number", "noise"])):
            case "change":
                data = data[:at] + draw(st.binary(min_size=1, max_size=4)) + data[at + 1 :]
            case "cut":
                data = data[:at] + data[at + length :]
            case "end":
                data = data[:at]
            case "repeat":
                data = data[:at] + data[at : at + length] * draw(st.integers(2, 50)) + data[at:]
            case "number":
                number = draw(st.sampled_from(NUMBERS))
                data = data[:at] + number + data[at + len(number) :]
            case _:
                data = data[:at] + draw(st.binary(max_size=32)) + data[at:]
    return data


@contextmanager
def or_refused(*declared: type[Exception]) -> Iterator[None]:
    """What is inside works, or raises a declared error that says something; anything else is a crash."""
    try:
        yield
    except declared as error:
        if not str(error):
            raise AssertionError(f"{type(error).__name__} says nothing") from error


# Texts that something has stumbled over before.
NASTY = (
    "", " ", "\0", "\x1b[2J", "\u202eabc", "\u200b", "\ufeff", "\ud800", "é" * 50, "𝕏", "名", "ﷺ" * 20, "a\u0301" * 40,
    "{{7*7}}", "{0.__class__}", "{x", "%s%n", "${jndi:x}", "'; DROP TABLE jobs; --", "<script>alert(1)</script>",
    "=1+1", "../../etc/passwd", "file:///etc/passwd", "null", "NaN", "-0", "1e400", "9" * 400, "A" * 5000,
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from([2**63, -(2**63) - 1, 10**400]), st.floats(), TEXTS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=8,
)


@st.composite
def changed(draw: st.DrawFn, documents: Sequence[Any], most: int = 4) -> Any:
    """A JSON document with some of its values taken away, put elsewhere, or replaced by anything at all."""
    document = _copied(draw(st.sampled_from(list(documents))))
    for _ in range(draw(st.integers(0, most))):
        places = list(_places(document))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(["replace", "remove", "double", "swap", "deepen"])):
            case "replace":
                holder[key] = draw(VALUES)
            case "remove":
                del holder[key]
            case "double" if isinstance(holder, list):
                holder.insert(key, _copied(holder[key]))
            case "swap":
                other, name = draw(st.sampled_from(places))
                if (isinstance(other, dict) and name not in other) or (isinstance(other, list) and name >= len(other)):
                    continue
                holder[key] = _copied(other[name])
            case "deepen":
                value = holder[key]
                for _level in range(draw(st.sampled_from([1, 50, 400]))):
                    value = {"kind": "group", "elements": [value]} if isinstance(value, dict) else [value]
                holder[key] = value
            case _:
                pass
    return document


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    if depth > 12:
        return
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        yield value, key
        yield from _places(each, depth + 1)
