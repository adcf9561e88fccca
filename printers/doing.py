"""What a thread is at, and for which request, job and printer: for the log lines, and for traces where they are on."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from types import MappingProxyType
from typing import Protocol


class Tracer(Protocol):
    def span(self, what: str, ids: Mapping[str, str]) -> AbstractContextManager[object]: ...

    def describe(self, what: str, facts: Mapping[str, str | int]) -> None: ...


_ids: ContextVar[Mapping[str, str]] = ContextVar("ids", default=MappingProxyType({}))
_tracer: list[Tracer] = []


@contextmanager
def doing(what: str, **ids: object) -> Iterator[None]:
    """Every log line until the end carries these ids, beside those that stand already; `what` is a span's name."""
    token = _ids.set({**_ids.get(), **{name: str(value) for name, value in ids.items()}})
    try:
        with _tracer[0].span(what, _ids.get()) if _tracer else nullcontext():
            yield
    finally:
        _ids.reset(token)


def is_traced() -> bool:
    return bool(_tracer)


def describe(what: str, facts: Mapping[str, str | int]) -> None:
    """What this thread is at, now that it is known better: the name of its span, and its attributes."""
    if _tracer:
        _tracer[0].describe(what, facts)


def current_ids() -> Mapping[str, str]:
    return _ids.get()


def trace_by(tracer: Tracer | None) -> None:
    """From now on, in this process."""
    _tracer[:] = [tracer] if tracer else []
