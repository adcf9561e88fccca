"""The list of jobs, the printers, the templates."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from printers.models import Printer
from tests.pages.rows import make_job, make_printer, make_template, signed_in

pytestmark = pytest.mark.django_db


def listed(query: str = "") -> list[str]:
    text = signed_in().get(f"/jobs?{query}").content.decode()
    return re.findall(r'class="job-title">([^<]+)<', text)


def test_jobs_are_filtered_by_the_address() -> None:
    template, bench, office = make_template(), make_printer(), make_printer("office")
    now = timezone.now()
    for n, (printer, state, name) in enumerate(
        [
            (bench, "pending", "Lathe"),
            (bench, "completed", "Größe"),
            (office, "aborted", "Saw"),
            (office, "processing-stopped", "Mill"),
        ]
    ):
        make_job(printer, template, state=state, fields={"name": name}, created_at=now - timedelta(minutes=n))
    assert listed() == ["Lathe", "Größe", "Saw", "Mill"]
    assert listed("show=open") == ["Lathe", "Mill"]
    assert listed("show=printed") == ["Größe"]
    assert listed("show=unknown") == ["Mill"]
    assert listed("show=failed") == ["Saw"]
    assert listed(f"printer={office.id}") == ["Saw", "Mill"]
    assert listed("template=asset-tag-12&q=größe") == ["Größe"]
    assert listed("template=other") == []
    assert listed("show=nonsense&printer=nonsense&before=nonsense") == ["Lathe", "Größe", "Saw", "Mill"]


def test_older_jobs_are_on_the_next_page() -> None:
    template, printer, now = make_template(), make_printer(), timezone.now()
    for n in range(31):
        make_job(printer, template, fields={"name": f"n{n}"}, created_at=now - timedelta(minutes=n))
    text = signed_in().get("/jobs?show=open").content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', text)
    assert older
    assert older[1].startswith("/jobs?show=open&amp;before=")
    assert listed(older[1].partition("?")[2].replace("&amp;", "&")) == ["n30"]


def test_a_text_is_looked_for_in_so_many_jobs_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("printers.paging.MOST_LOOKED_AT", 3)
    template, printer, now = make_template(), make_printer(), timezone.now()
    for n, name in enumerate(("Saw", "Saw", "Saw", "Saw", "Lathe", "Saw")):
        make_job(printer, template, fields={"name": name}, created_at=now - timedelta(minutes=n))
    text = signed_in().get("/jobs?q=lathe").content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', text)
    assert "None of the jobs that were looked through fits." in text
    assert older
    assert listed(older[1].partition("?")[2].replace("&amp;", "&")) == ["Lathe"]


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_jobs_do_not_grow(rows: int) -> None:
    template = make_template()
    for n in range(rows):
        make_job(make_printer(f"printer-{n}"), template)
    client = signed_in()
    with CaptureQueriesContext(connection) as captured:
        client.get("/jobs")
    assert len(captured) == 7


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_printers_do_not_grow(rows: int) -> None:
    for n in range(rows):
        make_printer(f"printer-{n}")
    client = signed_in()
    with CaptureQueriesContext(connection) as captured:
        client.get("/printers")
    assert len(captured) == 5


def test_a_printer_says_what_is_known() -> None:
    printer = make_printer(status={"display": "<b>READY</b>", "last_error": "no answer in 1 s"})
    make_job(printer, make_template(), fields={"name": "Lathe"})
    text = signed_in().get(f"/printers/{printer.id}").content.decode()
    assert "12 mm tape, black on white" in text
    assert "&lt;b&gt;READY&lt;/b&gt;" in text
    assert "no answer in 1 s" in text
    assert "Lathe" in text


def test_pause_and_resume() -> None:
    printer = make_printer()
    staff = signed_in(staff=True)
    for name, paused in (("pause", True), ("resume", False)):
        assert staff.post(f"/printers/{printer.id}/{name}").status_code == 302
        printer.refresh_from_db()
        assert printer.paused is paused


def test_only_staff_pauses() -> None:
    printer = make_printer()
    client = signed_in()
    assert "/pause" not in client.get(f"/printers/{printer.id}").content.decode()
    assert client.post(f"/printers/{printer.id}/pause").status_code == 403
    assert not Printer.objects.filter(paused=True).exists()


def test_a_test_print_is_a_job() -> None:
    make_template()
    printer = make_printer()
    answer = signed_in().post(f"/printers/{printer.id}/test")
    assert answer.headers["Location"] == f"/jobs/{printer.jobs.get().id}"


def test_templates_have_pictures_and_pages() -> None:
    make_template()
    client = signed_in()
    assert "/templates/asset-tag-12" in client.get("/templates").content.decode()
    text = client.get("/templates/asset-tag-12").content.decode()
    assert "/print/asset-tag-12" in text
    assert "12 mm tape" in text
    picture = client.get("/templates/asset-tag-12/picture.png")
    assert picture.content.startswith(b"\x89PNG")
    assert client.get("/templates/nothing").status_code == 404
    assert client.get("/templates/nothing/picture.png").status_code == 404
