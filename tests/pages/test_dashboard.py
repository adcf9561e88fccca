import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries as Queries

from printers.models import Printer, PrinterStatus
from tests.pages.rows import make_job, make_printer, make_template, signed_in

pytestmark = pytest.mark.django_db
QUERIES = 11


def test_it_works() -> None:
    template = make_template()
    printer = make_printer(status={"tape_color": "yellow", "text_color": "black"})
    make_job(printer, template, state="completed", outcome="confirmed")
    make_job(printer, template)
    text = signed_in().get("/").content.decode()
    assert "workbench" in text
    assert 'fill="#ffd60a"' in text
    assert 'aria-label="12 mm tape, black on yellow"' in text
    assert "Ready" in text
    assert "1 job waits" in text
    assert "Printed" in text
    assert re.search(r">1\d s ago</time>", text)


def test_it_says_what_helps() -> None:
    make_printer(status={"state": "stopped", "reasons": ["cover-open"], "media_key": ""})
    text = signed_in().get("/").content.decode()
    assert "Cover open" in text
    assert "Close the cover." in text
    assert "No tape known" in text


def test_it_names_the_tape_that_a_job_waits_for() -> None:
    printer = make_printer()
    make_job(printer, make_template(), state="pending-held", reasons=["hub-media-needed"], medium="tze:24")
    assert "Insert 24 mm tape: 1 label, 1 person." in signed_in().get("/").content.decode()


def test_it_asks_about_unknown_outcomes() -> None:
    reasons = ["hub-outcome-unknown"]
    job = make_job(make_printer(), make_template(), state="processing-stopped", outcome="unknown", reasons=reasons)
    text = signed_in().get("/").content.decode()
    assert "One label may or may not have come out." in text
    assert f"/jobs/{job.id}" in text


def test_it_counts_the_states_the_worst_first() -> None:
    make_printer("open", status={"state": "stopped", "reasons": ["cover-open"]})
    for name in ("one", "two"):
        make_printer(name)
    text = signed_in().get("/").content.decode()
    counts = re.findall(r'<li><span class="num">(\d+)</span> <span class="badge (\w+)">', text)
    assert counts == [("1", "warn"), ("2", "ok")]


def test_the_fragment_is_not_a_page() -> None:
    make_printer()
    text = signed_in().get("/dashboard/live").content.decode()
    assert "workbench" in text
    assert "<html" not in text


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow(rows: int) -> None:
    template = make_template()
    for n in range(rows):
        printer = make_printer(f"printer-{n}")
        for state in ("pending", "processing", "processing-stopped", "completed"):
            make_job(printer, template, state=state)
    client = signed_in()
    with CaptureQueriesContext(connection) as captured:
        client.get("/")
    assert len(captured) == QUERIES


def test_of_many_printers_those_with_something_to_do_come_first(django_assert_num_queries: Queries) -> None:
    template = make_template()
    printers = [make_printer(f"printer-{n:02}", host=f"127.0.1.{n + 1}") for n in range(60)]
    PrinterStatus.objects.filter(printer=printers[41]).update(online=False)
    Printer.objects.filter(pk=printers[42].pk).update(stop_reasons=["cover-open"])
    make_job(printers[57], template)
    make_job(printers[59], template, state="processing-stopped", outcome="unknown", reasons=["hub-outcome-unknown"])
    client = signed_in()
    with django_assert_num_queries(QUERIES):
        text = client.get("/").content.decode()
    shown = [int(n) for n in re.findall(r">printer-(\d\d)</a></h3>", text)]
    assert shown == [59, 41, 42, 57, *range(20)]
    assert "24 of 60 printers" in text


def test_fifty_printers_stay_light() -> None:
    template = make_template()
    for n in range(50):
        make_job(make_printer(f"printer-{n}"), template)
    assert len(signed_in().get("/").content) <= 56_000
