import pytest

from labelhub.accounts import throttle
from labelhub.accounts.models import ApiToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> ApiToken:
    monkeypatch.setattr("labelhub.accounts.throttle.time.time", lambda: 1_800_000_005.0)
    made, _text = ApiToken.issue("script", ["read"])
    return made


def passed(token: ApiToken, tries: int) -> int:
    return sum(throttle.seconds_to_wait(token) == 0 for _ in range(tries))


@pytest.mark.parametrize("limit", [1, 7, 59, 60, 61, 600, 1000])
def test_exactly_so_many_pass(token: ApiToken, limit: int) -> None:
    token.rate_limit_per_minute = limit
    assert passed(token, limit + 50) == limit


def test_two_processes_together_pass_no_more(token: ApiToken, monkeypatch: pytest.MonkeyPatch) -> None:
    token.rate_limit_per_minute = 600
    assert passed(token, 105) == 105
    # Another process has blocks of its own and the same counter.
    monkeypatch.setattr(throttle, "_blocks", {})
    assert passed(token, 1000) == 490
    assert throttle.seconds_to_wait(token) == 55


def test_the_counter_is_asked_for_a_block_at_a_time(token: ApiToken, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    counted = throttle._count

    def count(key: str, amount: int) -> int:
        asked.append(amount)
        return counted(key, amount)

    monkeypatch.setattr(throttle, "_count", count)
    token.rate_limit_per_minute = 600
    assert passed(token, 100) == 100
    assert asked == [10] * 10


def test_the_next_minute_begins_anew(token: ApiToken, monkeypatch: pytest.MonkeyPatch) -> None:
    token.rate_limit_per_minute = 2
    assert passed(token, 5) == 2
    monkeypatch.setattr("labelhub.accounts.throttle.time.time", lambda: 1_800_000_065.0)
    assert passed(token, 5) == 2


def test_no_limit_asks_nobody(token: ApiToken, monkeypatch: pytest.MonkeyPatch) -> None:
    token.rate_limit_per_minute = 0
    monkeypatch.setattr(throttle, "_count", None)
    assert passed(token, 5) == 5
