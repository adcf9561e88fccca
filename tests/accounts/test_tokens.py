from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from labelhub.accounts.models import ApiToken, User
from labelhub.accounts.throttle import seconds_to_wait

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _early_in_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelhub.accounts.throttle.time.time", lambda: 1_800_000_005.0)


def test_it_is_found_by_its_text_alone(django_assert_num_queries: Any) -> None:
    token, text = ApiToken.issue("script", ["read"])
    ApiToken.issue("other", ["admin"])
    with django_assert_num_queries(1):
        assert ApiToken.find(text) == token
    assert text.startswith("lh_")
    assert text not in {token.digest, token.prefix}
    assert len(text.split("_", 2)[2]) >= 32


@pytest.mark.parametrize("text", ["", "lh_", "lh_00000000_x", "Bearer", "lh_\0\0\0\0\0\0\0\0_x"])
def test_what_is_no_token_is_not_found(text: str) -> None:
    ApiToken.issue("script", ["read"])
    assert ApiToken.find(text) is None


def test_a_secret_that_differs_in_its_last_letter_is_refused() -> None:
    _token, text = ApiToken.issue("script", ["read"])
    assert ApiToken.find(text[:-1] + ("a" if text[-1] != "a" else "b")) is None


def test_an_expired_token_is_refused() -> None:
    _token, text = ApiToken.issue("script", ["read"], expires_at=timezone.now() - timedelta(seconds=1))
    assert ApiToken.find(text) is None


def test_a_disabled_token_is_refused() -> None:
    token, text = ApiToken.issue("script", ["read"])
    ApiToken.objects.filter(pk=token.pk).update(enabled=False)
    assert ApiToken.find(text) is None


def test_a_revoked_token_is_refused_at_once() -> None:
    token, text = ApiToken.issue("script", ["read"])
    token.revoke()
    assert ApiToken.find(text) is None


def test_the_token_of_a_person_who_left_is_refused() -> None:
    user = User.objects.create_user("eva", is_active=False)
    _token, text = ApiToken.issue("script", ["read"], user=user)
    assert ApiToken.find(text) is None


def test_last_use_is_written_once_a_minute(django_assert_num_queries: Any) -> None:
    token, text = ApiToken.issue("script", ["read"])
    token.note_use("127.0.0.9")
    found = ApiToken.find(text)
    assert found is not None
    first = found.last_used_at
    with django_assert_num_queries(0):
        found.note_use("127.0.0.10")
    token.refresh_from_db()
    assert (token.last_used_at, token.last_used_from) == (first, "127.0.0.9")


def test_two_processes_write_one_use() -> None:
    token, text = ApiToken.issue("script", ["read"])
    stale = ApiToken.find(text)
    assert stale is not None
    token.note_use("127.0.0.9")
    stale.note_use("127.0.0.10")
    token.refresh_from_db()
    assert token.last_used_from == "127.0.0.9"


def test_the_limit_is_exact() -> None:
    token, _text = ApiToken.issue("script", ["read"])
    token.rate_limit_per_minute = 3
    waits = [seconds_to_wait(token) for _ in range(5)]
    assert waits[:3] == [0, 0, 0]
    assert all(1 <= wait <= 60 for wait in waits[3:])


def test_no_limit_counts_nothing() -> None:
    token, _text = ApiToken.issue("script", ["read"])
    token.rate_limit_per_minute = 0
    assert [seconds_to_wait(token) for _ in range(3)] == [0, 0, 0]


def test_one_token_does_not_use_up_the_limit_of_another() -> None:
    mine, _text = ApiToken.issue("mine", ["read"])
    yours, _text = ApiToken.issue("yours", ["read"])
    mine.rate_limit_per_minute = yours.rate_limit_per_minute = 1
    assert seconds_to_wait(mine) == 0
    assert seconds_to_wait(mine) > 0
    assert seconds_to_wait(yours) == 0


def test_a_broker_that_is_away_does_not_lift_the_limit(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    from labelhub.accounts import throttle

    monkeypatch.setattr(throttle, "_local_until", 0.0)
    settings.CACHES = settings.CACHES | {
        "rates": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
            "OPTIONS": {"socket_connect_timeout": 0.2},
        }
    }
    token, _text = ApiToken.issue("script", ["read"])
    token.rate_limit_per_minute = 2
    assert [bool(seconds_to_wait(token)) for _ in range(3)] == [False, False, True]
