"""One answer lists all that is wrong with a request, whether its shape or its meaning."""

from typing import Any

import pytest
from django.conf import LazySettings

from jobs.models import Job, Pool
from printers.models import Printer
from templates_app.registration import load_builtin
from tests.api import assert_problem, make_printer, script

pytestmark = pytest.mark.django_db

TEMPLATE = "asset-tag-12"
FIELDS = {"name": "Bench drill", "id": "A-1042"}


@pytest.fixture(autouse=True)
def printer() -> Printer:
    load_builtin()
    return make_printer(media="tze:12")


def told(path: str, body: dict[str, Any], status: int = 422, code: str = "invalid") -> list[str]:
    response = assert_problem(script().post(path, body), status, code)
    assert all(each["message"] and each["in"] == "body" for each in response["problems"])
    assert not Job.objects.exists()
    return [each["pointer"] for each in response["problems"]]


def order(**changes: Any) -> dict[str, Any]:
    return {"printer": "main/workbench", "template": TEMPLATE, "fields": FIELDS} | changes


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"copies": 0, "fields": {"colour": "red"}}, ["/copies", "/fields/colour", "/fields/name", "/fields/id"]),
        ({"copies": "2", "colour": "red", "template": "nothing"}, ["/copies", "/colour", "/template"]),
        ({"priority": 0, "options": {"rotate": 45}}, ["/priority", "/options/rotate"]),
        ({"copies": 0, "expires_at": "2020-01-01T00:00:00Z"}, ["/copies", "/expires_at"]),
        ({"copies": 0, "pool": "main/black"}, ["/copies", "/pool"]),
        ({"copies": 0, "printer": None}, ["/copies", "/printer"]),
        # Nothing is said that follows from what is wrong anyway.
        ({"printer": 7}, ["/printer"]),
        ({"fields": "red"}, ["/fields"]),
        ({"template": 7, "fields": {}}, ["/template"]),
        ({"options": {"rotate": "45", "sparkle": 1}}, ["/options/rotate", "/options/sparkle"]),
    ],
)
def test_shape_and_meaning_of_a_label(changes: dict[str, Any], pointers: list[str]) -> None:
    assert told("/api/print", order(**changes)) == pointers


@pytest.mark.parametrize(
    ("rows", "pointers"),
    [
        ([{"id": "1"}], ["/copies", "/rows/0/name"]),
        ([FIELDS, {"id": "1"}, FIELDS | {"a/b~c": 1}], ["/copies", "/rows/1/name", "/rows/2/a~1b~0c"]),
        ([FIELDS, 7, {"id": "1"}], ["/rows/1", "/copies", "/rows/2/name"]),
        ([], ["/rows", "/copies"]),
        ("none", ["/rows", "/copies"]),
    ],
)
def test_shape_and_meaning_of_rows(rows: Any, pointers: list[str]) -> None:
    body = order(rows=rows, copies=0)
    del body["fields"]
    assert told("/api/print", body) == pointers


def test_shape_and_meaning_of_labels() -> None:
    labels = [
        {"fields": FIELDS},
        {"fields": {"id": "1"}, "copies": 0},
        {"fields": FIELDS, "template": "nothing"},
        {"fields": FIELDS, "template": 7},
    ]
    found = told("/api/print", {"printer": "main/workbench", "labels": labels})
    assert found == [
        "/labels/1/copies",
        "/labels/3/template",
        "/labels/0/template",
        "/labels/1/template",
        "/labels/2/template",
    ]
    found = told("/api/print", {"printer": "main/workbench", "template": TEMPLATE, "labels": labels})
    assert found == ["/labels/1/copies", "/labels/3/template", "/labels/1/fields/name", "/labels/2/template"]


def test_a_template_that_there_is_not_is_told_once() -> None:
    body = order(rows=[FIELDS] * 3, template="nothing")
    del body["fields"]
    assert told("/api/print", body, 404, "unknown-template") == ["/template"]
    assert told("/api/print", body | {"copies": 0}) == ["/copies", "/template"]


def test_of_very_many_wrong_rows_only_some_are_told() -> None:
    body = order(rows=[{"id": "1"}] * 200, copies=0)
    del body["fields"]
    assert told("/api/print", body) == ["/copies", *(f"/rows/{n}/name" for n in range(100))]


def test_a_single_row_is_pointed_at_where_it_stands() -> None:
    body = order(rows=[{"name": "x", "colour": "red"}])
    del body["fields"]
    assert told("/api/print", body, code="invalid-fields") == ["/rows/0/colour", "/rows/0/id"]


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointers"),
    [
        ({"printer": "main/nothing"}, 404, "unknown-printer", ["/printer"]),
        ({"printer": "main/nothing", "template": "nothing"}, 404, "unknown-printer", ["/printer", "/template"]),
        ({"printer": "main/nothing", "fields": {}}, 404, "unknown-printer", ["/printer", "/fields/name", "/fields/id"]),
        ({"template": "nothing"}, 404, "unknown-template", ["/template"]),
        ({"options": {"rotate": 45}, "fields": {}}, 422, "invalid", ["/options/rotate", "/fields/name", "/fields/id"]),
        ({"options": {"rotate": 45}, "printer": "main/nothing"}, 422, "invalid", ["/options/rotate", "/printer"]),
    ],
)
def test_what_was_not_found_and_the_rest(changes: dict[str, Any], status: int, code: str, pointers: list[str]) -> None:
    assert told("/api/print", order(**changes), status, code) == pointers


def test_a_printer_that_is_off_and_the_rest(printer: Printer) -> None:
    Printer.objects.filter(pk=printer.pk).update(enabled=False)
    assert told("/api/print", order(fields={"id": "1"}), 409, "printer-not-usable") == ["/printer", "/fields/name"]


def test_labels_for_which_no_printer_of_the_site_is_made() -> None:
    labels = [{"fields": FIELDS, "template": TEMPLATE}, {"fields": {}, "template": "shelf-62"}]
    found = script().post("/api/print", {"printer": "main/workbench", "labels": labels}).json()
    assert found["code"] == "medium-does-not-fit"
    assert found["problems"][0]["pointer"] == "/labels/1/template"
    assert {"/labels/1/fields/title"} <= {each["pointer"] for each in found["problems"]}


def test_a_preview() -> None:
    body = {"template": TEMPLATE, "fields": {"colour": "red"}, "media": 12, "sparkle": True}
    assert told("/api/preview", body) == ["/media", "/sparkle", "/fields/colour", "/fields/name", "/fields/id"]


def test_a_preview_on_a_medium_that_there_is_not() -> None:
    body = {"template": TEMPLATE, "fields": {"id": "1"}, "media": "tze:13"}
    assert told("/api/preview", body, code="invalid-fields") == ["/media", "/fields/name"]
    pointers = told("/api/preview", body | {"printer": "main/nothing"}, 404, "unknown-printer")
    assert pointers == ["/printer", "/media", "/fields/name"]
    assert told("/api/preview", body | {"fields": FIELDS}, code="unknown-medium") == ["/media"]


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"port": 0, "name": "a/b"}, ["/port", "/name"]),
        ({"model": "PT-X", "name": "a/b", "media": "dk:62"}, ["/name", "/model"]),
        ({"model": 7, "media": "dk:62", "host": "127.0.0.5"}, ["/model"]),
        ({"name": "a/b", "media": "dk:62"}, ["/name", "/media"]),
        ({"port": 0, "host": "169.254.169.254"}, ["/port"]),
    ],
)
def test_a_printer(changes: dict[str, Any], pointers: list[str], settings: LazySettings) -> None:
    settings.DEMO = True
    body = {"name": "second", "model": "PT-P750W", "host": "127.0.0.5"} | changes
    assert told("/api/printers", body) == pointers
    assert Printer.objects.count() == 1


def test_a_change_of_a_printer(printer: Printer) -> None:
    response = script().patch(f"/api/printers/{printer.id}", {"port": 0, "queue_path": "relative", "media": "tze:24"})
    body = assert_problem(response, 422, "invalid")
    assert [each["pointer"] for each in body["problems"]] == ["/port", "/queue_path"]


def test_a_pool() -> None:
    body = {"site": "nowhere", "name": "a b", "medium": "tze:13", "printers": ["main/nothing"], "tape_color": "plaid"}
    assert told("/api/pools", body) == ["/name", "/medium", "/tape_color"]
    assert told("/api/pools", body | {"printers": [7]}) == ["/name", "/printers/0", "/medium", "/tape_color"]
    assert told("/api/pools", body | {"name": "ab"}) == ["/site", "/medium", "/tape_color", "/printers/0"]
    assert told("/api/pools", {"name": "a", "family": "zpl", "every_printer": "no"}) == ["/every_printer", "/family"]
    assert not Pool.objects.exists()


def test_who_is_limited_learns_of_no_other_printer(printer: Printer) -> None:
    make_printer("secret", site="hidden")
    caller = script("manage", printers=(printer,))
    for name in ("a b", "ab"):
        response = caller.post("/api/pools", {"site": "hidden", "name": name, "printers": ["hidden/secrets"]})
        assert response.status_code == (422 if name == "a b" else 403)
        assert "secret " not in response.content.decode()
        assert "hidden" not in response.content.decode()


@pytest.mark.parametrize("copies", [0, 1])
def test_values_as_deep_as_a_body_may_be(copies: int) -> None:
    value: Any = "x"
    for _ in range(700):
        value = [value]
    response = script().post("/api/print", order(fields=FIELDS | {"name": value}, copies=copies))
    assert response.status_code == 422, response.content
