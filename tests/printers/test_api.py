import re
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from jobs.models import Job
from labelhub.accounts.models import ApiToken
from printers.models import Event, Printer, PrinterStatus, Site, record
from tests.api import NOBODY, assert_problem, make_printer, script

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _not_in_demo_mode(settings: LazySettings) -> None:
    settings.DEMO = False


NEW = {"site": "main", "name": "workbench", "model": "pt-p750w", "host": "10.0.0.5", "snmp_community": "s3cret"}


class TestCreate:
    def test_it_works(self) -> None:
        response = script("manage").post("/api/printers", NEW)
        assert response.status_code == 201, response.content
        printer = Printer.objects.select_related("site").get()
        body = response.json()
        assert response["Location"] == f"/api/printers/{printer.id}"
        assert (body["id"], body["site"], body["handle"]) == (str(printer.id), "main", "workbench")
        assert (body["model"], body["port"], body["snmp_port"]) == ("PT-P750W", 9100, 161)
        assert (body["enabled"], body["paused"], body["stop_message"]) == (True, False, "")
        assert body["error_policy"] == "retry-current-job"
        assert printer.snmp_community == "s3cret"
        assert [event.kind for event in Event.objects.all()] == ["printer.created"]

    def test_its_error_policy_can_be_chosen_at_once(self) -> None:
        body = script("manage").post("/api/printers", NEW | {"error_policy": "stop-printer"}).json()
        assert body["error_policy"] == Printer.objects.get().error_policy == "stop-printer"

    def test_the_community_is_in_no_answer_and_no_event(self) -> None:
        caller = script()
        created = caller.post("/api/printers", NEW)
        printer_id = created.json()["id"]
        changed = caller.patch(f"/api/printers/{printer_id}", {"snmp_community": "t0psecret"})
        answers = [created, changed, caller.get(f"/api/printers/{printer_id}"), caller.get("/api/printers")]
        text = b"".join(answer.content for answer in answers) + repr(list(Event.objects.values())).encode()
        assert b"s3cret" not in text
        assert b"t0psecret" not in text
        assert Printer.objects.get().snmp_community == "t0psecret"

    def test_a_printer_to_watch_needs_no_handle(self) -> None:
        caller = script("manage")
        for _ in range(2):
            response = caller.post("/api/printers", {"model": "PT-P750W", "host": "10.0.0.5"})
            assert (response.status_code, response.json()["handle"]) == (201, None)

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ({"name": "foo"}, {"queue_path": "/opt/foo/bin/foo"}),
            ({"queue_path": "/opt/foo/bin/foo"}, {"name": "foo"}),
            ({"name": "foo"}, {"name": "foo"}),
        ],
    )
    def test_a_taken_handle_is_refused(self, first: dict[str, str], second: dict[str, str]) -> None:
        caller = script("manage")
        device = {"model": "PT-P750W", "host": "10.0.0.5"}
        holder = caller.post("/api/printers", device | first).json()["id"]
        response = caller.post("/api/printers", device | second)
        body = assert_problem(response, 409, "handle-taken", f"/{next(iter(second))}")
        assert holder in body["detail"]
        assert body["holder"] == holder
        assert Printer.objects.count() == 1

    def test_the_same_handle_on_another_site_is_fine(self) -> None:
        caller = script("manage")
        assert caller.post("/api/printers", NEW).status_code == 201
        assert caller.post("/api/printers", NEW | {"site": "annex"}).status_code == 201
        assert sorted(Site.objects.values_list("key", flat=True)) == ["annex", "main"]

    @pytest.mark.parametrize(
        ("wrong", "pointer", "code"),
        [
            ({"model": "PT-P750X"}, "/model", "unknown-model"),
            ({"host": "8.8.8.8"}, "/host", "address-refused"),
            ({"host": "127.0.0.1"}, "/host", "address-refused"),
            ({"host": "::ffff:127.0.0.1"}, "/host", "address-refused"),
            ({"host": "169.254.1.1"}, "/host", "address-refused"),
            ({"port": 22}, "/host", "address-refused"),
            ({"snmp_port": 53}, "/snmp_port", "address-refused"),
            ({"media": "dk:62"}, "/media", "medium-does-not-fit"),
            ({"media": "tze:13"}, "/media", "unknown-medium"),
            ({"queue_path": "opt/foo"}, "/queue_path", "invalid"),
            ({"queue_path": "/opt/foo/"}, "/queue_path", "invalid"),
            ({"name": "a/b"}, "/name", "invalid"),
            ({"name": " a"}, "/name", "invalid"),
            ({"name": "a\n"}, "/name", "invalid"),
            ({"name": str(uuid4())}, "/name", "invalid"),
            ({"site": "not a key"}, "/site", "invalid"),
            ({"port": "9100"}, "/port", "invalid"),
            ({"port": 0}, "/port", "invalid"),
            ({"enabled": "yes"}, "/enabled", "invalid"),
            ({"error_policy": "hope"}, "/error_policy", "invalid"),
            ({"colour": "red"}, "/colour", "invalid"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, wrong: dict[str, Any], pointer: str, code: str) -> None:
        assert_problem(script("manage").post("/api/printers", NEW | wrong), 422, code, pointer)
        assert (Printer.objects.count(), Site.objects.count(), Event.objects.count()) == (0, 0, 0)

    def test_every_problem_is_named(self) -> None:
        wrong = NEW | {"model": "PT-P750X", "host": "8.8.8.8", "queue_path": "/opt/"}
        response = script("manage").post("/api/printers", wrong)
        assert_problem(response, 422, "invalid", "/queue_path", "/model", "/host")

    def test_what_is_missing_is_named(self) -> None:
        assert_problem(script("manage").post("/api/printers", {}), 422, "invalid", "/model", "/host")

    def test_an_unknown_model_lists_the_near_ones(self) -> None:
        body = assert_problem(script("manage").post("/api/printers", NEW | {"model": "PT-P750X"}), 422, "unknown-model")
        assert "PT-P750W" in body["detail"]

    def test_printing_is_not_enough(self) -> None:
        assert_problem(script("read", "print").post("/api/printers", NEW), 403, "forbidden")
        assert Printer.objects.count() == 0

    def test_a_bound_token_adds_none(self) -> None:
        bound = script(printers=(make_printer("mine"),))
        assert_problem(bound.post("/api/printers", NEW), 403, "forbidden")
        assert Printer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_make_one_printer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The friendly check is blinded, so the constraint alone has to hold."""
    monkeypatch.setattr("printers.inventory._refuse_taken_handle", lambda printer: None)
    caller, answers, start = script("manage"), [], Barrier(50)
    Site.objects.create(key="main")

    def create() -> None:
        start.wait()
        try:
            answers.append(caller.post("/api/printers", NEW))
        finally:
            connection.close()

    threads = [Thread(target=create) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(201), statuses.count(409)) == (1, 49), statuses
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"handle-taken"}
    assert Printer.objects.count() == 1


class TestRead:
    def test_by_id_and_by_site_and_handle(self) -> None:
        printer, other = make_printer(), make_printer(site="annex")
        caller = script("read")
        for path in (f"{printer.id}", "main/workbench"):
            assert caller.get(f"/api/printers/{path}").json()["id"] == str(printer.id)
        assert caller.get("/api/printers/annex/workbench").json()["id"] == str(other.id)

    @pytest.mark.parametrize("name", ["status", "pause", "test", "probe", "résumé", "a b", "Büro 1"])
    def test_any_handle_can_be_asked_for(self, name: str) -> None:
        printer = make_printer(name)
        assert script("read").get(f"/api/printers/main/{name}").json()["id"] == str(printer.id)
        assert script("read").get(f"/api/printers/main/{name}/status").json()["printer_id"] == str(printer.id)

    @pytest.mark.parametrize(
        "path",
        ["0d542d58-7a53-4be3-a330-6d90320d41ff", "main/nothing", "nowhere/workbench", "nonsense", "main/work%00bench"],
    )
    def test_what_is_not_there_is_not_found(self, path: str) -> None:
        make_printer()
        response = script("read").get(f"/api/printers/{path}")
        assert response.status_code in {404, 422}
        assert response["Content-Type"] == "application/problem+json"

    def test_a_bound_token_sees_its_printers_only(self) -> None:
        mine, other = make_printer("mine"), make_printer("other")
        caller = script(printers=(mine,))
        assert caller.get(f"/api/printers/{mine.id}").status_code == 200
        assert [each["id"] for each in caller.get("/api/printers").json()["items"]] == [str(mine.id)]
        for method, path in [("get", ""), ("get", "/status"), ("post", "/pause"), ("post", "/probe"), ("delete", "")]:
            assert_problem(getattr(caller, method)(f"/api/printers/{other.id}{path}"), 404, "unknown-printer")
        assert_problem(caller.patch(f"/api/printers/{other.id}", {"name": "mine now"}), 404, "unknown-printer")
        other.refresh_from_db()
        assert (other.name, other.paused) == ("other", False)

    def test_instants_end_in_z(self) -> None:
        body = script("read").get(f"/api/printers/{make_printer().id}").json()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", body["created_at"])
        assert datetime.fromisoformat(body["updated_at"]).tzinfo is not None


def names(response: Any) -> list[str]:
    return [each["name"] for each in response.json()["items"]]


class TestList:
    def test_it_pages_by_cursor(self) -> None:
        printers = [make_printer(name) for name in ("c", "a", "b")]
        caller = script("read")
        first = caller.get("/api/printers?limit=2").json()
        make_printer("0-came-in-between")
        second = caller.get(f"/api/printers?limit=2&cursor={first['next_cursor']}").json()
        names = [each["name"] for each in first["items"] + second["items"]]
        assert names == ["a", "b", "c"]
        assert second["next_cursor"] is None
        assert len(printers) == 3

    def test_filters(self) -> None:
        make_printer("a")
        make_printer("b", site="annex")
        make_printer("c", enabled=False)
        assert names(script("read").get("/api/printers?site=annex")) == ["b"]
        assert names(script("read").get("/api/printers?enabled=false")) == ["c"]
        assert names(script("read").get("/api/printers?site=nowhere")) == []

    def test_fields_leaves_out_the_rest(self) -> None:
        make_printer()
        items = script("read").get("/api/printers?fields=name,%20host").json()["items"]
        assert items == [{"name": "workbench", "host": "127.0.0.5"}]

    @pytest.mark.parametrize(
        ("query", "code", "pointer"),
        [
            ("limit=201", "invalid", "/limit"),
            ("limit=0", "invalid", "/limit"),
            ("cursor=nonsense", "invalid-cursor", "/cursor"),
            ("cursor=WyJhIl0", "invalid-cursor", "/cursor"),
            ("fields=name,snmp_community", "unknown-field", "/fields"),
            ("enabled=perhaps", "invalid", "/enabled"),
        ],
    )
    def test_a_wrong_parameter_is_refused(self, query: str, code: str, pointer: str) -> None:
        body = assert_problem(script("read").get(f"/api/printers?{query}"), 422, code, pointer)
        assert body["problems"][0]["in"] == "query"

    @pytest.mark.parametrize("count", [1, 3])
    def test_the_number_of_queries_does_not_grow(self, count: int, django_assert_num_queries: Any) -> None:
        for number in range(count):
            PrinterStatus.objects.create(printer=make_printer(f"p{number}"))
        caller = script("read").was_used()
        with django_assert_num_queries(2):  # the token, the page
            assert len(caller.get("/api/printers").json()["items"]) == count


class TestChange:
    def test_the_id_stays(self) -> None:
        printer = make_printer(queue_path="/opt/x")
        response = script("manage").patch(f"/api/printers/{printer.id}", {"host": "10.0.0.9", "name": "desk"})
        assert response.status_code == 200, response.content
        body = response.json()
        assert (body["id"], body["host"], body["handle"]) == (str(printer.id), "10.0.0.9", "desk")
        assert body["queue_path"] == "/opt/x"
        changed = Event.objects.get(kind="printer.changed")
        assert changed.data == {"changed": ["host", "name"]}

    def test_a_handle_follows_the_queue_path_when_the_name_goes(self) -> None:
        printer = make_printer(queue_path="/opt/x")
        body = script("manage").patch("/api/printers/main/workbench", {"name": ""}).json()
        assert (body["id"], body["handle"]) == (str(printer.id), "x")

    def test_it_moves_to_another_site(self) -> None:
        printer = make_printer()
        body = script("manage").patch(f"/api/printers/{printer.id}", {"site": "annex"}).json()
        assert (body["site"], body["path"]) == ("annex", "annex/workbench")

    def test_a_taken_handle_is_refused(self) -> None:
        make_printer("foo")
        printer = make_printer("bar")
        response = script("manage").patch(f"/api/printers/{printer.id}", {"name": "foo"})
        assert_problem(response, 409, "handle-taken", "/name")
        printer.refresh_from_db()
        assert printer.name == "bar"

    def test_nothing_changed_writes_nothing(self) -> None:
        printer = make_printer()
        assert script("manage").patch(f"/api/printers/{printer.id}", {"name": "workbench"}).status_code == 200
        assert not Event.objects.exists()
        assert Printer.objects.get().updated_at == printer.updated_at

    def test_an_old_address_is_not_judged_again(self) -> None:
        printer = make_printer(host="8.8.8.8")
        assert script("manage").patch(f"/api/printers/{printer.id}", {"name": "desk"}).status_code == 200
        response = script("manage").patch(f"/api/printers/{printer.id}", {"port": 9101})
        assert_problem(response, 422, "address-refused", "/host")

    @pytest.mark.parametrize("body", [{"id": str(uuid4())}, {"paused": True}, {"name": None}, {"port": 70000}])
    def test_what_does_not_fit_is_refused(self, body: Any) -> None:
        printer = make_printer()
        assert_problem(
            script("manage").patch(f"/api/printers/{printer.id}", body), 422, "invalid", f"/{next(iter(body))}"
        )

    def test_reading_is_not_enough(self) -> None:
        printer = make_printer()
        assert_problem(script("read", "print").patch(f"/api/printers/{printer.id}", {"name": "x"}), 403, "forbidden")


class TestDelete:
    def test_one_that_never_printed_goes(self) -> None:
        printer = make_printer()
        response = script("manage").delete(f"/api/printers/{printer.id}")
        assert (response.status_code, response.content) == (204, b"")
        assert not Printer.objects.exists()
        assert Event.objects.get().data == {"id": str(printer.id), "path": "main/workbench"}

    def test_what_was_said_of_it_stays(self) -> None:
        printer = make_printer()
        said = record("printer.status", printer_id=printer.pk)
        assert script("manage").delete(f"/api/printers/{printer.id}").status_code == 204
        said.refresh_from_db()
        assert (said.kind, said.printer) == ("printer.status", None)

    def test_one_with_history_stays(self) -> None:
        printer = make_printer()
        Job.objects.create(printer=printer)
        body = assert_problem(script("manage").delete(f"/api/printers/{printer.id}"), 409, "in-use")
        assert "Disable" in body["detail"]
        assert Printer.objects.filter(pk=printer.pk).exists()
        assert not Event.objects.exists()

    def test_the_only_printer_of_a_token_stays(self) -> None:
        mine, other = make_printer("mine"), make_printer("other")
        bound = script("read", printers=(mine,))
        assert_problem(script("manage").delete(f"/api/printers/{mine.id}"), 409, "in-use")
        assert [each["id"] for each in bound.get("/api/printers").json()["items"]] == [str(mine.id)]
        assert other.id != mine.id

    def test_one_of_two_printers_of_a_token_goes(self) -> None:
        mine, other = make_printer("mine"), make_printer("other")
        bound = script("read", printers=(mine, other))
        assert script("manage").delete(f"/api/printers/{other.id}").status_code == 204
        assert len(bound.get("/api/printers").json()["items"]) == 1


class TestPause:
    def test_it_pauses(self) -> None:
        printer, other = make_printer(), make_printer("other")
        caller = script("manage")
        body = caller.post(f"/api/printers/{printer.id}/pause").json()
        assert (body["paused"], body["state"], body["reasons"]) == (True, "stopped", ["paused"])
        assert caller.post("/api/printers/main/workbench/pause").status_code == 200
        assert [event.kind for event in Event.objects.all()] == ["printer.paused"]
        other.refresh_from_db()
        assert other.paused is False

    def test_printing_is_not_enough(self) -> None:
        printer = make_printer()
        assert_problem(script("read", "print").post(f"/api/printers/{printer.id}/pause"), 403, "forbidden")
        printer.refresh_from_db()
        assert printer.paused is False


class TestStatus:
    def test_never_asked(self, django_assert_num_queries: Any) -> None:
        printer = make_printer()
        caller = script("read").was_used()
        with django_assert_num_queries(2):  # the token, the printer with its status
            body = caller.get(f"/api/printers/{printer.id}/status").json()
        assert (body["printer_id"], body["online"]) == (str(printer.id), None)
        assert body["note"]


class TestProbe:
    def test_it_is_made_due(self, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        sent: list[str] = []
        monkeypatch.setattr("celery.current_app.send_task", sent.append)
        printer = make_printer()
        later = timezone.now() + timedelta(minutes=5)
        PrinterStatus.objects.create(printer=printer, next_probe_at=later)
        with django_capture_on_commit_callbacks(execute=True):
            response = script("print").post(f"/api/printers/{printer.id}/probe")
        assert (response.status_code, response.json()["printer_id"]) == (202, str(printer.id))
        assert PrinterStatus.objects.get(printer=printer).next_probe_at <= timezone.now()
        assert sent == ["printers.tasks.probe_due"]

    def test_reading_is_not_enough(self) -> None:
        printer = make_printer()
        assert_problem(script("read").post(f"/api/printers/{printer.id}/probe"), 403, "forbidden")


def test_nobody_gets_nothing() -> None:
    make_printer()
    response = NOBODY.get("/api/printers")
    assert_problem(response, 401, "not-authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert b"workbench" not in response.content
    assert ApiToken.objects.count() == 0
