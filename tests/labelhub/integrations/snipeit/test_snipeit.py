from collections.abc import Iterator

import pytest
from django.test import Client

from jobs.models import Job
from labelhub.integrations import lookup
from labelhub.integrations.errors import IntegrationFailed, UnknownItem
from templates_app.registration import load_builtin
from tests.api import make_printer
from tests.labelhub.conftest import Configure
from tests.labelhub.integrations.app import App
from tests.labelhub.integrations.snipeit.fake import TOKEN, answers

SECRET = "a-secret-of-the-tests"
ENTRY = """
[[integration]]
kind = "snipeit"
name = "inventory"
url = "{origin}/"
token = "{token}"
template = "asset-tag-12"
printer = "main/workbench"
webhook_secret = "{secret}"
fields = {{ owner = "custom_fields.Department.value" }}
"""


@pytest.fixture
def app(configure: Configure) -> Iterator[App]:
    with App(answers) as app:
        configure(ENTRY.format(origin=app.origin, token=TOKEN, secret=SECRET))
        yield app


def test_it_works(app: App) -> None:
    item = lookup.find("inventory", "1042")
    assert (item.id, item.title, item.url) == ("1042", 'A-1042 · Bench "drill"', f"{app.origin}/hardware/1042")
    assert item.fields == {
        "id": "A-1042",
        "name": 'Bench "drill"',
        "title": 'Bench "drill"',
        "code": item.url,
        "url": item.url,
        "owner": "R&D",
        "place": "Workshop & yard",
        "detail": "GSB 18V · SN-1042",
        "serial": "SN-1042",
        "model": "GSB 18V",
        "model_number": "06019H5100",
        "manufacturer": "Bosch",
        "category": "Tools",
        "location": "Workshop & yard",
    }
    assert app.asked[0].headers["accept"] == "application/json"


@pytest.mark.parametrize("name", ["A-1042", "https://inventory.invalid/hardware/1042"])
def test_it_is_found_by_what_its_label_says(app: App, name: str) -> None:
    assert lookup.find("inventory", name).id == "1042"


def test_a_tag_with_a_slash_is_one_part_of_the_address(app: App) -> None:
    assert lookup.find("inventory", "A/7").fields["name"] == "GSB 18V"
    assert app.asked[0].path == "/api/v1/hardware/bytag/A%2F7"


@pytest.mark.parametrize("name", [".", ".."])
def test_no_name_leads_elsewhere(app: App, name: str) -> None:
    with pytest.raises(UnknownItem):
        lookup.find("inventory", name)
    assert app.asked == []


@pytest.mark.parametrize("name", ["8", "A-8"])
def test_an_unknown_asset(app: App, name: str) -> None:
    with pytest.raises(UnknownItem, match="Asset does not exist"):
        lookup.find("inventory", name)


def test_search(app: App) -> None:
    assert [item.title for item in lookup.search("inventory", "drill")] == ['A-1042 · Bench "drill"']
    assert app.asked[0].query == {"search": ["drill"], "limit": ["20"]}
    assert lookup.search("inventory", "nothing like it") == []


@pytest.mark.parametrize("body", [{}, [], "text", {"id": 1042}, {"rows": 3}, {"id": "x", "asset_tag": "A-1"}])
def test_json_of_another_shape(app: App, body: object) -> None:
    app.answers = lambda _: (200, body)
    for ask in (lookup.find, lookup.search):
        with pytest.raises(IntegrationFailed, match="does not understand"):
            ask("inventory", "1042")


def test_a_wrong_token(app: App, configure: Configure) -> None:
    configure(ENTRY.format(origin=app.origin, token="wrong", secret=SECRET))
    with pytest.raises(IntegrationFailed, match=r"refuses the hub's token \(401\)"):
        lookup.find("inventory", "1042")


SLACK = """{{"channel": "#stock", "username": "Snipe-IT", "text": null, "attachments": [{{"fallback": "Checked out",
"title": "Bench drill", "title_link": "{origin}\\/hardware\\/1042", "color": "good"}}]}}"""


@pytest.mark.django_db
@pytest.mark.parametrize("body", [SLACK, '{{"id": 1042}}', '{{"id": "A-1042"}}'])
def test_its_message_prints_the_asset(app: App, body: str) -> None:
    load_builtin()
    make_printer(media="tze:12")
    answer = Client().post(
        f"/api/webhooks/inventory/{SECRET}", body.format(origin=app.origin), content_type="application/json"
    )
    assert answer.status_code == 202, answer.content
    job = Job.objects.get()
    assert (job.template_key, job.requested_by, job.source_address) == (
        "asset-tag-12", "webhook inventory (127.0.0.1)", "127.0.0.1",
    )  # fmt: skip
    assert job.fields == {
        "id": "A-1042", "name": 'Bench "drill"', "owner": "R&D", "url": f"{app.origin}/hardware/1042",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_message_without_its_link_prints_nothing(app: App) -> None:
    body = '{"text": "see https://elsewhere.invalid/hardware/1042"}'
    answer = Client().post(f"/api/webhooks/inventory/{SECRET}", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert app.asked == []
    assert not Job.objects.exists()
