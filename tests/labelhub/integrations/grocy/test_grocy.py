import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from jobs.models import Job
from labelhub.integrations import lookup
from labelhub.integrations.errors import IntegrationFailed, UnknownItem
from templates_app.registration import load_builtin
from tests.api import assert_problem, make_printer
from tests.labelhub.conftest import Configure
from tests.labelhub.integrations.app import App
from tests.labelhub.integrations.grocy.fake import KEY, answers

SECRET = "a-secret-of-the-tests"
ORIGIN = "http://grocy.invalid"
ENTRY = """
[[integration]]
kind = "grocy"
name = "pantry"
url = "{origin}/grocy"
token = "{key}"
template = "box-24"
printer = "main/workbench"
webhook_secret = "{secret}"
browser_origin = "{browser}"
"""
MESSAGE = {"product": "Tomato sauce", "grocycode": "grcy:p:13:62596f7263051", "due_date": "DD: 2026-12-24"}
PRINTED = {"title": "Tomato sauce", "code": "grcy:p:13:62596f7263051"}


@pytest.fixture
def app(configure: Configure) -> Iterator[App]:
    with App(answers) as app:
        configure(ENTRY.format(origin=app.origin, key=KEY, secret=SECRET, browser=ORIGIN))
        yield app


@pytest.fixture
def _ready(db: None) -> None:
    load_builtin()
    make_printer(media="tze:24")


@pytest.mark.parametrize("name", ["13", "grcy:p:13", "grcy:p:13:62596f7263051", "https://grocy.invalid/product/13"])
def test_it_works(app: App, name: str) -> None:
    item = lookup.find("pantry", name)
    assert (item.id, item.title, item.url) == ("13", "Tomato sauce", f"{app.origin}/grocy/product/13")
    assert item.fields == {
        "id": "13", "name": "Tomato sauce", "title": "Tomato sauce", "code": "grcy:p:13", "url": item.url,
        "place": "Pantry", "location": "Pantry", "detail": "Home made", "due_date": "2026-12-24", "unit": "Glass",
        "amount": "3",
    }  # fmt: skip


def test_never_is_no_date(app: App) -> None:
    assert "due_date" not in lookup.find("pantry", "14").fields


def test_search(app: App) -> None:
    assert [(each.id, each.fields["code"]) for each in lookup.search("pantry", "sauce")] == [("13", "grcy:p:13")]


@pytest.mark.parametrize("name", ["15", "grcy:c:13", "sauce"])
def test_an_unknown_product(app: App, name: str) -> None:
    with pytest.raises(UnknownItem):
        lookup.find("pantry", name)


@pytest.mark.parametrize("body", [{}, [], {"product": {"id": 13}}, {"product": "Rice"}, [{"id": 1}], "x"])
def test_json_of_another_shape(app: App, body: object) -> None:
    app.answers = lambda _: (200, body)
    with pytest.raises(IntegrationFailed, match="does not understand"):
        lookup.find("pantry", "13")


def sent(content: Any, kind: str = "application/json", **headers: str) -> Any:
    return Client().post("/api/webhooks/pantry", content, content_type=kind, headers=headers)


@pytest.mark.usefixtures("app", "_ready")
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded; charset=UTF-8"])
def test_its_own_message_prints(kind: str) -> None:
    """By LABEL_PRINTER_PARAMS the token stands in the message."""
    whole = MESSAGE | {"token": SECRET}
    answer = sent(json.dumps(whole) if "json" in kind else urlencode(whole), kind)
    assert answer.status_code == 202, answer.content
    job = Job.objects.get()
    assert (job.fields, job.requested_by) == (PRINTED, "webhook pantry (127.0.0.1)")


@pytest.mark.usefixtures("app", "_ready")
def test_several_labels_of_one_thing_are_several_messages() -> None:
    for _ in range(3):
        assert sent(json.dumps(MESSAGE), X_Webhook_Token=SECRET).status_code == 202
    assert Job.objects.count() == 3


@pytest.mark.usefixtures("app", "_ready")
@pytest.mark.parametrize("token", ["", "wrong", None, 1, {"a": 1}])
def test_without_its_token_nothing_prints(token: object) -> None:
    assert_problem(sent(json.dumps(MESSAGE | {"token": token})), 401, "not-authenticated")
    assert not Job.objects.exists()


@pytest.mark.usefixtures("app", "_ready")
@pytest.mark.parametrize("message", [{}, [], {"product": "Rice"}, {"grocycode": "grcy:p:1"}, {"product": ["x"]}])
def test_another_message_prints_nothing(message: object) -> None:
    assert_problem(sent(json.dumps(message), X_Webhook_Token=SECRET), 422, "invalid")
    assert not Job.objects.exists()


@pytest.mark.usefixtures("app", "_ready")
class TestFromTheBrowser:
    """Grocy with LABEL_PRINTER_RUN_SERVER off: the page of Grocy calls."""

    def test_its_origin_may(self) -> None:
        asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        answer = Client().options("/api/webhooks/pantry", headers=asked)
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, ORIGIN)
        assert "Content-Type" in answer["Access-Control-Allow-Headers"]
        answer = sent(json.dumps(MESSAGE | {"token": SECRET}), Origin=ORIGIN)
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (202, ORIGIN)
        assert "Origin" in answer["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer

    def test_it_can_read_why_nothing_was_printed(self) -> None:
        answer = sent(json.dumps(MESSAGE), Origin=ORIGIN)
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (401, ORIGIN)

    @pytest.mark.parametrize(
        "origin", ["http://grocy.invalid:81", "https://grocy.invalid", "null", "http://evil.invalid"]
    )
    def test_no_other_may(self, origin: str) -> None:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for path in ("/api/webhooks/pantry", "/api/webhooks/other", "/api/print"):
            answer = Client().options(path, headers=asked)
            assert (answer.status_code, "Access-Control-Allow-Origin" in answer) == (405, False)
