"""Sign-in by OpenID Connect, against a provider on loopback that can also lie."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client

# Loaded before a test switches the provider on: these addresses are those of a hub without one.
from labelhub import urls
from labelhub.accounts.models import ExternalIdentity, User
from tests.accounts.oidc.provider import OTHER_KEY, Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[Provider]:
    with Provider() as provider:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_SECRET = provider.origin, "between us"
        settings.ROOT_URLCONF = "tests.accounts.oidc.urls"
        settings.AUTHENTICATION_BACKENDS = [
            *settings.AUTHENTICATION_BACKENDS,
            "labelhub.accounts.oidc.backend.OidcBackend",
        ]
        yield provider


def come_back(provider: Provider, client: Client, query: str = "", **changed: str) -> Any:
    """Through the provider's page and back again."""
    left = client.get(f"/sign-in/oidc{query}")
    sent = {name: values[0] for name, values in parse_qs(urlsplit(left["Location"]).query).items()}
    provider.nonce = sent["nonce"]
    return client.get("/sign-in/oidc/callback", {"code": "c", "state": sent["state"]} | changed)


def is_in(client: Client) -> bool:
    return client.get("/printers").status_code == 200


def test_it_works(provider: Provider) -> None:
    client = Client()
    answer = come_back(provider, client, "?next=/jobs")
    assert (answer.status_code, answer["Location"]) == (302, "/jobs")
    assert is_in(client)
    user = User.objects.get()
    assert (user.username, user.email, user.has_usable_password()) == ("eva", "eva@example.invalid", False)
    assert (provider.asked["client_secret"], provider.asked["code"]) == ("between us", "c")
    assert len(provider.asked["code_verifier"]) >= 43


def test_the_same_person_comes_again(provider: Provider) -> None:
    come_back(provider, Client())
    provider.person |= {"preferred_username": "eva.new", "email": "new@example.invalid"}
    client = Client()
    come_back(provider, client)
    assert is_in(client)
    assert (User.objects.count(), ExternalIdentity.objects.count()) == (1, 1)


def test_nobody_becomes_somebody_else_by_a_name_or_an_address(provider: Provider) -> None:
    User.objects.create_superuser("Eva", "eva@example.invalid", "a long password")
    client = Client()
    come_back(provider, client)
    assert is_in(client)
    made = ExternalIdentity.objects.get().user
    assert (made.username, made.is_superuser) == ("eva-2", False)


def test_an_account_can_be_linked(provider: Provider) -> None:
    user = User.objects.create_user("eva.old")
    ExternalIdentity.objects.create(user=user, issuer=provider.origin, subject="17")
    come_back(provider, Client())
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://evil.test"},
        {"aud": "another-app"},
        {"exp": 1_700_000_000},
        {"nonce": "replayed"},
        {"sub": "18"},
        {"sub": None},
    ],
)
def test_a_token_that_is_not_for_us(provider: Provider, lie: dict[str, Any]) -> None:
    provider.claims = lie
    client = Client()
    answer = come_back(provider, client)
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in")
    assert not is_in(client)
    assert not User.objects.exists()


def test_a_token_of_another_key(provider: Provider) -> None:
    provider.key = OTHER_KEY
    client = Client()
    assert come_back(provider, client)["Location"] == "/sign-in"
    assert not User.objects.exists()


def test_a_state_of_somebody_else(provider: Provider) -> None:
    client = Client()
    assert come_back(provider, client, state="guessed")["Location"] == "/sign-in"
    assert Client().get("/sign-in/oidc/callback", {"code": "c", "state": "s"})["Location"] == "/sign-in"
    assert not User.objects.exists()


def test_an_answer_works_once(provider: Provider) -> None:
    client = Client()
    left = client.get("/sign-in/oidc")
    sent = {name: values[0] for name, values in parse_qs(urlsplit(left["Location"]).query).items()}
    provider.nonce = sent["nonce"]
    values = {"code": "c", "state": sent["state"]}
    assert client.get("/sign-in/oidc/callback", values)["Location"] == "/"
    assert client.get("/sign-in/oidc/callback", values)["Location"] == "/sign-in"


def test_a_provider_that_is_away_is_said(provider: Provider) -> None:
    provider.broken = True
    client = Client()
    page = client.get("/sign-in/oidc", follow=True)
    assert page.redirect_chain == [("/sign-in", 302)]
    assert "could not be signed in" in page.content.decode()


def test_who_is_switched_off_stays_out(provider: Provider) -> None:
    come_back(provider, Client())
    User.objects.update(is_active=False)
    client = Client()
    assert come_back(provider, client)["Location"] == "/sign-in"
    assert not is_in(client)


def test_it_leads_nowhere_else(provider: Provider) -> None:
    assert come_back(provider, Client(), "?next=https://evil.test/")["Location"] == "/"


def test_groups_become_roles(provider: Provider, settings: LazySettings) -> None:
    settings.OIDC_ROLES_CLAIM = "groups"
    provider.person["groups"] = ["viewer", "family"]
    client = Client()
    come_back(provider, client)
    assert User.objects.get().roles == {"viewer"}
    assert client.get("/print").status_code == 403
    provider.person["groups"] = "designer"
    come_back(provider, Client())
    assert User.objects.get().roles == {"designer"}


def test_passwords_work_beside_it(provider: Provider) -> None:
    provider.broken = True
    User.objects.create_user("ada", password="a long password")
    answer = Client().post("/sign-in", {"username": "ada", "password": "a long password"})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_it_is_off_without_an_issuer() -> None:
    assert "oidc_authentication_init" not in {pattern.name for pattern in urls.urlpatterns if hasattr(pattern, "name")}
    assert Client().get("/sign-in/oidc").status_code in {302, 404}
    assert "/sign-in/oidc" not in Client().get("/sign-in").content.decode()
