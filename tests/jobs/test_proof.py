"""What lint calls an error stops a print, unless somebody who may answers for it."""

from typing import Any

import pytest
from django.conf import LazySettings

from jobs.errors import DuplicateValue, LabelNotReadable, TooMuchTape
from jobs.models import Job
from jobs.submission import Request, submit
from printers.callers import Caller
from printers.errors import Forbidden
from printers.models import Event, Printer
from tests.jobs.labels import ANN, make_template, one

pytestmark = pytest.mark.django_db(transaction=True)

BOSS = Caller(label="boss", scopes=frozenset({"read", "print", "manage"}))
UNIQUE = """
key = "tag"
title = "Tag"
media = "tze:12"
[[fields]]
name = "id"
unique = true
[[elements]]
kind = "text"
text = "{id} 名"
"""
TAG = UNIQUE.replace(" 名", "")
EAN = """
key = "ean"
title = "EAN"
media = "tze:12"
[[fields]]
name = "code"
[[elements]]
kind = "barcode"
symbology = "ean13"
value = "{code}"
"""


def request(printer: Printer, *ids: str, **changes: Any) -> Request:
    rows = [{"id": value} for value in ids or ("A-1",)]
    return Request(**{"printer": str(printer.pk), "template": "tag", "rows": rows} | changes)


@pytest.fixture(autouse=True)
def _no_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("templates_app.fonts.fallbacks", lambda *, bold: ())


class TestOverride:
    def test_an_error_stops_a_print(self, printer: Printer) -> None:
        make_template(UNIQUE)
        with pytest.raises(LabelNotReadable, match="U\\+540D"):
            submit(request(printer), BOSS)
        assert not Job.objects.exists()

    def test_who_may_overrides_it_and_the_story_says_so(self, printer: Printer) -> None:
        make_template(UNIQUE)
        job = one(submit(request(printer, override_lint=True), BOSS))
        event = Event.objects.get(job_id=job.pk)
        assert event.actor == "boss"
        assert event.data["overridden"] == ["Text “text-1”: no font here has “名” (U+540D), so it is left out."]

    def test_who_may_not_cannot(self, printer: Printer) -> None:
        make_template(UNIQUE)
        with pytest.raises(Forbidden, match="right to manage"):
            submit(request(printer, override_lint=True), ANN)
        assert not Job.objects.exists()

    def test_a_label_without_errors_has_nothing_to_tell(self, printer: Printer) -> None:
        make_template(TAG)
        job = one(submit(request(printer, override_lint=True), BOSS))
        assert "overridden" not in Event.objects.get(job_id=job.pk).data

    def test_what_cannot_be_drawn_cannot_be_overridden(self, printer: Printer) -> None:
        make_template(EAN)
        with pytest.raises(Exception, match="its check digit is 8, it should be 1"):
            submit(request(printer, template="ean", rows=[{"code": "4006381333938"}], override_lint=True), BOSS)
        assert not Job.objects.exists()


class TestDuplicates:
    def test_the_row_and_the_first_one_are_named(self, printer: Printer) -> None:
        make_template(TAG)
        with pytest.raises(DuplicateValue) as caught:
            submit(request(printer, "A-1", "A-2", "A-1"), BOSS)
        assert caught.value.detail.startswith("Row 3: The field “id”: “A-1” stands in row 1 already.")
        assert [problem.pointer for problem in caught.value.problems] == ["/rows/2/id"]
        assert not Job.objects.exists()

    def test_empty_values_are_no_duplicates(self, printer: Printer) -> None:
        make_template(TAG.replace('"{id}"', '"x{id}"'))
        assert len(submit(request(printer, "", ""), BOSS).jobs) == 2

    def test_serial_numbers_that_were_given_are_compared(self, printer: Printer) -> None:
        make_template(TAG.replace("{id}", "{serial:box}") + "[counters.box]\n")
        with pytest.raises(DuplicateValue, match="The serial number “box”: “7”"):
            submit(request(printer, rows=[{"serial:box": "7"}, {"serial:box": "7"}]), BOSS)

    def test_they_can_be_overridden(self, printer: Printer) -> None:
        make_template(TAG)
        accepted = submit(request(printer, "A-1", "A-1", override_lint=True), BOSS)
        told = [Event.objects.get(job_id=job.id).data.get("overridden") for job in accepted.jobs]
        assert told == [None, ["The field “id”: “A-1” stands in row 1 already."]]


class TestTape:
    def test_more_than_a_print_may_take(self, printer: Printer) -> None:
        make_template(TAG)
        with pytest.raises(TooMuchTape, match=r"the limit is 0\.1 m") as caught:
            submit(request(printer, copies=20, max_tape_mm=100), BOSS)
        assert float(str(caught.value.extra["tape_mm"])) > 100
        assert not Job.objects.exists()

    def test_more_than_the_hub_allows(self, printer: Printer, settings: LazySettings) -> None:
        make_template(TAG)
        settings.TAPE_LIMIT_M = 1
        with pytest.raises(TooMuchTape, match="the limit is 1 m"):
            submit(request(printer, copies=500, max_tape_mm=10_000), BOSS)
        assert len(submit(request(printer, copies=500, override_lint=True), BOSS).jobs) == 1

    def test_no_limit(self, printer: Printer, settings: LazySettings) -> None:
        make_template(TAG)
        settings.TAPE_LIMIT_M = 0
        assert len(submit(request(printer, copies=500), ANN).jobs) == 1
