"""The page “API”: tokens of one's own, never more than oneself may."""

import json
import re
import shlex
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from labelhub.accounts.models import ApiToken, User
from printers.models import TokenBinding, UserLimit
from tests.api import Script
from tests.pages.rows import make_printer, make_template
from tests.pages.test_roles import person

pytestmark = pytest.mark.django_db

FORM = {"name": "inventory", "scopes": ["read"], "expires": "90"}


def secret_of(answer: Any) -> str:
    found = re.search(r'id="secret">(lh_[^<]+)<', answer.content.decode())
    assert found
    return found[1]


def test_it_works() -> None:
    printer = make_printer()
    answer = person("printer").post("/tokens", FORM)
    assert (answer.status_code, answer["Cache-Control"].count("no-store")) == (201, 1)
    token, text = ApiToken.objects.get(), secret_of(answer)
    assert ApiToken.find(text) == token
    assert (token.name, token.scopes, token.user) == ("inventory", ["read"], User.objects.get())
    assert token.expires_at is not None
    assert 89 <= (token.expires_at - timezone.now()).days <= 90
    assert Script(text).get(f"/api/printers/{printer.id}").status_code == 200


def test_it_is_shown_this_once() -> None:
    client = person("printer")
    text = secret_of(client.post("/tokens", FORM))
    page = client.get("/tokens").content.decode()
    assert text not in page
    assert ApiToken.objects.get().digest not in page
    assert f"lh_{text[3:11]}…" in page
    assert "$TOKEN" in page


def test_the_commands_are_true() -> None:
    """The command as it stands on the page, taken apart as a shell would, is a request that prints."""
    printer = make_printer()
    make_template()
    answer = person("printer").post("/tokens", FORM | {"scopes": ["read", "print"]})
    command = re.search(r'id="command-print">(.*?)</pre>', answer.content.decode(), re.DOTALL)
    assert command
    words = shlex.split(unescape(command[1]).replace("\\\n", " "))
    body = json.loads(words[words.index("-d") + 1])
    assert words[-1] == "http://testserver/api/print"
    token = next(word for word in words if word.startswith("Authorization: Bearer ")).rpartition(" ")[2]
    response = Script(token).post("/api/print", body)
    assert response.status_code == 202, response.content
    assert printer.jobs.count() == 1


@pytest.mark.parametrize("wanted", ["manage", "admin", "design", "nonsense"])
def test_nobody_gives_more_than_they_have(wanted: str) -> None:
    answer = person("printer").post("/tokens", FORM | {"scopes": ["read", wanted]})
    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


def test_nobody_gives_a_printer_that_they_may_not_use() -> None:
    near, far = make_printer("near"), make_printer("far")
    client = person("printer")
    UserLimit.objects.create(user=User.objects.get(), printer=near)
    assert str(far.id) not in client.get("/tokens").content.decode()
    assert client.post("/tokens", FORM | {"printers": [str(far.id)]}).status_code == 422
    assert not ApiToken.objects.exists()


def test_it_can_be_for_some_printers() -> None:
    near, far = make_printer("near"), make_printer("far")
    text = secret_of(person("printer").post("/tokens", FORM | {"printers": [str(near.id)]}))
    assert [binding.printer for binding in TokenBinding.objects.all()] == [near]
    assert Script(text).get(f"/api/printers/{near.id}").status_code == 200
    assert Script(text).get(f"/api/printers/{far.id}").status_code == 404


@pytest.mark.parametrize("wrong", [{"name": " "}, {"scopes": []}, {"expires": "forever"}, {"name": "x" * 121}])
def test_what_is_wrong_is_said(wrong: dict[str, Any]) -> None:
    assert person("printer").post("/tokens", FORM | wrong).status_code == 422
    assert not ApiToken.objects.exists()


def test_it_may_never_expire() -> None:
    person("printer").post("/tokens", FORM | {"expires": "never"})
    assert ApiToken.objects.get().expires_at is None


def test_revoked_at_once() -> None:
    client = person("printer")
    text = secret_of(client.post("/tokens", FORM))
    token = ApiToken.objects.get()
    assert client.post(f"/tokens/{token.id}/revoke").status_code == 302
    assert Script(text).get("/api/printers").status_code == 401


def test_nobody_sees_or_revokes_the_tokens_of_others() -> None:
    token, text = ApiToken.issue("hers", ["read"], user=User.objects.create_user("ada"))
    client = person("admin")
    assert "hers" not in client.get("/tokens").content.decode()
    assert client.post(f"/tokens/{token.id}/revoke").status_code == 404
    assert ApiToken.find(text) == token


def test_there_is_a_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelhub.tokens.forms.MOST_TOKENS", 1)
    client = person("printer")
    assert [client.post("/tokens", FORM).status_code for _ in range(2)] == [201, 422]
    assert ApiToken.objects.count() == 1


def test_a_forged_post_makes_none() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("eva"))
    assert client.post("/tokens", FORM).status_code == 403
    assert not ApiToken.objects.exists()


def test_names_are_only_text() -> None:
    text = person("printer").post("/tokens", FORM | {"name": "<b>x</b>"}).content.decode()
    assert "<b>x</b>" not in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
