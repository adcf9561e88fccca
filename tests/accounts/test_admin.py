from importlib import import_module
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse

from labelhub.accounts.models import ApiToken, User
from printers.models import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_browser(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", password="a long password"))
    return client


FORM = {"name": "inventory", "scopes": ["read", "print"], "rate_limit_per_minute": 600, "enabled": "on"}


def test_a_new_token_is_shown_once(admin_browser: Client) -> None:
    page = admin_browser.post(reverse("admin:accounts_apitoken_add"), FORM, follow=True).content.decode()
    token = ApiToken.objects.get()
    text = next(word for word in page.replace("<", " ").split() if word.startswith(f"lh_{token.prefix}_"))
    assert ApiToken.find(text) == token
    assert token.scopes == ["read", "print"]
    again = admin_browser.get(reverse("admin:accounts_apitoken_change", args=[token.pk])).content.decode()
    assert text not in again
    assert token.digest not in again


def test_a_change_keeps_the_secret(admin_browser: Client) -> None:
    token, text = ApiToken.issue("script", ["read"])
    admin_browser.post(reverse("admin:accounts_apitoken_change", args=[token.pk]), FORM | {"scopes": ["read"]})
    found = ApiToken.find(text)
    assert found is not None
    assert found.name == "inventory"


def test_revoke_revokes(admin_browser: Client) -> None:
    token, text = ApiToken.issue("script", ["read"])
    kept, kept_text = ApiToken.issue("kept", ["read"])
    url = reverse("admin:accounts_apitoken_changelist")
    admin_browser.post(url, {"action": "revoke", "_selected_action": [str(token.pk)]})
    assert ApiToken.find(text) is None
    assert ApiToken.find(kept_text) == kept


@pytest.mark.parametrize(
    "model",
    [
        "accounts_user",
        "accounts_apitoken",
        "auth_group",
        "printers_printer",
        "printers_userlimit",
        "printers_event",
        "jobs_job",
        "jobs_batch",
    ],
)
def test_every_list_opens(admin_browser: Client, model: str) -> None:
    assert admin_browser.get(reverse(f"admin:{model}_changelist")).status_code == 200


def test_an_event_of_a_printer_that_is_gone_opens(admin_browser: Client) -> None:
    event = record("printer.status", printer_id=uuid4())
    assert admin_browser.get(reverse("admin:printers_event_changelist")).status_code == 200
    assert admin_browser.get(reverse("admin:printers_event_change", args=[event.pk])).status_code == 200
    # Only PostgreSQL has such rows.
    event.delete()


def test_it_does_not_open_for_others(client: Client) -> None:
    client.force_login(User.objects.create_user("eva", password="a long password"))
    assert client.get(reverse("admin:accounts_apitoken_changelist")).status_code == 302


def test_the_role_admin_opens_the_administration(admin_browser: Client) -> None:
    user = User.objects.create_user("eva", password="a long password")
    group, _made = Group.objects.get_or_create(name="admin")
    form = {"username": "eva", "groups": [group.pk], "is_active": "on", "date_joined_0": "2026-01-01",
            "date_joined_1": "00:00:00"}  # fmt: skip
    answer = admin_browser.post(reverse("admin:accounts_user_change", args=[user.pk]), form)
    assert answer.status_code == 302
    eva = Client()
    eva.force_login(user)
    assert eva.get(reverse("admin:accounts_apitoken_changelist")).status_code == 200
    user.groups.clear()
    eva.force_login(User.objects.get(pk=user.pk))
    assert eva.get(reverse("admin:accounts_apitoken_changelist")).status_code == 403


def test_its_classes_are_sound() -> None:
    # Imported when somebody goes there, they are in none of the checks at the start.
    import_module("labelhub.administration")
    assert admin.site.is_registered(ApiToken)
    assert run_checks(tags=["admin"]) == []
