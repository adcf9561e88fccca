"""Instants as older hubs wrote them: with an offset, with Z, with none, with two."""

import re
from datetime import UTC, datetime, tzinfo
from enum import Enum

# date, T or space, time to seconds, up to nine digits of a second, then none, one or two offsets
INSTANT = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})[T ](?P<time>\d{2}:\d{2}:\d{2})(?:\.(?P<fraction>\d{1,9}))?"
    r"\s?(?P<offset>Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?(?P<appended>[+]00:?00)?\Z"
)


class Fold(Enum):
    """Which of the two instants an ambiguous local time means (PEP 495)."""

    EARLIER = 0
    LATER = 1


class UnreadableInstant(ValueError):
    """The text is no date and time."""


class DoubtfulInstant(ValueError):
    """A local time that the zone has twice, or never."""


def parse_instant(text: str, zone: tzinfo, fold: Fold | None = None) -> datetime:
    """The instant that `text` means, in UTC.

    A text without an offset is local time in `zone`. Of two offsets the first one is true: a known migration appended
    `+00:00` to what had a negative offset. Raises UnreadableInstant, or DoubtfulInstant for a local time that the zone
    has twice or never, unless `fold` says how to take it.
    """
    match = INSTANT.match(text.strip())
    if match is None:
        raise UnreadableInstant(f"“{text[:60]}” is no date and time")
    fraction = (match["fraction"] or "").ljust(6, "0")[:6]
    offset = match["offset"] or ""
    if offset in {"Z", ""} and match["appended"]:
        raise UnreadableInstant(f"“{text[:60]}” is no date and time")
    try:
        naive = datetime.fromisoformat(f"{match['date']} {match['time']}.{fraction}")
        if offset:
            return datetime.fromisoformat(f"{naive.isoformat(' ')}{'+00:00' if offset == 'Z' else offset}").astimezone(
                UTC
            )
        return _localise(naive, zone, fold)
    except (DoubtfulInstant, UnreadableInstant):
        raise
    except (ValueError, OverflowError) as error:
        raise UnreadableInstant(f"“{text[:60]}” is no date and time: {error}") from error


def _localise(naive: datetime, zone: tzinfo, fold: Fold | None) -> datetime:
    first, second = (naive.replace(tzinfo=zone, fold=n).astimezone(UTC) for n in (0, 1))
    if first == second:
        return first
    if fold is None:
        # In a gap the clock shows neither of the two when it is asked back.
        exists = first.astimezone(zone).replace(tzinfo=None) == naive
        what = "happened twice" if exists else "never happened"
        raise DoubtfulInstant(f"{naive.isoformat(' ')} {what} in {zone}")
    return second if fold is Fold.LATER else first


def rfc3339(instant: datetime) -> str:
    """UTC with `Z` (RFC 3339), microseconds only where there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
