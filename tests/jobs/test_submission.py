import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.artifacts import load
from jobs.errors import IdempotencyInFlight, IdempotencyMismatch, LabelNotReadable, PrinterNotUsable
from jobs.layout import render_job
from jobs.models import Batch, IdempotencyKey, Job, State
from jobs.submission import Label, Request, preview, submit
from labelhub.accounts.models import ApiToken
from printers.callers import Caller
from printers.errors import HubError, InvalidInput, MediumDoesNotFit, OptionNotSupported, UnknownPrinter
from printers.models import Event, Printer
from printers.models import PrinterStatus as Status
from templates_app.errors import DoesNotFit, InvalidFields, UnknownTemplate
from templates_app.models import Counter
from tests.jobs.labels import ANN, QR, TEXT, ask, make_printer, make_template, one

pytestmark = pytest.mark.django_db(transaction=True)

SERIAL = """
key = "numbered"
title = "Numbered"
media = "tze:12"
[counters.box]
prefix = "B-"
start = 98
[[elements]]
kind = "text"
text = "{serial:box}"
"""


@pytest.fixture
def printer() -> Printer:
    make_template()
    return make_printer()


def request(printer: Printer, /, **changes: Any) -> Request:
    return Request(**{"printer": str(printer.pk), "template": "word", "rows": [{"word": "hello"}]} | changes)


def nothing_queued() -> bool:
    return not (
        Job.objects.exists()
        or Batch.objects.exists()
        or IdempotencyKey.objects.exists()
        or Event.objects.filter(kind__startswith="job.").exists()
    )


class TestOne:
    def test_it_works(self, printer: Printer, rung: list[str]) -> None:
        accepted = submit(request(printer, copies=3, priority=10), ANN)
        job = Job.objects.get()
        assert [(each.id, each.state) for each in accepted.jobs] == [(job.pk, "pending")]
        assert (accepted.batch, accepted.replayed) == (None, False)
        assert (job.state, job.fields, job.copies, job.priority) == (State.PENDING, {"word": "hello"}, 3, 10)
        assert (job.medium, job.template_key, job.requested_by) == ("tze:12", "word", "ann")
        assert (job.source_address, job.render_time) == ("127.3.2.1", job.created_at)
        event = Event.objects.get(kind="job.pending")
        assert (event.job_id, event.printer_id, event.actor, event.data["to"]) == (job.pk, printer.pk, "ann", "pending")
        assert rung == [str(printer.pk)]

    @pytest.mark.parametrize("name", ["main/bench", "bench"])
    def test_a_printer_by_name(self, printer: Printer, name: str) -> None:
        assert one(submit(request(printer, printer=name), ANN)).printer_id == printer.pk

    def test_it_is_laid_out_for_what_is_loaded(self, printer: Printer) -> None:
        Status.objects.create(
            printer=printer, online=True, last_seen_at=timezone.now(), media_key="tze:24", media_width_mm=24
        )
        assert one(ask(printer)).medium == "tze:24"

    def test_else_for_what_is_declared_else_for_the_first(self, printer: Printer) -> None:
        Printer.objects.update(media="tze:24")
        assert one(ask(printer)).medium == "tze:24"
        Printer.objects.update(media="tze:18")
        assert one(ask(printer)).medium == "tze:12"

    def test_a_paused_printer_takes_jobs_that_wait(self, printer: Printer) -> None:
        Printer.objects.update(paused=True)
        assert one(ask(printer)).state == State.PENDING

    def test_defaults_are_kept_with_the_job(self, printer: Printer) -> None:
        make_template(
            'key = "d"\ntitle = "D"\nmedia = "tze:12"\n[[fields]]\nname = "n"\ndefault = "seven"\n'
            '[[elements]]\nkind = "text"\ntext = "{n}"\n'
        )
        assert one(submit(request(printer, template="d", rows=[{}]), ANN)).fields == {"n": "seven"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "error", "says"),
        [
            ({"printer": "main/bensh"}, UnknownPrinter, "main/bench"),
            ({"template": "wordd"}, UnknownTemplate, "word"),
            ({"rows": [{}]}, InvalidFields, "needs a value"),
            ({"rows": [{"word": "x", "colour": "red"}]}, InvalidFields, "There is no field “colour”"),
            ({"rows": [{"word": "x", "serial:box": "1"}]}, InvalidFields, "There is no field"),
            ({"rows": [{"word": "x" * 900}]}, DoesNotFit, "x"),
            ({"rows": []}, InvalidInput, "rows"),
            ({"rows": [{"word": "x"}] * 10_001}, InvalidInput, "10000"),
            ({"copies": 0}, InvalidInput, "Copies"),
            ({"copies": 501}, InvalidInput, "500"),
            ({"priority": 0}, InvalidInput, "priority"),
            ({"expires_at": timezone.now() - timedelta(hours=1)}, InvalidInput, "over"),
            ({"options": {"colour": True}}, InvalidInput, "There is no option"),
            ({"options": {"cut": "yes"}}, InvalidInput, "true or false"),
            ({"options": {"rotate": 45}}, InvalidInput, "90"),
        ],
    )
    def test_a_sentence_and_nothing_queued(
        self, printer: Printer, rung: list[str], changes: dict[str, Any], error: type[HubError], says: str
    ) -> None:
        with pytest.raises(error) as caught:
            submit(request(printer, **changes), ANN, idempotency_key="k")
        assert says in caught.value.detail
        assert nothing_queued()
        assert rung == []

    def test_a_code_that_is_too_dense(self, printer: Printer) -> None:
        make_template(QR)
        with pytest.raises((DoesNotFit, LabelNotReadable)) as caught:
            submit(request(printer, template="code", rows=[{"url": "https://example.org/" + "x" * 900}]), ANN)
        assert "code" in caught.value.detail.lower()
        assert nothing_queued()

    def test_a_template_for_media_that_the_printer_cannot_take(self, printer: Printer) -> None:
        make_template(QR)
        other = make_printer(name="ql", model="QL-820NWB", media="dk:62")
        with pytest.raises(MediumDoesNotFit) as caught:
            submit(request(other, template="code", rows=[{"url": "x"}]), ANN)
        assert "tze:12" in caught.value.detail
        assert nothing_queued()

    def test_an_option_that_the_printer_does_not_have(self, printer: Printer) -> None:
        other = make_printer(name="ql", model="QL-820NWB", media="dk:62")
        with pytest.raises(OptionNotSupported):
            submit(request(other, options={"half_cut": True}), ANN)
        assert nothing_queued()

    @pytest.mark.parametrize("closed", [{"enabled": False, "disabled_reason": "sold"}, {"config_error": "bad model"}])
    def test_a_printer_that_could_never_print(self, printer: Printer, closed: dict[str, Any]) -> None:
        Printer.objects.update(**closed)
        with pytest.raises(PrinterNotUsable):
            submit(request(printer), ANN)
        assert nothing_queued()

    def test_a_printer_that_the_caller_may_not_use_does_not_exist(self, printer: Printer) -> None:
        other = make_printer(name="other")
        bound = Caller(label="bound", printer_ids=frozenset({other.pk}))
        with pytest.raises(UnknownPrinter):
            submit(request(printer), bound)
        assert nothing_queued()

    def test_one_bad_row_of_many_refuses_all_and_is_named(self, printer: Printer) -> None:
        rows = [{"word": "a"}, {"word": "b"}, {}, {"word": "x" * 900}]
        with pytest.raises(InvalidFields) as caught:
            submit(request(printer, rows=rows), ANN)
        assert caught.value.detail.startswith("Row 3: ")
        pointers = [problem.pointer for problem in caught.value.problems]
        assert pointers[0] == "/rows/2/word"
        assert any(pointer.startswith("/rows/3") for pointer in pointers)
        assert nothing_queued()

    def test_every_bad_row_counts_and_a_hundred_are_listed(self, printer: Printer) -> None:
        rows = [{"word": "a"}, *({"word": "x", f"no{n}": 1} for n in range(130))]
        with pytest.raises(InvalidFields) as caught:
            submit(request(printer, rows=rows), ANN)
        assert caught.value.detail.startswith("Row 2: ")
        assert "129 more rows are wrong" in caught.value.detail
        assert [problem.pointer for problem in caught.value.problems] == [f"/rows/{n + 1}/no{n}" for n in range(100)]
        assert nothing_queued()

    def test_a_value_that_comes_twice_hides_nothing(self, printer: Printer) -> None:
        make_template(TEXT.replace('key = "word"', 'key = "once"').replace("required = true", "unique = true"))
        rows = [{"word": "a", "colour": 1}, {"word": "b"}, {"word": "b"}]
        with pytest.raises(InvalidFields) as caught:
            submit(request(printer, template="once", rows=rows), ANN)
        assert [problem.pointer for problem in caught.value.problems] == ["/rows/0/colour", "/rows/2/word"]
        assert nothing_queued()


class TestBatch:
    def test_rows_keep_their_order(self, printer: Printer) -> None:
        accepted = ask(printer, "a", "b", "c")
        batch = Batch.objects.get()
        assert accepted.batch == batch.pk
        jobs = list(batch.jobs.order_by("position"))
        assert [job.fields["word"] for job in jobs] == ["a", "b", "c"]
        assert [each.id for each in accepted.jobs] == [job.pk for job in jobs]
        assert batch.total == 3
        assert Event.objects.filter(kind="job.pending", batch_id=batch.pk).count() == 3

    def test_a_thousand_in_few_statements(self, printer: Printer, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(60):
            ask(printer, *[f"w{n}" for n in range(1000)])
        assert Job.objects.count() == 1000


class TestPictures:
    """What was drawn to be checked is what will be printed: nobody has to draw it again."""

    def test_they_are_kept_with_the_jobs(self, printer: Printer) -> None:
        ask(printer, "a")
        ask(printer, "b", "c", copies=2, options={"rotate": 180})
        jobs = list(Job.objects.all())
        assert len({job.artifact for job in jobs}) == 3
        for job in jobs:
            assert load(job.artifact).png == render_job(job).png

    def test_of_several_templates_too(self, printer: Printer) -> None:
        make_template(QR)
        a, code, b = ("word", {"word": "a"}), ("code", {"url": "HTTPS://A.INVALID/1"}), ("word", {"word": "b"})
        submit(request(printer, template="", rows=[], labels=[Label(*each) for each in (a, code, b)]), ANN)
        jobs = list(Job.objects.order_by("position"))
        assert [job.artifact for job in jobs] == [render_job(job).sha256 for job in jobs]

    def test_not_where_a_number_is_given_out_later(self, printer: Printer) -> None:
        make_template(SERIAL)
        submit(request(printer, template="numbered", rows=[{}, {}]), ANN)
        assert set(Job.objects.values_list("artifact", flat=True)) == {""}

    def test_a_refused_request_keeps_none(self, printer: Printer, settings: LazySettings) -> None:
        with pytest.raises(DoesNotFit):
            ask(printer, "a", "b" * 900)
        assert not list(Path(settings.DATA_DIR).rglob("*.png"))

    def test_a_full_disk_costs_only_the_second_drawing(self, printer: Printer, settings: LazySettings) -> None:
        (Path(settings.DATA_DIR) / "artifacts").write_text("in the way")
        ask(printer, "a", "b")
        assert set(Job.objects.values_list("state", "artifact")) == {(State.PENDING, "")}


class TestSerials:
    def test_each_row_gets_its_own_also_where_the_number_grows(self, printer: Printer) -> None:
        make_template(SERIAL)
        submit(request(printer, template="numbered", rows=[{}, {}, {}]), ANN)
        numbers = [job.fields["serial:box"] for job in Job.objects.order_by("position")]
        assert numbers == ["B-98", "B-99", "B-100"]

    def test_a_refused_one_takes_no_number(self, printer: Printer) -> None:
        make_template(SERIAL)
        with pytest.raises(HubError):
            submit(request(printer, template="numbered", rows=[{}, {"x": 1}]), ANN)
        assert not Counter.objects.exists()

    def test_a_preview_takes_none_either(self, printer: Printer) -> None:
        make_template(SERIAL)
        first = preview("numbered", {}).raster.sha256
        assert preview("numbered", {}).raster.sha256 == first
        assert not Counter.objects.exists()


class TestIdempotency:
    def test_the_same_again_is_answered_as_then(self, printer: Printer) -> None:
        first = submit(request(printer), ANN, idempotency_key="k")
        Job.objects.update(state=State.COMPLETED)
        again = submit(request(printer), ANN, idempotency_key="k")
        assert (again.jobs, again.batch, again.replayed) == (first.jobs, None, True)
        assert Job.objects.count() == 1

    def test_one_label_is_one_write(self, printer: Printer) -> None:
        ask(printer)
        with CaptureQueriesContext(connection) as asked:
            submit(request(printer), ANN, idempotency_key="k")
        tables = [each["sql"].count("INSERT INTO") for each in asked]
        expected = [3] if connection.vendor == "postgresql" else [1, 1, 1]
        assert [count for count in tables if count] == expected
        assert not any("UPDATE" in each["sql"] or "SAVEPOINT" in each["sql"] for each in asked)
        row = IdempotencyKey.objects.get()
        assert row.response == {"jobs": [str(Job.objects.latest("created_at").pk)]}

    def test_in_a_transaction_of_somebody_else_too(self, printer: Printer) -> None:
        with transaction.atomic():
            first = submit(request(printer), ANN, idempotency_key="k")
            again = submit(request(printer), ANN, idempotency_key="k")
        assert (again.jobs, again.replayed) == (first.jobs, True)
        assert Job.objects.count() == 1

    def test_a_batch_too(self, printer: Printer) -> None:
        first = submit(request(printer, rows=[{"word": "a"}, {"word": "b"}]), ANN, idempotency_key="k")
        again = submit(request(printer, rows=[{"word": "a"}, {"word": "b"}]), ANN, idempotency_key="k")
        assert (again.jobs, again.batch) == (first.jobs, first.batch)
        assert Job.objects.count() == 2

    def test_another_body_is_refused(self, printer: Printer) -> None:
        submit(request(printer), ANN, idempotency_key="k")
        with pytest.raises(IdempotencyMismatch):
            submit(request(printer, copies=2), ANN, idempotency_key="k")
        assert Job.objects.count() == 1

    def test_another_client_has_its_own_keys(self, printer: Printer) -> None:
        submit(request(printer), ANN, idempotency_key="k")
        submit(
            request(printer), Caller(label="bob", token_id=ApiToken.issue("bob", ["print"])[0].pk), idempotency_key="k"
        )
        assert Job.objects.count() == 2

    def test_one_that_is_not_finished_is_said_to_be_so(self, printer: Printer) -> None:
        submit(request(printer), ANN, idempotency_key="k")
        IdempotencyKey.objects.update(response=None)
        with pytest.raises(IdempotencyInFlight):
            submit(request(printer), ANN, idempotency_key="k")

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\nb"])
    def test_a_key_that_is_none(self, printer: Printer, key: str) -> None:
        with pytest.raises(InvalidInput):
            submit(request(printer), ANN, idempotency_key=key)
        assert nothing_queued()

    @pytest.mark.fault(23)
    def test_fifty_at_once_are_one_job(self, printer: Printer) -> None:
        answers: list[Any] = []
        start = threading.Barrier(50)

        def run() -> None:
            try:
                start.wait()
                answers.append(submit(request(printer), ANN, idempotency_key="k"))
            except Exception as error:
                answers.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Job.objects.count() == 1
        job = Job.objects.get()
        assert {tuple(each.id for each in answer.jobs) for answer in answers} == {(job.pk,)}
        assert [answer.replayed for answer in answers].count(False) == 1


class TestPreview:
    def test_it_is_what_will_be_printed(self, printer: Printer) -> None:
        job = one(ask(printer, "hello"))
        assert preview("word", {"word": "hello"}, printer="bench").raster.png == render_job(job).png

    def test_on_other_media_and_without_a_printer(self, printer: Printer) -> None:
        assert preview("word", {"word": "x"}, media="tze:24").canvas.medium.key == "tze:24"
        assert preview("word", {"word": "x"}).canvas.medium.key == "tze:12"
        assert Job.objects.count() == 0


@pytest.mark.parametrize(("rotate", "same"), [(0, True), (180, False), (90, False), (270, False)])
def test_turning_changes_the_dots_and_turning_back_restores_them(printer: Printer, rotate: int, same: bool) -> None:
    straight, turned = one(ask(printer, "hi")), one(ask(printer, "hi", options={"rotate": rotate}))
    assert (render_job(straight).png == render_job(turned).png) is same
