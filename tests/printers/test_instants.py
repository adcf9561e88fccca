from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.instants import DoubtfulInstant, Fold, UnreadableInstant, parse_instant, rfc3339

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2026-05-17T11:51:33.798110", "2026-05-17T09:51:33.798110Z"),
        ("2026-05-17 11:51:33.798110", "2026-05-17T09:51:33.798110Z"),
        ("2026-05-17 11:51:33", "2026-05-17T09:51:33Z"),
        ("2026-05-17T11:51:33.5", "2026-05-17T09:51:33.500000Z"),
        ("2026-05-17T11:51:33Z", "2026-05-17T11:51:33Z"),
        ("2026-05-17T11:51:33+02:00", "2026-05-17T09:51:33Z"),
        ("2026-05-17T11:51:33.250000+05:30", "2026-05-17T06:21:33.250000Z"),
        ("2026-05-17 11:51:33+00", "2026-05-17T11:51:33Z"),
        ("2025-07-01 10:00:00-05:00+00:00", "2025-07-01T15:00:00Z"),
        ("2025-07-01T10:00:00.000001-05:00+00:00", "2025-07-01T15:00:00.000001Z"),
        ("2025-07-01 10:00:00+00:00+00:00", "2025-07-01T10:00:00Z"),
    ],
)
def test_it_works(text: str, means: str) -> None:
    assert rfc3339(parse_instant(text, BERLIN)) == means


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30T00:00:00", "2026-05-17", "2026-05-17T25:00:00", "2026-05-17T11:51:33Z+00:00"]
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(UnreadableInstant):
        parse_instant(text, UTC)


@pytest.mark.parametrize(
    ("text", "why", "earlier", "later"),
    [
        ("2026-10-25T02:30:00", "happened twice", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
        ("2026-03-29T02:30:00", "never happened", "2026-03-29T01:30:00Z", "2026-03-29T00:30:00Z"),
    ],
)
def test_doubtful_local_times_need_a_fold(text: str, why: str, earlier: str, later: str) -> None:
    with pytest.raises(DoubtfulInstant, match=why):
        parse_instant(text, BERLIN)
    assert rfc3339(parse_instant(text, BERLIN, Fold.EARLIER)) == earlier
    assert rfc3339(parse_instant(text, BERLIN, Fold.LATER)) == later


@given(
    st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["T", " "]),
)
def test_any_offset_keeps_the_instant(naive: datetime, minutes: int, separator: str) -> None:
    aware = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_instant(aware.isoformat(separator), BERLIN) == aware
    damaged = aware.isoformat(separator) + "+00:00"
    assert parse_instant(damaged, BERLIN) == aware
    assert parse_instant(rfc3339(aware), BERLIN) == aware
