"""From a confirmed table to its batch: bit by bit, all or nothing, once."""

import io
import sqlite3
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client

from jobs.models import Batch, Job
from jobs.proof import Proofreader
from labelhub.accounts.models import User
from printers.models import Printer
from templates_app.models import KeptWorkbook, UploadedTable
from tests.jobs.labels import make_template as make
from tests.pages.rows import make_printer, make_template, signed_in
from tests.pages.test_tables import mapped, shown, upload

pytestmark = pytest.mark.django_db

SEVENTY = "name,id\n" + "".join(f"n{n},{n}\n" for n in range(70))
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def printer() -> Printer:
    make_template()
    return make_printer()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One label is checked at a time, so that a confirmation cannot end in its own request."""
    for name in ("AT_ONCE", "WITH_SCRIPT", "WITHOUT"):
        monkeypatch.setattr(f"jobs.views.table_rows.{name}", 0)
    return monkeypatch


def confirm(client: Client, address: str, printer: Printer, **more: str) -> Any:
    return client.post(f"{address}/print", {"printer": str(printer.id), "copies": "1", **more})


def go_on(client: Client, address: str, most: int = 200) -> Any:
    for _ in range(most):
        answer = client.post(f"{address}/progress", headers=SCRIPT)
        if "HX-Redirect" in answer.headers:
            return answer
    raise AssertionError("it never ended")


class TestStepByStep:
    def test_it_works(self, printer: Printer, slow: pytest.MonkeyPatch) -> None:
        client = signed_in()
        address = mapped(client, SEVENTY)
        answer = confirm(client, address, printer)
        assert (answer.status_code, answer.headers["Location"], Job.objects.count()) == (302, address, 0)
        text = shown(client.get(address))
        assert "printed as soon as all of them are checked" in text
        assert "of 70 labels checked" in text
        assert go_on(client, address).headers["HX-Redirect"] == f"/batches/{Batch.objects.get().id}"
        assert [job.fields["id"] for job in Job.objects.order_by("position")] == [str(n) for n in range(70)]
        table = UploadedTable.objects.get()
        assert (table.wish, {job.render_time for job in Job.objects.all()}) == (None, {table.moment})

    def test_without_a_script_a_button_goes_on(self, printer: Printer, slow: pytest.MonkeyPatch) -> None:
        client = signed_in()
        address = mapped(client, "name,id\nDrill,7\nSaw,8\nLathe,9\n")
        confirm(client, address, printer)
        places = [client.post(f"{address}/progress").headers["Location"] for _ in range(3)]
        assert places[-1] == f"/batches/{Batch.objects.get().id}"

    def test_a_wrong_row_at_the_end_prints_none(self, printer: Printer, slow: pytest.MonkeyPatch) -> None:
        client = signed_in()
        address = mapped(client, SEVENTY + ",\n" + "last,\n")
        confirm(client, address, printer)
        assert go_on(client, address).headers["HX-Redirect"] == address
        assert "Some rows cannot be printed." in shown(client.get(address))
        assert (Job.objects.count(), UploadedTable.objects.get().wish) == (0, None)

    def test_it_can_be_withdrawn(self, printer: Printer, slow: pytest.MonkeyPatch) -> None:
        client = signed_in()
        address = mapped(client, SEVENTY)
        confirm(client, address, printer)
        client.post(f"{address}/withdraw")
        for _ in range(80):
            client.post(f"{address}/progress", headers=SCRIPT)
        assert (Job.objects.count(), UploadedTable.objects.get().rows.filter(verdict="ok").count()) == (0, 70)

    def test_what_cannot_be_is_said_before_anything_is_checked(
        self, printer: Printer, slow: pytest.MonkeyPatch
    ) -> None:
        client = signed_in()
        address = mapped(client, SEVENTY)
        answer = confirm(client, address, printer, override="1")
        assert answer.status_code == 422
        assert "right to manage" in shown(answer)
        assert UploadedTable.objects.get().wish is None


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_others_may_write_while_labels_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that writes between two labels must not make the next write fail."""
    make_template()
    make_printer()
    client = signed_in()
    address = mapped(client, "name,id\n" + "".join(f"n{n},{n}\n" for n in range(250)))
    other = sqlite3.connect(connection.settings_dict["NAME"], uri=True)

    prove = Proofreader.prove

    def prove_and_write(proofs: Proofreader, row: Any) -> Any:
        with other:
            other.execute("UPDATE accounts_user SET first_name = 'x'")
        return prove(proofs, row)

    monkeypatch.setattr(Proofreader, "prove", prove_and_write)
    monkeypatch.setattr("jobs.views.table_rows.WITH_SCRIPT", 100)
    client.post(f"{address}/progress", headers=SCRIPT)
    other.close()
    assert UploadedTable.objects.get().rows.filter(verdict="ok").count() == 250


class TestVerdicts:
    def test_another_version_makes_them_anew(self, printer: Printer) -> None:
        client = signed_in()
        body = '[[fields]]\nname = "id"\n[[elements]]\nkind = "text"\ntext = "{id}"\n'
        make(f'key = "u"\ntitle = "U"\nmedia = "tze:12"\n{body}')
        made = client.post("/print/u/table", {"pasted": "id\nA-1\n" + "W" * 90 + "\n"})
        address = client.post(made.headers["Location"], {"action": "map", "column.id": "0"}).headers["Location"]
        client.get(address)
        rows = UploadedTable.objects.get().rows.exclude(verdict="names").order_by("number")
        assert [row.verdict for row in rows.all()] == ["ok", "ok"]
        make(f'key = "u"\ntitle = "U"\nmedia = "tze:12"\nlength = 30\n{body}')
        answer = confirm(client, address, printer)
        assert (answer.status_code, Job.objects.count()) == (422, 0)
        assert [row.verdict for row in rows.all()] == ["ok", "error"]

    def test_a_cell_without_a_value_cannot_be_answered_for(self, printer: Printer) -> None:
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in (["name", "id", "link"], ["Drill", "7", "=A1"]):
            book.active.append(row)
        client = signed_in()
        client.force_login(User.objects.create(username="boss", is_superuser=True))
        address = mapped(
            client, saved(book), {"action": "map", "column.name": "0", "column.id": "1", "column.url": "2"}
        )
        assert confirm(client, address, printer, override="1").status_code == 422
        assert not Job.objects.exists()

    def test_the_template_limits_the_tape_of_all_together(self, printer: Printer) -> None:
        client = signed_in()
        make(
            'key = "u"\ntitle = "U"\nmedia = "tze:12"\nlength = 30\ntape_limit = 0.1\n[[fields]]\nname = "id"\n'
            '[[elements]]\nkind = "text"\ntext = "{id}"\n'
        )
        made = client.post("/print/u/table", {"pasted": "id\nA-1\nA-2\nA-3\n"})
        address = client.post(made.headers["Location"], {"action": "map", "column.id": "0"}).headers["Location"]
        answer = confirm(client, address, printer)
        assert answer.status_code == 422
        assert "the limit is 0.1 m." in shown(answer)
        assert not Job.objects.exists()


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class TestSheets:
    @pytest.fixture
    def book(self) -> bytes:
        book = openpyxl.Workbook()
        assert book.active is not None
        book.active.title = "Tools"
        for row in (["name", "id"], ["Drill", 7]):
            book.active.append(row)
        other = book.create_sheet("Machines <b>")
        for row in (["id", "name"], ["9", "Lathe"], ["10", "Mill"]):
            other.append(row)
        book.create_sheet("Empty")
        book.create_sheet("Hidden").sheet_state = "hidden"
        return saved(book)

    def test_another_one_is_chosen(self, printer: Printer, book: bytes) -> None:
        client = signed_in()
        address = upload(client, book, "assets.xlsx").headers["Location"]
        table = UploadedTable.objects.get()
        assert (table.columns, KeptWorkbook.objects.get().sheets) == (
            ["name", "id"],
            ["Tools", "Machines <b>", "Empty"],
        )
        assert "Machines &lt;b&gt;" in shown(client.get(address))
        answer = client.post(address, {"action": "sheet", "sheet": "Machines <b>"})
        assert answer.headers["Location"] == address
        table.refresh_from_db()
        assert [row.cells for row in table.rows.order_by("number")] == [["id", "name"], ["9", "Lathe"], ["10", "Mill"]]
        assert (table.columns, KeptWorkbook.objects.get().sheet) == (["id", "name"], "Machines <b>")

    @pytest.mark.parametrize("name", ["Empty", "Hidden", "nonsense"])
    def test_what_holds_nothing_leaves_the_old_rows(self, printer: Printer, book: bytes, name: str) -> None:
        client = signed_in()
        address = upload(client, book, "assets.xlsx").headers["Location"]
        client.post(address, {"action": "sheet", "sheet": name})
        table = UploadedTable.objects.get()
        assert [row.cells for row in table.rows.order_by("number")] == [["name", "id"], ["Drill", "7"]]
        assert KeptWorkbook.objects.get().sheet == "Tools"

    def test_the_workbook_goes_when_it_is_printed(self, printer: Printer, book: bytes) -> None:
        client = signed_in()
        address = mapped(client, book, {"action": "map", "column.name": "0", "column.id": "1"})
        confirm(client, address, printer)
        assert (Job.objects.count(), KeptWorkbook.objects.count()) == (1, 0)

    def test_one_sheet_is_not_kept(self, printer: Printer) -> None:
        book = openpyxl.Workbook()
        assert book.active is not None
        book.active.append(["name", "id"])
        book.active.append(["Drill", 7])
        upload(signed_in(), saved(book), "assets.xlsx")
        assert (UploadedTable.objects.count(), KeptWorkbook.objects.count()) == (1, 0)


class TestSerials:
    BOX = (
        'key = "box"\ntitle = "Box"\nmedia = "tze:12"\n[counters.box]\nwidth = 1\n[[fields]]\nname = "id"\n'
        '[[elements]]\nkind = "text"\nname = "t"\ntext = "{id} {serial:box}"\n'
    )

    @pytest.mark.parametrize("count", [12, 600])
    def test_each_row_gets_its_number(self, printer: Printer, slow: pytest.MonkeyPatch, count: int) -> None:
        slow.setattr("jobs.views.table_rows.WITH_SCRIPT", 100)
        make(self.BOX)
        client = signed_in()
        made = client.post("/print/box/table", {"pasted": "id\tx\n" + "".join(f"n{n}\t\n" for n in range(count))})
        address = client.post(made.headers["Location"], {"action": "map", "column.id": "0"}).headers["Location"]
        confirm(client, address, printer)
        go_on(client, address)
        jobs = Job.objects.order_by("position")
        assert [job.fields["serial:box"] for job in jobs] == [str(n) for n in range(1, count + 1)]
