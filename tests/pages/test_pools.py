import pytest

from jobs.models import Job, Pool, PoolMember
from printers.models import Printer, Site
from tests.pages.rows import make_printer, make_template, signed_in
from tests.pages.test_roles import person

pytestmark = pytest.mark.django_db

FORM = {"site": "main", "name": "black-12", "medium": "tze:12", "tape_color": "white", "text_color": "black"}


def test_one_is_added_changed_and_removed() -> None:
    printer, client = make_printer(), person("manager")
    assert client.post("/pools/new", FORM | {"every_printer": "1", "family": "pt"}).status_code == 302
    pool = Pool.objects.get()
    assert (pool.name, pool.medium, pool.every_printer, pool.family) == ("black-12", "tze:12", True, "pt")
    text = client.get("/pools").content.decode()
    assert "main/black-12" in text
    assert "12 mm tape, black on white" in text
    assert f"/printers/{printer.id}" in text
    client.post(f"/pools/{pool.id}", FORM | {"name": "tags", "printers": [str(printer.id)]})
    pool.refresh_from_db()
    assert (pool.name, pool.every_printer, PoolMember.objects.get().printer_id) == ("tags", False, printer.id)
    assert f'value="{printer.id}" checked' in client.get(f"/pools/{pool.id}").content.decode()
    client.post(f"/pools/{pool.id}/remove")
    assert not Pool.objects.exists()


def test_what_is_wrong_is_said_and_what_was_typed_stays() -> None:
    Pool.objects.create(site=make_printer().site, name="black-12")
    answer = person("manager").post("/pools/new", FORM | {"every_printer": "1"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "The site main has a pool “black-12” already." in text
    assert '<option value="tze:12" selected>' in text
    assert Pool.objects.count() == 1


def test_a_label_is_printed_to_a_pool() -> None:
    make_template()
    busy, free = make_printer("busy"), make_printer("free")
    Job.objects.create(printer=busy)
    pool = Pool.objects.create(site=Site.objects.get(), name="tags", medium="tze:12")
    client = signed_in()
    text = client.get("/print/asset-tag-12").content.decode()
    assert "Any printer of tags" in text
    form = {"f.name": "Bench drill", "f.id": "A-1", "copies": "1", "printer": f"pool:{pool.id}", "submission": "s"}
    answer = client.post("/print/asset-tag-12", form)
    job = Job.objects.get(pool=pool)
    assert (answer.status_code, job.printer_id) == (302, free.id)
    text = client.get(f"/jobs/{job.id}").content.decode()
    assert "main/tags" in text
    assert "Pool main/tags: free has 12 mm tape" in text


def test_a_pool_that_can_never_print_it_cannot_be_chosen() -> None:
    make_template()
    make_printer()
    pool = Pool.objects.create(site=Site.objects.get(), name="tags", medium="tze:36")
    text = signed_in().get("/print/asset-tag-12").content.decode()
    assert f'value="pool:{pool.id}" required disabled' in text
    Printer.objects.update(enabled=False)
    assert signed_in().get("/print/asset-tag-12").status_code == 200
