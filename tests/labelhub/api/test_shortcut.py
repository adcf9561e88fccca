"""A script's request and a browser's get the same answer, on two ways."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from labelhub.accounts.models import ApiToken
from labelhub.api import BUSIEST
from tests.api import make_printer

pytestmark = pytest.mark.django_db

BROWSER = {"Accept-Language": "en", "Cookie": "theme=dark"}


@pytest.fixture
def token() -> str:
    return ApiToken.issue("script", ["read"])[1]


def ask(path: str, token: str, **headers: str) -> tuple[int, str, bytes]:
    response = Client(headers={"Authorization": f"Bearer {token}", **headers}).get(path)
    return response.status_code, response["Content-Type"], response.content


@pytest.mark.parametrize(
    "path", ["/api/printers", "/api/jobs?limit=no", "/api/nothing", "/api/", "/api/print", "/api/jobs?x=1"]
)
def test_both_ways_answer_the_same(path: str, token: str) -> None:
    make_printer("one")
    assert ask(path, token) == ask(path, token, **BROWSER)
    assert ask(path, "lh_wrong") == ask(path, "lh_wrong", **BROWSER)


def test_what_only_browsers_need_is_not_there(token: str) -> None:
    make_printer("one")
    script = Client(headers={"Authorization": f"Bearer {token}"}).get("/api/printers")
    browser = Client(headers={"Authorization": f"Bearer {token}", **BROWSER}).get("/api/printers")
    assert "Vary" not in script
    assert "Accept-Language" in browser["Vary"]
    for name in ("X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy", "Content-Length"):
        assert script[name] == browser[name]
    assert script["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_another_host_is_refused(token: str) -> None:
    status, kind, _ = ask("/api/printers", token, Host="elsewhere.invalid")
    assert (status, kind) == (400, "application/problem+json")


def test_it_does_not_go_on_in_the_language_of_the_page_before(token: str) -> None:
    translation.activate("de")
    assert ask("/api/printers", token)[0] == 200
    assert translation.get_language() == settings.LANGUAGE_CODE


def test_a_session_is_not_even_looked_up(token: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    printer = make_printer("one")
    ask("/api/printers", token)
    with django_assert_num_queries(2):
        assert ask(f"/api/printers/{printer.pk}/status", token)[0] == 200


def test_what_is_asked_most_is_tried_first() -> None:
    (api,) = (each for each in get_resolver().url_patterns if str(each.pattern) == "api/")
    assert isinstance(api, URLResolver)
    assert tuple(str(each.pattern) for each in api.url_patterns[: len(BUSIEST)]) == BUSIEST
