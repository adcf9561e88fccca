"""Guessing passwords is slow, and nobody is ever locked out for good."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client
from django.utils import timezone

from labelhub.accounts.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "a long password"


@pytest.fixture
def _eva() -> None:
    User.objects.create_user("eva", password=PASSWORD)


def sign_in(password: str, *, name: str = "eva", address: str = "127.0.0.9") -> Any:
    return Client().post("/sign-in", {"username": name, "password": password}, REMOTE_ADDR=address)


@pytest.mark.usefixtures("_eva")
def test_it_works() -> None:
    assert sign_in(PASSWORD).status_code == 302
    assert sign_in("wrong").status_code == 200


@pytest.mark.usefixtures("_eva")
def test_after_ten_wrong_ones_even_the_right_one_waits() -> None:
    answers = [sign_in("wrong") for _ in range(settings.AXES_FAILURE_LIMIT)]
    assert [answer.status_code for answer in answers] == [200] * 9 + [429]
    later = sign_in(PASSWORD)
    assert later.status_code == 429
    assert "nobody can sign in from here for 15 minutes" in later.content.decode()
    assert settings.AXES_COOLOFF_TIME * 60 == 15


@pytest.mark.usefixtures("_eva")
def test_others_are_not_locked_out_with_them() -> None:
    User.objects.create_user("ada", password=PASSWORD)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in("wrong")
    assert sign_in(PASSWORD, address="127.0.0.10").status_code == 302
    assert sign_in(PASSWORD, name="ada").status_code == 302


@pytest.mark.usefixtures("_eva")
def test_it_ends_by_itself() -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT + 5):
        sign_in("wrong")
    assert sign_in(PASSWORD).status_code == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert sign_in(PASSWORD).status_code == 302


@pytest.mark.usefixtures("_eva")
def test_whoever_goes_on_guessing_does_not_make_it_permanent() -> None:
    """A try during the wait must not start the wait again, or anybody could keep a person out for ever."""
    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in("wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14))
    sign_in("wrong")
    AccessAttempt.objects.filter().update(
        attempt_time=AccessAttempt.objects.get().attempt_time - timedelta(minutes=1, seconds=1)
    )
    assert sign_in(PASSWORD).status_code == 302
