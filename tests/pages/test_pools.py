import pytest

from jobs.models import Batch, Job, Pool, PoolMember
from printers.models import Printer, Site
from templates_app.models import UploadedTable
from tests.pages.rows import make_printer, make_template, signed_in
from tests.pages.test_roles import person
from tests.pages.test_tables import mapped

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


class TestATable:
    @pytest.fixture
    def pool(self) -> Pool:
        make_template()
        make_printer("dry", media="tze:24")
        make_printer("ready")
        pool = Pool.objects.create(site=Site.objects.get(), name="tags", medium="tze:12")
        for printer in Printer.objects.all():
            PoolMember.objects.create(pool=pool, printer=printer)
        return pool

    def test_its_labels_go_to_the_printer_of_the_pool_that_has_the_tape(self, pool: Pool) -> None:
        client = signed_in()
        address = mapped(client, "name,id\nDrill,7\nSaw,8\n")
        text = client.get(f"{address}?printer=pool:{pool.id}").content.decode()
        assert f'<option value="pool:{pool.id}" selected>Any printer of tags</option>' in text
        assert "Pool main/tags: ready is the only printer that has 12 mm tape" in text
        answer = client.post(f"{address}/print", {"printer": f"pool:{pool.id}", "copies": "1"})
        assert answer.headers["Location"] == f"/batches/{Batch.objects.get().id}"
        jobs = Job.objects.order_by("position").values_list("position", "pool", "printer__name", "medium")
        assert list(jobs) == [(0, pool.id, "ready", "tze:12"), (1, pool.id, "ready", "tze:12")]

    def test_where_all_were_switched_off_meanwhile_nothing_is_printed(
        self, pool: Pool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("jobs.views.table_rows.AT_ONCE", 0)
        client = signed_in()
        address = mapped(client, "name,id\nDrill,7\nSaw,8\nLathe,9\n")
        client.post(f"{address}/print", {"printer": f"pool:{pool.id}", "copies": "1"})
        assert UploadedTable.objects.get().wish is not None
        Printer.objects.update(enabled=False)
        client.post(f"{address}/progress")
        text = client.get(address).content.decode()
        assert "The pool main/tags has no printer that is switched on." in text
        assert (Job.objects.count(), UploadedTable.objects.get().wish) == (0, None)

    def test_what_was_chosen_is_what_prints_or_nothing_does(self, pool: Pool) -> None:
        client = signed_in()
        address = mapped(client, "name,id\nDrill,7\nSaw,8\n")
        pool.delete()
        answer = client.post(f"{address}/print", {"printer": f"pool:{pool.id}", "copies": "1"})
        assert (answer.status_code, Job.objects.count()) == (422, 0)
