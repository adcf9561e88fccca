"""The API of jobs up to the queue; that labels come out is tested through the emulated printer."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from PIL import Image

from jobs.artifacts import keep
from jobs.models import Batch, IdempotencyKey, Job, Outcome, State
from jobs.submission import preview
from printers.models import Event, Printer, PrinterStatus
from printers.raster import Raster
from templates_app.registration import load_builtin
from tests.api import assert_problem, make_printer, script

pytestmark = pytest.mark.django_db

TEMPLATE = "asset-tag-12"
FIELDS = {"name": "Bench drill", "id": "A-1042"}


@pytest.fixture(autouse=True)
def _templates() -> None:
    load_builtin()


@pytest.fixture
def printer() -> Printer:
    return make_printer(media="tze:12")


def order(printer: Printer, /, **more: Any) -> dict[str, Any]:
    return {"printer": str(printer.id), "template": TEMPLATE, "fields": FIELDS} | more


def make_job(printer: Printer, state: State = State.PENDING, **values: Any) -> Job:
    return Job.objects.create(printer=printer, **{"state": state, "template_key": TEMPLATE, "fields": FIELDS} | values)


class TestPrint:
    def test_it_works(self, printer: Printer) -> None:
        response = script("print").post("/api/print", order(printer, copies=2, priority=10))
        assert response.status_code == 202, response.content
        job = Job.objects.select_related("template_version").get()
        assert response.json() == {
            "jobs": [{"id": str(job.id), "state": "pending"}], "batch": None, "printer": None, "placement": "",
        }  # fmt: skip
        assert response["Location"] == f"/api/jobs/{job.id}"
        assert (job.printer_id, job.template_key, job.copies, job.priority) == (printer.id, TEMPLATE, 2, 10)
        assert job.fields == FIELDS
        assert (job.requested_by, job.source_address) == ("script", "127.0.0.1")
        assert job.api_token_id is not None
        assert [event.kind for event in Event.objects.filter(job_id=job.id)] == ["job.pending"]

    @pytest.mark.parametrize("reference", ["main/workbench", "workbench"])
    def test_a_printer_by_name(self, printer: Printer, reference: str) -> None:
        assert script("print").post("/api/print", order(printer, printer=reference)).status_code == 202
        assert Job.objects.get().printer_id == printer.id

    def test_rows_become_a_batch(self, printer: Printer) -> None:
        rows = [FIELDS | {"id": f"A-{number}"} for number in range(3)]
        body = {"printer": "main/workbench", "template": TEMPLATE, "rows": rows}
        response = script("print").post("/api/print", body)
        assert response.status_code == 202, response.content
        batch = Batch.objects.get()
        assert response.json()["batch"] == str(batch.id)
        assert response["Location"] == f"/api/batches/{batch.id}"
        jobs = list(Job.objects.order_by("position"))
        assert [job.fields["id"] for job in jobs] == ["A-0", "A-1", "A-2"]
        assert [each["id"] for each in response.json()["jobs"]] == [str(job.id) for job in jobs]

    def test_the_same_key_prints_once(self, printer: Printer) -> None:
        caller = script("print")
        first = caller.post("/api/print", order(printer), Idempotency_Key="17")
        again = caller.post("/api/print", order(printer), Idempotency_Key="17")
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json() == again.json()
        assert "Idempotency-Replayed" not in first
        assert again["Idempotency-Replayed"] == "true"
        assert (Job.objects.count(), IdempotencyKey.objects.count()) == (1, 1)

    def test_the_same_key_with_another_body_is_refused(self, printer: Printer) -> None:
        caller = script("print")
        caller.post("/api/print", order(printer), Idempotency_Key="17")
        response = caller.post("/api/print", order(printer, copies=2), Idempotency_Key="17")
        assert_problem(response, 422, "idempotency-mismatch")
        assert Job.objects.count() == 1

    def test_a_key_belongs_to_its_token(self, printer: Printer) -> None:
        for _ in range(2):
            assert script("print").post("/api/print", order(printer), Idempotency_Key="17").status_code == 202
        assert Job.objects.count() == 2

    def test_a_parameter_that_it_does_not_have_prints_nothing_and_hides_nothing(self, printer: Printer) -> None:
        response = script("print").post("/api/print?dry_run=1", order(printer))
        body = assert_problem(response, 422, "invalid", "/dry_run")
        assert body["problems"][0]["in"] == "query"
        response = script("print").post("/api/print?dry_run=1", order(printer, copies=0, colour="red"))
        body = assert_problem(response, 422, "invalid")
        found = {(each["in"], each["pointer"]) for each in body["problems"]}
        assert found == {("query", "/dry_run"), ("body", "/copies"), ("body", "/colour")}
        assert not Job.objects.exists()

    @pytest.mark.parametrize("key", ["", "x" * 256])
    def test_a_key_has_a_length(self, printer: Printer, key: str) -> None:
        response = script("print").post("/api/print", order(printer), Idempotency_Key=key)
        body = assert_problem(response, 422, "invalid")
        assert body["problems"][0]["in"] == "header"
        assert not Job.objects.exists()

    @pytest.mark.parametrize(
        ("wrong", "status", "code", "pointers"),
        [
            ({"printer": "main/nothing"}, 404, "unknown-printer", ()),
            ({"printer": str(uuid4())}, 404, "unknown-printer", ()),
            ({"template": "nothing"}, 404, "unknown-template", ()),
            ({"fields": {}}, 422, "invalid-fields", ("/fields/name", "/fields/id")),
            ({"fields": FIELDS | {"colour": "red"}}, 422, "invalid-fields", ("/fields/colour",)),
            ({"fields": {"name": "x" * 61, "id": "1"}}, 422, "invalid-fields", ("/fields/name",)),
            ({"rows": [FIELDS]}, 422, "invalid", ("",)),
            ({"fields": None, "rows": []}, 422, "invalid", ("/rows",)),
            ({"copies": 0}, 422, "invalid", ("/copies",)),
            ({"copies": "2"}, 422, "invalid", ("/copies",)),
            ({"copies": 501}, 422, "invalid", ("/copies",)),
            ({"priority": 0}, 422, "invalid", ("/priority",)),
            ({"options": {"rotate": 45}}, 422, "invalid", ("/options/rotate",)),
            ({"options": {"glue": True}}, 422, "invalid", ("/options/glue",)),
            ({"options": {"cut": "yes"}}, 422, "invalid", ("/options/cut",)),
            ({"expires_at": "2020-01-01T00:00:00Z"}, 422, "invalid", ("/expires_at",)),
            ({"expires_at": "2099-01-01T00:00:00"}, 422, "invalid", ("/expires_at",)),
            ({"expires_at": 4070908800}, 422, "invalid", ("/expires_at",)),
            ({"expires_at": "2099-01-01"}, 422, "invalid", ("/expires_at",)),
            ({"pool": "any"}, 422, "invalid", ("/pool",)),
            (
                {"pool": "any", "options": {"rotate": 45}, "expires_at": "2020-01-01T00:00:00Z"},
                422,
                "invalid",
                ("/options/rotate", "/pool", "/expires_at"),
            ),
        ],
    )
    def test_what_does_not_fit_queues_nothing(
        self, printer: Printer, wrong: dict[str, Any], status: int, code: str, pointers: tuple[str, ...]
    ) -> None:
        assert_problem(script("print").post("/api/print", order(printer) | wrong), status, code, *pointers)
        assert (Job.objects.count(), Batch.objects.count(), Event.objects.filter(kind__startswith="job").count()) == (
            0,
            0,
            0,
        )

    def test_a_bad_row_queues_none(self, printer: Printer) -> None:
        body = {"printer": str(printer.id), "template": TEMPLATE, "rows": [FIELDS, {"name": "no id"}, FIELDS]}
        assert_problem(script("print").post("/api/print", body), 422, "invalid-fields", "/rows/1/id")
        assert (Job.objects.count(), Batch.objects.count()) == (0, 0)

    def test_a_disabled_printer_takes_none(self, printer: Printer) -> None:
        Printer.objects.update(enabled=False, disabled_reason="In repair")
        body = assert_problem(script("print").post("/api/print", order(printer)), 409, "printer-not-usable")
        assert "In repair" in body["detail"]
        assert not Job.objects.exists()

    def test_reading_is_not_enough(self, printer: Printer) -> None:
        assert_problem(script("read", "manage").post("/api/print", order(printer)), 403, "forbidden")
        assert not Job.objects.exists()

    def test_a_bound_token_prints_on_its_printer_only(self, printer: Printer) -> None:
        other = make_printer("other", media="tze:12")
        caller = script("print", printers=(other,))
        for reference in (str(printer.id), "main/workbench", "workbench"):
            assert_problem(caller.post("/api/print", order(printer, printer=reference)), 404, "unknown-printer")
        assert caller.post("/api/print", order(other)).status_code == 202
        assert Job.objects.get().printer_id == other.id


class TestList:
    def test_newest_first_by_cursor(self, printer: Printer) -> None:
        now = timezone.now()
        # Two of one instant: the id decides, and none is lost between pages.
        jobs = [make_job(printer, created_at=now - timedelta(seconds=n // 2)) for n in range(5)]
        caller, seen, cursor = script("read"), [], ""
        while True:
            body = caller.get(f"/api/jobs?limit=2{cursor}").json()
            seen += [each["id"] for each in body["items"]]
            make_job(printer)
            if body["next_cursor"] is None:
                break
            cursor = f"&cursor={body['next_cursor']}"
        wanted = sorted(jobs, key=lambda job: (job.created_at, job.id), reverse=True)
        assert seen == [str(job.id) for job in wanted]

    def test_filters(self, printer: Printer) -> None:
        other, batch = make_printer("other"), Batch.objects.create(printer=printer)
        old = timezone.now() - timedelta(days=3)
        make_job(printer, State.CANCELED, outcome=Outcome.NOT_PRINTED, fields={"id": "canceled"})
        make_job(other, fields={"id": "elsewhere"})
        make_job(printer, template_key="box-24", fields={"id": "box"})
        make_job(printer, batch=batch, fields={"id": "batch"})
        make_job(printer, requested_by="eva", fields={"id": "eva's"})
        make_job(printer, created_at=old, fields={"id": "old"})
        caller = script("read")

        def found(query: str) -> list[str]:
            items = caller.get(f"/api/jobs?{query}").json()["items"]
            return sorted(each["fields"]["id"] for each in items)

        assert found("state=canceled") == ["canceled"]
        assert found("outcome=not_printed") == ["canceled"]
        assert found("printer=main/other") == ["elsewhere"]
        assert found(f"printer={other.id}") == ["elsewhere"]
        assert found("template=box-24") == ["box"]
        assert found(f"batch={batch.id}") == ["batch"]
        assert found("requested_by=eva") == ["eva's"]
        before = (old + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert found(f"created_before={before}") == ["old"]
        assert len(found(f"created_from={before}")) == 5
        assert found("text=CANCEL") == ["canceled"]
        assert found("text=box-24") == ["box"]
        assert found("text=nothing") == []
        Job.objects.filter(fields__id="old").update(fields={"id": "Büro"})
        assert found("text=büro" if connection.vendor == "postgresql" else "text=Büro") == ["Büro"]
        assert found("state=pending&printer=main/workbench&template=box-24") == ["box"]

    def test_a_text_is_looked_for_page_by_page(self, printer: Printer, monkeypatch: pytest.MonkeyPatch) -> None:
        """However rare it is, no request looks through all the jobs; the cursor leads to every one that has it."""
        monkeypatch.setattr("printers.paging.MOST_LOOKED_AT", 3)
        now = timezone.now()
        for number in range(10):
            values = {"name": "rare" if number in {0, 1, 7} else "common", "id": str(number)}
            make_job(printer, fields=values, created_at=now if number < 5 else now - timedelta(hours=1))
        caller, pages, cursor = script("read"), [], ""
        for _ in range(20):
            answer = caller.get(f"/api/jobs?text=rare&limit=2{cursor}").json()
            pages.append([each["fields"]["id"] for each in answer["items"]])
            if answer["next_cursor"] is None:
                break
            cursor = f"&cursor={answer['next_cursor']}"
        assert sorted(each for found in pages for each in found) == ["0", "1", "7"]
        assert len(pages) == 4

    @pytest.mark.parametrize(
        ("query", "status", "code"),
        [
            ("state=printed", 422, "invalid"),
            ("outcome=good", 422, "invalid"),
            ("printer=main/nothing", 404, "unknown-printer"),
            ("batch=17", 422, "invalid"),
            ("created_from=yesterday", 422, "invalid"),
            ("created_from=2026-01-01T00:00:00", 422, "invalid"),
            ("cursor=x", 422, "invalid-cursor"),
            ("fields=secret", 422, "unknown-field"),
            ("text=%00", 422, "invalid"),
            ("sate=pending", 422, "invalid"),
            ("state=pending&colour=red", 422, "invalid"),
        ],
    )
    def test_a_wrong_filter_is_refused(self, printer: Printer, query: str, status: int, code: str) -> None:
        make_job(printer)
        assert_problem(script("read").get(f"/api/jobs?{query}"), status, code)

    def test_fields_leaves_out_the_rest(self, printer: Printer) -> None:
        job = make_job(printer)
        items = script("read").get("/api/jobs?fields=id,state").json()["items"]
        assert items == [{"id": str(job.id), "state": "pending"}]

    @pytest.mark.parametrize("count", [1, 3])
    def test_the_number_of_queries_does_not_grow(
        self, printer: Printer, count: int, django_assert_num_queries: Any
    ) -> None:
        script("print").post("/api/print", order(printer, fields=None, rows=[FIELDS] * count))
        caller = script("read").was_used()
        with django_assert_num_queries(2):  # the token, the page
            assert len(caller.get("/api/jobs").json()["items"]) == count

    def test_a_bound_token_sees_jobs_of_its_printers_only(self, printer: Printer) -> None:
        other = make_printer("other")
        mine, hidden = make_job(printer), make_job(other, State.COMPLETED)
        batch = Batch.objects.create(printer=other)
        caller = script(printers=(printer,))
        assert [each["id"] for each in caller.get("/api/jobs").json()["items"]] == [str(mine.id)]
        for path in ("", "/events", "/image.png"):
            assert_problem(caller.get(f"/api/jobs/{hidden.id}{path}"), 404, "unknown-job")
        for verb in ("cancel", "hold", "release", "reprint"):
            assert_problem(caller.post(f"/api/jobs/{hidden.id}/{verb}"), 404, "unknown-job")
        assert_problem(caller.get(f"/api/batches/{batch.id}"), 404, "unknown-batch")
        hidden.refresh_from_db()
        assert (hidden.state, Job.objects.count()) == (State.COMPLETED, 2)


class TestRead:
    def test_the_shape(self, printer: Printer) -> None:
        job_id = script("print").post("/api/print", order(printer)).json()["jobs"][0]["id"]
        body = script("read").get(f"/api/jobs/{job_id}").json()
        assert {
            "id", "state", "reasons", "outcome", "printer", "template", "template_version", "fields", "copies", "batch",
            "reprint_of", "requested_by", "created_at", "started_at", "finished_at",
        } <= set(body)  # fmt: skip
        assert (body["id"], body["state"], body["outcome"]) == (job_id, "pending", None)
        assert (body["printer"], body["template"], body["template_version"]) == (str(printer.id), TEMPLATE, 1)
        assert body["created_at"].endswith("Z")
        assert body["finished_at"] is None

    def test_its_story(self, printer: Printer) -> None:
        caller = script()
        job_id = caller.post("/api/print", order(printer)).json()["jobs"][0]["id"]
        caller.post("/api/print", order(printer))
        caller.post(f"/api/jobs/{job_id}/hold")
        items = caller.get(f"/api/jobs/{job_id}/events").json()["items"]
        assert [each["kind"] for each in items] == ["job.pending", "job.pending-held"]
        assert {each["job"] for each in items} == {job_id}
        assert all(each["at"].endswith("Z") for each in items)

    def test_what_is_not_there_is_not_found(self, printer: Printer) -> None:
        make_job(printer)
        assert_problem(script("read").get(f"/api/jobs/{uuid4()}"), 404, "unknown-job")


class TestImage:
    def test_of_a_waiting_job(self, printer: Printer) -> None:
        """It is what the preview showed and what will be sent."""
        caller = script()
        job_id = caller.post("/api/print", order(printer)).json()["jobs"][0]["id"]
        response = caller.get(f"/api/jobs/{job_id}/image.png")
        assert (response.status_code, response["Content-Type"]) == (200, "image/png")
        shown = caller.post("/api/preview", {"template": TEMPLATE, "fields": FIELDS, "printer": str(printer.id)})
        assert response.content == shown.content
        assert response["ETag"] == shown["ETag"]

    def test_of_a_drawn_job(self, printer: Printer) -> None:
        raster = Raster(Image.new("1", (30, 70), 255))
        job = make_job(printer, artifact=keep(raster.png))
        caller = script("read")
        response = caller.get(f"/api/jobs/{job.id}/image.png")
        assert response.content == raster.png
        assert response["ETag"] == f'"{raster.sha256}"'
        again = caller.get(f"/api/jobs/{job.id}/image.png", If_None_Match=f'"other", {response["ETag"]}')
        assert (again.status_code, again.content) == (304, b"")

    def test_a_file_that_is_gone_is_said(self, printer: Printer) -> None:
        job = make_job(printer, artifact="0" * 64)
        assert_problem(script("read").get(f"/api/jobs/{job.id}/image.png"), 503, "artifact-unusable")


class TestMoves:
    def test_cancel(self, printer: Printer) -> None:
        job, other = make_job(printer), make_job(printer)
        body = script("print").post(f"/api/jobs/{job.id}/cancel").json()
        assert (body["state"], body["outcome"]) == ("canceled", "not_printed")
        assert body["finished_at"].endswith("Z")
        job.refresh_from_db()
        other.refresh_from_db()
        assert (job.state, other.state) == (State.CANCELED, State.PENDING)

    def test_hold_and_release(self, printer: Printer) -> None:
        job, caller = make_job(printer), script("print")
        assert caller.post(f"/api/jobs/{job.id}/hold").json()["reasons"] == ["job-hold-until-specified"]
        body = caller.post(f"/api/jobs/{job.id}/release").json()
        assert (body["state"], body["reasons"]) == ("pending", [])

    @pytest.mark.parametrize(
        ("verb", "state"),
        [
            ("cancel", State.COMPLETED),
            ("cancel", State.STOPPED),
            ("hold", State.COMPLETED),
            ("release", State.PENDING),
            ("resolve", State.COMPLETED),
        ],
    )
    def test_what_the_table_forbids(self, printer: Printer, verb: str, state: State) -> None:
        job = make_job(printer, state)
        response = script("print").post(f"/api/jobs/{job.id}/{verb}", {"printed": True} if verb == "resolve" else None)
        body = assert_problem(response, 409, "not-allowed")
        assert body["state"] == state
        job.refresh_from_db()
        assert job.state == state
        assert not Event.objects.filter(job_id=job.id).exists()

    @pytest.mark.parametrize(
        ("seen", "state", "outcome", "jobs"),
        [
            ({"printed": True}, "completed", "confirmed", 1),
            ({"printed": False}, "aborted", "not_printed", 1),
            ({"printed": False, "reprint": True}, "aborted", "not_printed", 2),
        ],
    )
    def test_resolve(self, printer: Printer, seen: dict[str, bool], state: str, outcome: str, jobs: int) -> None:
        caller = script("print", "read")
        job_id = caller.post("/api/print", order(printer)).json()["jobs"][0]["id"]
        Job.objects.update(state=State.STOPPED, outcome=Outcome.UNKNOWN, reasons=["hub-outcome-unknown"])
        body = caller.post(f"/api/jobs/{job_id}/resolve", seen).json()
        assert (body["id"], body["state"], body["outcome"]) == (job_id, state, outcome)
        assert Job.objects.count() == jobs

    def test_reprint_is_a_new_job(self, printer: Printer) -> None:
        caller = script("print", "read")
        job_id = caller.post("/api/print", order(printer)).json()["jobs"][0]["id"]
        Job.objects.update(state=State.COMPLETED, outcome=Outcome.CONFIRMED)
        response = caller.post(f"/api/jobs/{job_id}/reprint")
        body = response.json()
        assert (response.status_code, body["reprint_of"], body["state"]) == (202, job_id, "pending")
        assert body["fields"] == FIELDS
        assert Job.objects.get(pk=UUID(job_id)).state == State.COMPLETED

    @pytest.mark.parametrize("verb", ["cancel", "hold", "release", "reprint"])
    def test_reading_is_not_enough(self, printer: Printer, verb: str) -> None:
        job = make_job(printer)
        assert_problem(script("read").post(f"/api/jobs/{job.id}/{verb}"), 403, "forbidden")
        job.refresh_from_db()
        assert (job.state, Job.objects.count()) == (State.PENDING, 1)


class TestTurn:
    def test_priority(self, printer: Printer) -> None:
        job = make_job(printer)
        response = script("print").post(f"/api/jobs/{job.id}/priority", {"priority": 10})
        assert (response.status_code, response.json()["priority"]) == (200, 10)
        job.refresh_from_db()
        assert (job.priority, job.state) == (10, State.PENDING)
        assert [event.kind for event in Event.objects.filter(job_id=job.id)] == ["job.priority"]

    @pytest.mark.parametrize("priority", [0, 101, "10", None])
    def test_a_wrong_priority(self, printer: Printer, priority: object) -> None:
        job = make_job(printer)
        response = script("print").post(f"/api/jobs/{job.id}/priority", {"priority": priority})
        assert_problem(response, 422, "invalid", "/priority")
        job.refresh_from_db()
        assert job.priority == 50

    def test_what_is_printed_has_no_turn(self, printer: Printer) -> None:
        job = make_job(printer, State.COMPLETED)
        response = script("print").post(f"/api/jobs/{job.id}/priority", {"priority": 10})
        assert assert_problem(response, 409, "not-allowed")["state"] == "completed"

    def test_move(self, printer: Printer) -> None:
        accepted = script("print").post("/api/print", order(printer)).json()["jobs"][0]["id"]
        other = make_printer("other", media="tze:18")
        response = script("print").post(f"/api/jobs/{accepted}/move", {"printer": "main/other"})
        assert_problem(response, 422, "medium-does-not-fit") if response.status_code == 422 else None
        other.media = "tze:12"
        other.save(update_fields=["media"])
        response = script("print").post(f"/api/jobs/{accepted}/move", {"printer": "main/other"})
        assert (response.status_code, response.json()["printer"]) == (200, str(other.id)), response.content
        job = Job.objects.get()
        assert (job.printer_id, job.medium, job.state) == (other.id, "tze:12", State.PENDING)

    def test_a_bound_token_moves_to_its_printers_only(self, printer: Printer) -> None:
        job = make_job(printer)
        make_printer("other", media="tze:12")
        caller = script("print", printers=(printer,))
        assert_problem(caller.post(f"/api/jobs/{job.id}/move", {"printer": "main/other"}), 404, "unknown-printer")
        job.refresh_from_db()
        assert job.printer_id == printer.id

    def test_a_bound_token_is_not_told_of_the_printer_where_it_was(self, printer: Printer) -> None:
        other = make_printer("other", media="tze:12")
        everyone, bound = script(), script(printers=(other,))
        rows = {"fields": None, "rows": [FIELDS, FIELDS]}
        done = everyone.post("/api/print", order(printer, **rows)).json()
        first = done["jobs"][0]["id"]
        everyone.post(f"/api/jobs/{first}/move", {"printer": "main/other"})
        everyone.post(f"/api/jobs/{first}/hold")
        stories = [caller.get(f"/api/jobs/{first}/events").json()["items"] for caller in (everyone, bound)]
        assert [len(items) for items in stories] == [3, 2]
        assert {each["printer"] for each in stories[1]} == {str(other.id)}
        told = [next(each for each in items if each["kind"] == "job.moved")["data"] for items in stories]
        assert [data["from_printer"] for data in told] == [str(printer.id), None]
        assert [data["to_printer"] for data in told] == [str(other.id)] * 2
        assert everyone.get(f"/api/batches/{done['batch']}").json()["printer"] == str(printer.id)
        batch = bound.get(f"/api/batches/{done['batch']}").json()
        assert (batch["printer"], [job["id"] for job in batch["jobs"]]) == (None, [first])

    @pytest.mark.parametrize(("verb", "body"), [("priority", {"priority": 1}), ("move", {"printer": "main/workbench"})])
    def test_reading_is_not_enough(self, printer: Printer, verb: str, body: dict[str, Any]) -> None:
        job = make_job(printer)
        assert_problem(script("read").post(f"/api/jobs/{job.id}/{verb}", body), 403, "forbidden")


class TestBatch:
    def test_in_order_with_a_summary(self, printer: Printer, django_assert_num_queries: Any) -> None:
        rows = [FIELDS | {"id": f"A-{number}"} for number in range(3)]
        caller = script()
        done = caller.post("/api/print", order(printer, fields=None, rows=rows)).json()
        caller.post(f"/api/jobs/{done['jobs'][1]['id']}/cancel")
        caller.was_used()
        with django_assert_num_queries(3):  # the token, the batch, its jobs
            body = caller.get(f"/api/batches/{done['batch']}").json()
        assert [each["id"] for each in body["jobs"]] == [each["id"] for each in done["jobs"]]
        assert [each["state"] for each in body["jobs"]] == ["pending", "canceled", "pending"]
        assert body["summary"] == {
            "total": 3, "states": {"pending": 2, "canceled": 1}, "outcomes": {"not_printed": 1}, "confirmed": 0,
            "came_out": 0, "waiting": 2, "unknown": 0, "next_position": 0,
        }  # fmt: skip

    def test_what_is_not_there_is_not_found(self) -> None:
        assert_problem(script("read").get(f"/api/batches/{uuid4()}"), 404, "unknown-batch")


class TestPreview:
    def test_it_is_the_exact_raster(self, printer: Printer) -> None:
        response = script("read").post(
            "/api/preview", {"template": TEMPLATE, "fields": FIELDS, "printer": str(printer.id)}
        )
        assert (response.status_code, response["Content-Type"]) == (200, "image/png")
        raster = preview(TEMPLATE, FIELDS, printer=str(printer.id)).raster
        assert response.content == raster.png
        assert response["ETag"] == f'"{raster.sha256}"'
        assert not Job.objects.exists()

    def test_findings(self) -> None:
        response = script("read").post(
            "/api/preview", {"template": TEMPLATE, "fields": FIELDS}, Accept="application/json"
        )
        assert response["Content-Type"].startswith("application/json")
        body = response.json()
        raster = preview(TEMPLATE, FIELDS).raster
        assert (body["sha256"], body["lines"], body["pins"]) == (raster.sha256, raster.lines, raster.pins)
        assert isinstance(body["findings"], list)

    @pytest.mark.parametrize(
        ("wrong", "status", "code"),
        [
            ({"template": "nothing"}, 404, "unknown-template"),
            ({"fields": {}}, 422, "invalid-fields"),
            ({"media": "tze:13"}, 422, "unknown-medium"),
            ({"printer": "nothing"}, 404, "unknown-printer"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, wrong: dict[str, Any], status: int, code: str) -> None:
        body = {"template": TEMPLATE, "fields": FIELDS} | wrong
        for accept in ("image/png", "application/json"):
            assert_problem(script("read").post("/api/preview", body, Accept=accept), status, code)

    def test_a_bound_token_previews_on_its_printers_only(self, printer: Printer) -> None:
        caller = script(printers=(make_printer("mine"),))
        body = {"template": TEMPLATE, "fields": FIELDS, "printer": str(printer.id)}
        assert_problem(caller.post("/api/preview", body), 404, "unknown-printer")


class TestPrinters:
    def test_a_test_label_fits_what_is_loaded(self) -> None:
        printer = make_printer(model="QL-820NWB", media="dk:62")
        PrinterStatus.objects.create(printer=printer)
        response = script("print").post(f"/api/printers/{printer.id}/test")
        assert response.status_code == 202, response.content
        job = Job.objects.get()
        assert response.json()["jobs"] == [{"id": str(job.id), "state": "pending"}]
        assert job.medium == "dk:62"

    def test_no_template_for_what_is_loaded(self) -> None:
        printer = make_printer(media="tze:3.5")
        assert_problem(script("print").post(f"/api/printers/{printer.id}/test"), 409, "no-test-label")
        assert not Job.objects.exists()

    def test_resume_wakes_the_queue(
        self, printer: Printer, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        rung: list[UUID] = []
        monkeypatch.setattr("jobs.doorbell.ring", rung.append)
        Printer.objects.update(paused=True)
        with django_capture_on_commit_callbacks(execute=True):
            body = script("manage").post(f"/api/printers/{printer.id}/resume").json()
        assert (body["paused"], body["state"]) == (False, "idle")
        assert rung == [printer.id]
        assert Event.objects.filter(kind="printer.resumed").count() == 1


def test_a_session_sees_an_image_and_nothing_else(client: Client, printer: Printer, django_user_model: Any) -> None:
    job = make_job(printer, artifact=keep(Raster(Image.new("1", (30, 70), 255)).png))
    client.force_login(django_user_model.objects.create_superuser("root"))
    assert client.get(f"/api/jobs/{job.id}/image.png").status_code == 200
    assert_problem(client.get(f"/api/jobs/{job.id}"), 401, "not-authenticated")
    assert_problem(client.post(f"/api/jobs/{job.id}/cancel"), 401, "not-authenticated")
    job.refresh_from_db()
    assert job.state == State.PENDING
