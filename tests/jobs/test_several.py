"""A batch of several templates: one batch, one order, all of it or none."""

from typing import Any

import pytest

from jobs import batches
from jobs.dispatch import drain
from jobs.errors import DuplicateValue, TooMuchTape
from jobs.models import Batch, Job, Pool, State
from jobs.submission import Label, Request, submit
from printers.emulator import EmulatedPrinter
from printers.errors import HubError
from printers.models import Event, Printer
from templates_app.models import Counter
from tests.api import assert_problem, script
from tests.jobs.labels import ANN, QR, TEXT, make_template
from tests.jobs.test_submission import SERIAL

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://example.invalid/1"


@pytest.fixture(autouse=True)
def _templates(printer: Printer) -> None:
    make_template(QR)
    make_template(SERIAL)


def several(*labels: Label, **more: Any) -> Request:
    return Request(**{"printer": "main/bench", "template": "", "rows": [], "labels": list(labels)} | more)


def test_it_works(printer: Printer, device: EmulatedPrinter, rung: list[str]) -> None:
    body = {
        "printer": "main/bench",
        "template": "word",
        "labels": [
            {"fields": {"word": "first"}},
            {"template": "code", "fields": {"url": URL}, "copies": 2},
            {"fields": {"word": "last"}},
        ],
    }
    answer = script("print").post("/api/print", body)
    assert answer.status_code == 202, answer.content
    jobs = list(Job.objects.order_by("position"))
    assert [str(job.pk) for job in jobs] == [each["id"] for each in answer.json()["jobs"]]
    assert [(job.template_key, job.copies, job.position) for job in jobs] == [
        ("word", 1, 0), ("code", 2, 1), ("word", 1, 2),
    ]  # fmt: skip
    batch = Batch.objects.get()
    assert (batch.total, {job.batch_id for job in jobs}) == (3, {batch.pk})
    assert Event.objects.filter(kind="job.pending").count() == 3
    assert rung == [str(printer.pk)]
    drain(printer.pk)
    assert len(device.labels) == 4
    assert batches.progress_of(batch, ANN).confirmed == 3


def test_numbers_are_given_out_in_order(printer: Printer) -> None:
    labels = [
        Label("numbered", {}),
        Label("word", {"word": "x"}),
        Label("numbered", {}, copies=2),
        Label("numbered", {}),
    ]
    submit(several(*labels), ANN)
    fields = Job.objects.order_by("position").values_list("fields", flat=True)
    assert sorted(row["serial:box"] for row in fields if "serial:box" in row) == ["B-100", "B-98", "B-99"]
    assert Counter.objects.get().value == 100


@pytest.mark.parametrize(
    ("labels", "pointers"),
    [
        ([Label("word", {"word": "x"}), Label("code", {})], ["/labels/1/fields/url"]),
        (
            [Label("word", {}), Label("word", {"word": "x", "more": 1})],
            ["/labels/0/fields/word", "/labels/1/fields/more"],
        ),
        ([Label("word", {"word": "x"}), Label("word", {"word": "y"}, copies=501)], ["/labels/1/copies"]),
    ],
)
def test_nothing_is_queued_where_anything_is_wrong(labels: list[Label], pointers: list[str]) -> None:
    with pytest.raises(HubError) as caught:
        submit(several(*labels), ANN)
    assert [problem.pointer for problem in caught.value.problems] == pointers
    assert (Job.objects.count(), Batch.objects.count(), Counter.objects.count()) == (0, 0, 0)


def test_what_only_one_label_may_have_is_looked_for_per_template() -> None:
    make_template(TEXT.replace("required = true", "required = true\nunique = true"))
    same = [Label("word", {"word": "x"}), Label("code", {"url": URL}), Label("word", {"word": "x"}, copies=2)]
    with pytest.raises(DuplicateValue) as caught:
        submit(several(*same), ANN)
    assert [problem.pointer for problem in caught.value.problems] == ["/labels/2/fields/word"]
    assert not Job.objects.exists()


def test_the_tape_of_all_counts() -> None:
    word, code = Label("word", {"word": "x"}), Label("code", {"url": URL})

    def tape(*labels: Label) -> Any:
        with pytest.raises(TooMuchTape) as caught:
            submit(several(*labels, max_tape_mm=0.1), ANN)
        assert [problem.pointer for problem in caught.value.problems] == ["/labels"]
        return caught.value.extra["tape_mm"]

    assert tape(word, code) == pytest.approx(tape(word) + tape(code), abs=0.2)
    assert not Job.objects.exists()


def test_the_same_key_prints_once() -> None:
    wanted = several(Label("word", {"word": "x"}), Label("code", {"url": URL}))
    first, again = (submit(wanted, ANN, idempotency_key="k") for _ in range(2))
    assert (again.jobs, again.replayed, Job.objects.count()) == (first.jobs, True, 2)


def test_a_pool_prints_it_on_one_printer(printer: Printer) -> None:
    pool = Pool.objects.create(site=printer.site, name="tags", medium="tze:12")
    labels = [Label("word", {"word": "x"}), Label("code", {"url": URL})]
    accepted = submit(several(*labels, printer="", pool="tags"), ANN)
    assert accepted.printer == printer.pk
    assert list(Job.objects.values_list("pool_id", "medium", "state")) == [(pool.pk, "tze:12", State.PENDING)] * 2


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"labels": [{"fields": {"word": "x"}}]}, "/labels/0/template"),
        ({"fields": {"word": "x"}}, "/template"),
        ({"labels": [], "template": "word"}, "/labels"),
        ({"labels": [{"fields": {"word": "x"}, "colour": 1}], "template": "word"}, "/labels/0/colour"),
        ({"labels": [{}], "rows": [{}], "template": "word"}, ""),
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, Any], pointer: str) -> None:
    assert_problem(script("print").post("/api/print", {"printer": "main/bench"} | wrong), 422, "invalid", pointer)
    assert not Job.objects.exists()
