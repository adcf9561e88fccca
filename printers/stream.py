"""The event log as it grows, for many listeners and with one reader.

One task per process reads new rows by id and hands them to every listener's queue. On PostgreSQL an id is given out
before its transaction commits, so a lower id may appear after a higher one: ids that were skipped are looked for again
for GRACE_S, and `resume` is the highest id below which nothing is missing any more. A listener that comes back with it
loses nothing; it may see an event twice, never not at all.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import DatabaseError, close_old_connections
from django.db.models import Q

from printers.models import Event, EventQuerySet

log = logging.getLogger(__name__)

POLL_S = 0.25
GRACE_S = 20.0
# How far below the newest id a starting reader expects late ones.
LOOK_BACK = 100
CHUNK = 500
QUEUE_SIZE = 2000
MAX_LISTENERS = 2000
PRINTERS_IN_DATA = ("from_printer", "to_printer")
Answer = TypeVar("Answer")

# All reading of all streams goes through this one thread, and so through one database connection.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="events")


class TooManyListeners(Exception):
    """This process has MAX_LISTENERS streams open."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a listener wants; what is None or empty does not limit."""

    printer: UUID | None = None
    batch: UUID | None = None
    job: UUID | None = None
    only_printers: frozenset[UUID] = frozenset()

    def matches(self, event: Event) -> bool:
        return (
            (self.printer is None or event.printer_id == self.printer)
            and (self.batch is None or event.batch_id == self.batch)
            and (self.job is None or event.job_id == self.job)
            and (not self.only_printers or event.printer_id in self.only_printers)
        )

    def among(self, events: EventQuerySet) -> EventQuerySet:
        limits = {"printer_id": self.printer, "batch_id": self.batch, "job_id": self.job}
        events = events.filter(**{name: value for name, value in limits.items() if value is not None})
        return events.filter(printer_id__in=self.only_printers) if self.only_printers else events

    def told(self, event: Event) -> Event:
        """Without the ids of printers that whoever wants it may not see: a label came from there, or went there."""
        hidden = {
            name: None
            for name in PRINTERS_IN_DATA
            if self.only_printers and name in event.data and event.data[name] not in map(str, self.only_printers)
        }
        if not hidden:
            return event
        told = copy(event)
        told.data = event.data | hidden
        return told


@dataclass(frozen=True, slots=True)
class Said:
    """An event, and the id to come back with after it."""

    event: Event
    resume: int


@dataclass(eq=False)
class Listener:
    """`since` is the newest id when it began: higher ones, and lower ones that appear late, come to its queue."""

    wanted: Wanted
    since: int
    queue: asyncio.Queue[Said | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_SIZE))
    ended: bool = False

    def hear(self, said: Said) -> None:
        if self.ended or not self.wanted.matches(said.event):
            return
        try:
            self.queue.put_nowait(said)
        except asyncio.QueueFull:
            # It reads too slowly. Ending its stream loses nothing: it comes back with the last id that it has.
            self.end()

    def end(self) -> None:
        self.ended = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


@dataclass
class Reader:
    """What has been read so far: the newest id, and the lower ids still expected (with the time to give up)."""

    newest: int = 0
    missing: dict[int, float] = field(default_factory=dict)

    def start(self, now: float) -> None:
        there = list(Event.objects.order_by("-id").values_list("id", flat=True)[:LOOK_BACK])
        self.newest = there[0] if there else 0
        # Below the lowest of these a gap is old, or the work of retention.
        gaps = set(range(max(there[-1], self.newest - LOOK_BACK), self.newest)) - set(there) if there else set()
        self.missing = dict.fromkeys(gaps, now + GRACE_S)

    def read(self, now: float) -> list[Said]:
        """What is new, in the order of ids."""
        self.missing = {n: until for n, until in self.missing.items() if until > now}
        late = Q(id__in=list(self.missing)) if self.missing else Q()
        found = list(Event.objects.filter(Q(id__gt=self.newest) | late).order_by("id")[:CHUNK])
        said = []
        for event in found:
            self.missing.pop(event.id, None)
            if event.id > self.newest:
                skipped = range(max(self.newest + 1, event.id - LOOK_BACK), event.id)
                self.missing |= dict.fromkeys(skipped, now + GRACE_S)
                self.newest = event.id
            said.append(Said(event, self.resume))
        return said

    @property
    def resume(self) -> int:
        return min(self.missing) - 1 if self.missing else self.newest


class Bus:
    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.reader = Reader()
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._stopping = False

    async def listen(self, wanted: Wanted) -> Listener:
        """Begin to listen. Raises TooManyListeners."""
        if self._stopping or len(self.listeners) >= MAX_LISTENERS:
            raise TooManyListeners
        async with self._starting:
            if self._task is None or self._task.done():
                await in_database(lambda: self.reader.start(time.monotonic()))
                self._task = asyncio.create_task(self._run(), name="event reader")
        listener = Listener(wanted, self.reader.newest)
        self.listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        if not self.listeners and self._task is not None:
            self._task.cancel()
            self._task = None

    def stop(self) -> None:
        """End every stream; call it from the event loop."""
        self._stopping = True
        for listener in list(self.listeners):
            listener.end()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            try:
                said = await in_database(lambda: self.reader.read(time.monotonic()))
            except DatabaseError as error:
                log.warning("The event log cannot be read now: %s", error)
                await asyncio.sleep(4 * POLL_S)
                continue
            for each in said:
                for listener in list(self.listeners):
                    listener.hear(each)


_buses: dict[int, Bus] = {}


def bus() -> Bus:
    """The bus of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _buses.get(id(loop))
    if found is None:
        _buses.clear()
        found = _buses[id(loop)] = Bus()
    return found


def subscribers() -> tuple[int, int]:
    """How many streams this process serves, and how many it would."""
    return sum(len(each.listeners) for each in list(_buses.values())), MAX_LISTENERS


async def in_database(work: Callable[[], Answer]) -> Answer:
    """Run `work` in the one thread that reads for all streams."""

    def guarded() -> Answer:
        close_old_connections()
        try:
            return work()
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_thread, guarded)


async def replay(wanted: Wanted, after: int, up_to: int) -> AsyncIterator[Event]:
    """What the log holds behind `after`, up to and with `up_to`."""
    while True:
        events = wanted.among(Event.objects.after(after)).filter(id__lte=up_to)
        chunk: list[Event] = await in_database(partial(list, events[:CHUNK]))
        for event in chunk:
            yield event
        if len(chunk) < CHUNK:
            return
        after = chunk[-1].id
