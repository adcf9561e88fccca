"""What a thread is at, and for which request, job and printer: for the log lines, and for traces where they are on."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Protocol


class Tracer(Protocol):
    def span(self, what: str, ids: Mapping[str, str]) -> AbstractContextManager[object]: ...

    def describe(self, what: str, facts: Mapping[str, str | int]) -> None: ...


_ids: ContextVar[Mapping[str, object]] = ContextVar("ids", default=MappingProxyType({}))
_tracer: list[Tracer] = []


def doing(what: str, **ids: object) -> AbstractContextManager[None]:
    """Every log line until the end carries these ids, beside those that stand already; `what` is a span's name."""
    return _traced(what, ids) if _tracer else _Doing(ids)


class _Doing:
    """Three for every label, of which one has a line: ids stay what they are until then."""

    __slots__ = ("_added", "_before")

    def __init__(self, ids: Mapping[str, object]) -> None:
        self._added = ids

    def __enter__(self) -> None:
        self._before = _ids.set({**_ids.get(), **self._added})

    def __exit__(self, *_error: object) -> None:
        _ids.reset(self._before)


@contextmanager
def _traced(what: str, ids: Mapping[str, object]) -> Iterator[None]:
    with _Doing(ids), _tracer[0].span(what, current_ids()):
        yield


def is_traced() -> bool:
    return bool(_tracer)


def describe(what: str, facts: Mapping[str, str | int]) -> None:
    """What this thread is at, now that it is known better: the name of its span, and its attributes."""
    if _tracer:
        _tracer[0].describe(what, facts)


def current_ids() -> Mapping[str, str]:
    return {name: str(value) for name, value in _ids.get().items()}


def trace_by(tracer: Tracer | None) -> None:
    """From now on, in this process."""
    _tracer[:] = [tracer] if tracer else []
