"""The last two weeks of a printer, day by day: labels, tape, errors, and how long it was online.

Jobs and their attempts belong to a higher room; their relations are there without importing it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from printers.models import Printer

DAYS = 14
# Beyond what a job usually waits; only so that an index can be used.
LONGEST_WAIT = timedelta(days=30)
HEIGHT, STEP, BAR = 40.0, 10.0, 7.0


@dataclass(slots=True)
class Day:
    """`online` is the share of the time of which it is known; None where nothing is."""

    date: date
    labels: int = 0
    tape_m: float = 0.0
    errors: int = 0
    online: float | None = None

    @property
    def tape_words(self) -> str:
        return _metres(self.tape_m)

    @property
    def online_words(self) -> str:
        return "–" if self.online is None else _percent(self.online)


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    height: float
    title: str

    @property
    def y(self) -> float:
        return round(HEIGHT - self.height, 1)


@dataclass(frozen=True, slots=True)
class Tile:
    """One small chart; lengths in px of a view box of 140 × 40."""

    key: str
    title: str
    total: str
    bars: list[Bar]


def history_of(printer: Printer, now: datetime | None = None) -> list[Day]:
    """Oldest first, in the reader's time zone; in a fixed number of queries."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    days = {day: Day(day) for day in (today - timedelta(days=n) for n in reversed(range(DAYS)))}
    since = timezone.make_aware(datetime.combine(min(days), time.min))
    source: Any = printer
    labels = source.jobs.filter(state="completed", finished_at__gte=since, created_at__gte=since - LONGEST_WAIT)
    for day, count in labels.order_by().values_list(TruncDate("finished_at")).annotate(n=Sum("copies")):
        if day in days:
            days[day].labels = count
    came_out = Q(outcome__in=["confirmed", "sent"])
    attempts = source.attempts.filter(ended_at__gte=since).order_by().values_list(TruncDate("ended_at"))
    for day, tape_mm, errors in attempts.annotate(
        tape=Sum("tape_mm", filter=came_out), errors=Count("id", filter=Q(outcome__in=["unknown", "not_printed"]))
    ):
        if day in days:
            days[day].tape_m, days[day].errors = (tape_mm or 0) / 1000, errors
    said = printer.events.filter(kind="printer.status")
    before = said.filter(at__lt=since).order_by("-id").values_list("at", "data").first()
    changes = [(at, data) for at, data in said.filter(at__gte=since).order_by("id").values_list("at", "data")]
    _add_stops(days, changes)
    _add_online(days, [before, *changes] if before else changes, since, now)
    return list(days.values())


def tiles_of(days: list[Day]) -> list[Tile]:
    known = [day.online for day in days if day.online is not None]
    return [
        _tile(
            days, "labels", _("Labels"), number_format(sum(day.labels for day in days), force_grouping=True),
            lambda day: day.labels, lambda day: str(day.labels),
        ),
        _tile(
            days, "tape", _("Tape"), _metres(sum(day.tape_m for day in days)),
            lambda day: day.tape_m, lambda day: day.tape_words,
        ),
        _tile(
            days, "online", _("Online"), _percent(sum(known) / len(known)) if known else "–",
            lambda day: day.online or 0, lambda day: day.online_words, most=1.0,
        ),
        _tile(
            days, "errors", _("Errors"), str(sum(day.errors for day in days)),
            lambda day: day.errors, lambda day: str(day.errors),
        ),
    ]  # fmt: skip


def _tile(
    days: list[Day],
    key: str,
    title: str,
    total: str,
    value: Callable[[Day], float],
    words: Callable[[Day], str],
    *,
    most: float = 0.0,
) -> Tile:
    most = most or max((value(day) for day in days), default=0) or 1
    bars = [
        Bar(
            round(at * STEP + (STEP - BAR) / 2, 1),
            # What is little is still seen; what is nothing is a line.
            round(max(2.0, value(day) / most * HEIGHT), 1) if value(day) else 0.6,
            f"{date_format(day.date, 'SHORT_DATE_FORMAT')}: {words(day)}",
        )
        for at, day in enumerate(days)
    ]
    return Tile(key, title, total, bars)


def _add_stops(days: dict[date, Day], changes: Iterable[tuple[datetime, dict[str, Any]]]) -> None:
    """Each time that it stopped by itself: cover, jam, tape."""
    stopped = False
    for at, data in changes:
        now_stopped = data.get("state") == "stopped" and data.get("online") is not False
        if now_stopped and not stopped and (day := days.get(timezone.localdate(at))) is not None:
            day.errors += 1
        stopped = now_stopped


def _add_online(
    days: dict[date, Day], changes: list[tuple[datetime, dict[str, Any]]], since: datetime, now: datetime
) -> None:
    known, online = dict.fromkeys(days, 0.0), dict.fromkeys(days, 0.0)
    for n, (at, data) in enumerate(changes):
        end = changes[n + 1][0] if n + 1 < len(changes) else now
        is_online = data.get("online")
        if is_online is None:
            continue
        for day, seconds in _days_between(max(at, since), end):
            if day in days:
                known[day] += seconds
                online[day] += seconds if is_online else 0
    for day, seconds in known.items():
        if seconds:
            days[day].online = online[day] / seconds


def _days_between(start: datetime, end: datetime) -> Iterable[tuple[date, float]]:
    while start < end:
        day = timezone.localdate(start)
        midnight = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
        until = min(end, midnight)
        yield day, (until - start).total_seconds()
        start = until


def _metres(value: float) -> str:
    return f"{number_format(round(value, 1 if value < 100 else 0))} m"


def _percent(share: float) -> str:
    # 100 % is said of what was never away.
    return f"{number_format(f'{int(share * 1000) / 10:g}')} %" if share < 1 else "100 %"
