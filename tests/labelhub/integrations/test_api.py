from collections.abc import Iterator

import pytest

from jobs.models import Job
from templates_app.registration import load_builtin
from tests.api import assert_problem, make_printer, script
from tests.labelhub.conftest import Configure
from tests.labelhub.integrations.app import App
from tests.labelhub.integrations.snipeit.fake import TOKEN, answers, asset

pytestmark = pytest.mark.django_db
ENTRIES = """
[[integration]]
kind = "snipeit"
name = "inventory"
url = "{origin}"
token = "{token}"
template = "name-18"
printer = "main/workbench"

[[integration]]
kind = "webhook"
name = "calls"

[[integration]]
kind = "grocy"
name = "broken"
"""


@pytest.fixture
def app(configure: Configure) -> Iterator[App]:
    with App(answers) as app:
        configure(ENTRIES.format(origin=app.origin, token=TOKEN))
        yield app


def test_it_works(app: App) -> None:
    """What is looked up can be printed as it is."""
    load_builtin()
    make_printer(media="tze:12")
    caller = script("print")
    found = caller.get("/api/lookup/inventory/1042")
    assert found.status_code == 200
    item = found.json()
    assert (item["integration"], item["id"], item["printer"], item["pool"]) == (
        "inventory", "1042", "main/workbench", None,
    )  # fmt: skip
    assert item["fields"]["serial"] == "SN-1042"
    assert [each["key"] for each in item["templates"]] == ["name-18", "asset-tag-12", "box-24", "shelf-62"]
    fields = {each["key"]: each["fields"] for each in item["templates"]}
    assert fields["asset-tag-12"] == {
        "name": 'Bench "drill"', "id": "A-1042", "owner": "Workshop & yard", "url": f"{app.origin}/hardware/1042",
    }  # fmt: skip
    body = {"printer": item["printer"], "template": "asset-tag-12", "fields": fields["asset-tag-12"]}
    assert caller.post("/api/print", body).status_code == 202
    assert Job.objects.get().fields == fields["asset-tag-12"]


def test_a_template_is_suggested_only_where_it_fits(app: App) -> None:
    load_builtin()
    long = asset(9, "A-9", "x" * 45, location={"id": 1, "name": "y" * 30})
    app.answers = lambda _: (200, long)
    found = {each["key"]: each["fields"] for each in script().get("/api/lookup/inventory/9").json()["templates"]}
    # A required text that is too long (name-18, box-24, shelf-62) rules it out, one that may be left out does not.
    assert set(found) == {"asset-tag-12"}
    assert found["asset-tag-12"]["owner"] == "y" * 30


def test_search(app: App) -> None:
    [item] = script("print").get("/api/lookup/inventory?q=drill").json()["items"]
    assert (item["id"], item["title"], item["fields"]["id"]) == ("1042", 'A-1042 · Bench "drill"', "A-1042")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("nowhere/1", 404, "unknown-integration"),
        ("nowhere?q=x", 404, "unknown-integration"),
        ("calls/1", 404, "unknown-integration"),
        ("calls?q=x", 404, "unknown-integration"),
        ("inventory/8", 404, "unknown-item"),
        ("inventory", 422, "invalid"),
        ("inventory?q=", 422, "invalid"),
        ("broken/1", 502, "integration-failed"),
        ("broken?q=x", 502, "integration-failed"),
    ],
)
def test_refusals(app: App, path: str, status: int, code: str) -> None:
    assert_problem(script().get(f"/api/lookup/{path}"), status, code)


def test_an_app_that_fails_is_a_502_with_what_to_do(app: App) -> None:
    app.answers = lambda _: (403, {})
    problem = assert_problem(script().get("/api/lookup/inventory/1042"), 502, "integration-failed")
    assert problem["detail"].endswith("Put one that is valid, and may read, into the configuration.")
    assert TOKEN not in str(problem)


def test_too_many_at_once_are_a_503(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelhub.integrations.client._all_turns.acquire", lambda **_: False)
    response = script().get("/api/lookup/inventory/1042")
    assert_problem(response, 503, "integration-busy")
    assert response["Retry-After"] == "5"
    assert app.asked == []


def test_reading_is_not_enough(app: App) -> None:
    for path in ("inventory/1042", "inventory?q=drill"):
        assert_problem(script("read").get(f"/api/lookup/{path}"), 403, "forbidden")
    assert app.asked == []


def test_an_app_that_is_away_changes_nothing_about_readiness(configure: Configure) -> None:
    from django.test import Client

    before = Client().get("/readiness").json()["checks"].keys()
    configure(ENTRIES.format(origin="http://127.0.0.1:1", token=TOKEN))
    assert Client().get("/readiness").json()["checks"].keys() == before
