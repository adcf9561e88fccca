from collections.abc import Iterator

import pytest
from django.test import Client

from jobs.models import Job
from labelhub.integrations import lookup
from labelhub.integrations.errors import IntegrationFailed, UnknownItem
from templates_app.registration import load_builtin
from tests.api import assert_problem, make_printer
from tests.labelhub.conftest import Configure
from tests.labelhub.integrations.app import App
from tests.labelhub.integrations.spoolman.fake import answers

SECRET = "a-secret-of-the-tests"
ENTRY = """
[[integration]]
kind = "spoolman"
url = "{origin}"
template = "shelf-62"
printer = "main/rolls"
webhook_secret = "{secret}"
"""


@pytest.fixture
def app(configure: Configure) -> Iterator[App]:
    with App(answers) as app:
        configure(ENTRY.format(origin=app.origin, secret=SECRET))
        yield app


@pytest.mark.parametrize("name", ["7", "web+spoolman:s-7", "WEB+SPOOLMAN:S-7", "http://spoolman.invalid/spool/show/7"])
def test_it_works(app: App, name: str) -> None:
    item = lookup.find("spoolman", name)
    url = f"{app.origin}/spool/show/7"
    assert (item.id, item.title, item.url) == ("7", "Prusament Galaxy Black · PLA", url)
    assert item.fields == {
        "id": "7", "name": "Prusament Galaxy Black", "title": "Prusament Galaxy Black", "code": "web+spoolman:s-7",
        "url": url, "place": "Shelf A", "location": "Shelf A", "owner": "Shelf A",
        "detail": "PLA · 1.75 mm · 1000 g", "vendor": "Prusament", "filament": "Galaxy Black", "material": "PLA",
        "color": "#3D3E3D", "diameter": "1.75 mm", "weight": "1000 g", "remaining": "812 g",
        "extruder_temp": "215 °C", "bed_temp": "60 °C", "lot": "52342",
    }  # fmt: skip
    assert "authorization" not in app.asked[0].headers


@pytest.mark.parametrize(
    ("words", "found"),
    [("galaxy", ["7", "8"]), ("pla galaxy", ["7"]), ("GREY", ["8"]), ("52342 shelf", ["7"]), ("zzz", [])],
)
def test_search_takes_all_words_in_any_order(app: App, words: str, found: list[str]) -> None:
    assert [each.id for each in lookup.search("spoolman", words)] == found


@pytest.mark.parametrize("name", ["9", "web+spoolman:f-7", "galaxy", "7/../../setting"])
def test_an_unknown_spool(app: App, name: str) -> None:
    with pytest.raises(UnknownItem):
        lookup.find("spoolman", name)


@pytest.mark.parametrize("body", [{}, [], {"id": 7}, {"id": 7, "filament": 3}, [7], "x"])
def test_json_of_another_shape(app: App, body: object) -> None:
    app.answers = lambda _: (200, body)
    with pytest.raises(IntegrationFailed, match="does not understand"):
        lookup.find("spoolman", "7")


@pytest.mark.django_db
def test_an_automation_that_knows_the_number_prints(app: App) -> None:
    load_builtin()
    make_printer("rolls", model="QL-820NWB", media="dk:62")
    path, headers = "/api/webhooks/spoolman", {"X-Webhook-Token": SECRET}
    answer = Client().post(path, '{"id": 7}', content_type="application/json", headers=headers)
    assert answer.status_code == 202, answer.content
    assert Job.objects.get().fields == {
        "place": "Shelf A", "title": "Prusament Galaxy Black", "detail": "PLA · 1.75 mm · 1000 g",
        "code": "web+spoolman:s-7", "id": "7",
    }  # fmt: skip
    for body, status, code in (('{"id": 9}', 404, "unknown-item"), ("{}", 422, "invalid")):
        answer = Client().post(path, body, content_type="application/json", headers=headers)
        assert_problem(answer, status, code)
    assert Job.objects.count() == 1
