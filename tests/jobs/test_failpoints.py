from collections import Counter

import pytest

from jobs import failpoints
from jobs.failpoints import FailpointError, _parsed, hit


def test_off_it_does_nothing() -> None:
    for name in failpoints.POINTS:
        hit(name)


def test_it_acts_at_the_time_that_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failpoints, "_armed", _parsed("claimed=raise@2, sent=raise"))
    monkeypatch.setattr(failpoints, "_hits", Counter())
    hit("claimed")
    with pytest.raises(FailpointError):
        hit("claimed")
    hit("claimed")
    with pytest.raises(FailpointError):
        hit("sent")


@pytest.mark.parametrize("text", ["claimd=kill", "claimed", "claimed=explode", "claimed=kill@x"])
def test_a_wrong_one_is_an_error_at_start(text: str) -> None:
    with pytest.raises(ValueError):
        _parsed(text)
