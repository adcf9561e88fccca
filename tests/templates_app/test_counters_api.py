import pytest

from printers.models import Event
from templates_app.models import Counter
from templates_app.registration import register
from tests.api import assert_problem, script

pytestmark = pytest.mark.django_db

BOX = {
    "key": "box",
    "title": "Box",
    "media": "tze:12",
    "counters": {"box": {"prefix": "BX-", "width": 4, "step": 2, "start": 10}},
    "elements": [{"kind": "text", "name": "t", "text": "{serial:box}"}],
}


@pytest.fixture(autouse=True)
def box() -> None:
    register([BOX], by="ada", origin="test")


def test_they_are_listed_used_or_not() -> None:
    Counter.objects.create(name="old", value=7)
    answer = script("read").get("/api/counters")
    used = {"name": "box", "last": None, "next": 10, "updated_at": None}
    assert answer.json()["items"][0] == used | {"templates": [{"template": "box", "next": "BX-0010"}]}
    old = answer.json()["items"][1]
    assert (old["name"], old["last"], old["next"], old["templates"]) == ("old", 7, None, [])
    assert answer.json()["next_cursor"] is None


def test_they_come_by_cursor() -> None:
    for name in "abc":
        Counter.objects.create(name=name, value=1)
    first = script("read").get("/api/counters?limit=2").json()
    assert [each["name"] for each in first["items"]] == ["a", "b"]
    rest = script("read").get(f"/api/counters?cursor={first['next_cursor']}").json()
    assert [each["name"] for each in rest["items"]] == ["box", "c"]


def test_one_is_set_anew_and_it_is_recorded() -> None:
    caller = script("manage")
    answer = caller.post("/api/counters/box/reset", {"next": 400, "reason": "new year"})
    assert (answer.status_code, answer.json()["last"], answer.json()["next"]) == (200, 398, 400)
    assert answer.json()["templates"] == [{"template": "box", "next": "BX-0400"}]
    event = Event.objects.get(kind="counter.reset")
    assert caller.token is not None
    assert event.actor == caller.token.name
    assert event.data == {"counter": "box", "template": "", "from": 8, "to": 398, "reason": "new year"}


@pytest.mark.parametrize(
    "body",
    [{}, {"next": 1}, {"next": -1, "reason": "x"}, {"next": 10**15, "reason": "x"}, {"next": 1, "reason": "  "},
     {"next": "1", "reason": "x"}, {"next": 1.5, "reason": "x"}],
)  # fmt: skip
def test_nonsense_sets_nothing(body: dict[str, object]) -> None:
    assert script("manage").post("/api/counters/box/reset", body).status_code == 422
    assert (Counter.objects.count(), Event.objects.filter(kind="counter.reset").count()) == (0, 0)


def test_only_who_manages() -> None:
    assert_problem(script("print").post("/api/counters/box/reset", {"next": 1, "reason": "x"}), 403, "forbidden")
    assert not Counter.objects.exists()


def test_one_that_nobody_knows() -> None:
    assert_problem(script("read").get("/api/counters/other"), 404, "not-found")
    assert_problem(script("manage").post("/api/counters/other/reset", {"next": 1, "reason": "x"}), 404, "not-found")
    assert not Counter.objects.exists()
