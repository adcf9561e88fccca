import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from jobs.models import Batch, Job
from jobs.tables import forget_tables
from labelhub.accounts.models import User
from printers.models import Event, Printer
from templates_app.data import MAX_BYTES
from templates_app.models import ColumnMemory, Template, UploadedTable
from tests.jobs.labels import make_template as make
from tests.pages.rows import make_printer, make_template, signed_in
from tests.templates_app.data.tables import workbook

pytestmark = pytest.mark.django_db

URL = "/print/asset-tag-12/table"
CSV = "Bezeichnung;Asset ID;Link\nDrill;0007;https://example.org/7\nSaw;0008;nonsense\nLathe;0009;\n"
COLUMNS = {"action": "map", "column.name": "0", "column.id": "1", "column.url": "2"}


@pytest.fixture
def printer() -> Printer:
    make_template()
    return make_printer()


def upload(client: Client, content: bytes | str = CSV, name: str = "assets.csv") -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return client.post(URL, {"file": SimpleUploadedFile(name, raw)})


def mapped(client: Client, content: bytes | str = CSV, columns: dict[str, str] = COLUMNS) -> str:
    """The address of the page of rows."""
    answer = client.post(upload(client, content).headers["Location"], columns)
    return str(answer.headers["Location"])


def shown(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


def verdicts() -> list[tuple[int, str, bool]]:
    table = UploadedTable.objects.get()
    return list(table.rows.exclude(verdict="names").values_list("number", "verdict", "skipped"))


class TestUpload:
    def test_it_works(self, printer: Printer) -> None:
        client = signed_in()
        assert client.get(URL).status_code == 200
        answer = upload(client)
        table = UploadedTable.objects.get()
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/print/tables/{table.id}/columns")
        assert (table.kind, table.has_names, table.columns) == ("csv", True, ["Bezeichnung", "Asset ID", "Link"])
        assert [row.cells for row in table.rows.order_by("number")][1] == ["Drill", "0007", "https://example.org/7"]
        assert not Job.objects.exists()

    def test_pasted_cells(self, printer: Printer) -> None:
        answer = signed_in().post(URL, {"pasted": "name\tid\nDrill\t7\n"})
        assert answer.status_code == 302
        assert UploadedTable.objects.get().notes == ["separated by tabs"]

    @pytest.mark.parametrize(("content", "says"), [(b"\x89PNG\0", "neither a text file"), (b"a\0b", "neither a text")])
    def test_what_is_no_table_is_refused_with_a_sentence(self, printer: Printer, content: bytes, says: str) -> None:
        answer = upload(signed_in(), content)
        assert answer.status_code == 422
        assert says in shown(answer)
        assert not UploadedTable.objects.exists()

    def test_a_row_that_is_wrong_keeps_nothing(self, printer: Printer) -> None:
        answer = upload(signed_in(), "name,id\n" + "x,1\n" * 2000 + 'y,"1\n')
        assert answer.status_code == 422
        assert "Row 2002: a quotation mark is opened and never closed." in shown(answer)
        assert not UploadedTable.objects.exists()

    def test_a_huge_file_is_refused_before_it_is_received(self, printer: Printer) -> None:
        client = signed_in(enforce_csrf_checks=True)
        answer = client.generic("POST", URL, b"", CONTENT_LENGTH=str(2_000_000_000))
        assert answer.status_code == 413
        assert f"larger than {MAX_BYTES // 1_000_000} MB" in shown(answer)

    def test_without_a_token_nothing_is_read(self, printer: Printer) -> None:
        assert upload(signed_in(enforce_csrf_checks=True)).status_code == 403
        assert not UploadedTable.objects.exists()

    def test_too_much_to_paste(self, printer: Printer) -> None:
        answer = signed_in().post(URL, {"pasted": "x" * 3_000_000})
        assert answer.status_code == 413
        assert "Upload it as a file" in shown(answer)


class TestColumns:
    def test_the_guess_is_shown(self, printer: Printer) -> None:
        client = signed_in()
        text = shown(client.get(upload(client).headers["Location"]))
        chosen = re.findall(r'<option value="(\d)" selected>', text)
        assert chosen == ["0", "1", "2"]
        assert "Drill" in text

    def test_a_formula_without_a_result_is_shown_where_it_stands(self, printer: Printer) -> None:
        client = signed_in()
        book = workbook(["name", "id", "link"], ["Drill", "=1+1", None], ["Saw", None, None])
        text = shown(client.get(upload(client, book, "assets.xlsx").headers["Location"]))
        rows = re.findall(r'<th scope="row" class="num">(\d)</th>(.*?)</tr>', text, re.DOTALL)
        assert [(number, cells.count("<td>")) for number, cells in rows] == [("2", 3), ("3", 3)]
        assert [cells.count("the formula has no stored result") for _number, cells in rows] == [1, 0]

    def test_the_choice_is_remembered_for_the_same_columns(self, printer: Printer) -> None:
        client = signed_in()
        mapped(client, "What,Number\nDrill,7\n", {"action": "map", "column.name": "0", "column.id": "1"})
        assert ColumnMemory.objects.get().columns == {"what": "name", "number": "id"}
        text = shown(client.get(upload(client, "Number,What\n8,Saw\n").headers["Location"]))
        assert re.findall(r'<option value="(\d)" selected>', text) == ["1", "0"]

    def test_a_field_that_is_needed_wants_a_column(self, printer: Printer) -> None:
        client = signed_in()
        answer = client.post(upload(client).headers["Location"], {"action": "map", "column.id": "1"})
        assert answer.status_code == 422
        assert "Choose a column for: Name." in shown(answer)
        assert UploadedTable.objects.get().mapping is None

    def test_the_first_row_may_be_a_label(self, printer: Printer) -> None:
        client = signed_in()
        address = upload(client, "Drill,Red\nSaw,Blue\n").headers["Location"]
        assert UploadedTable.objects.get().has_names is True
        client.post(address, {"action": "names"})
        table = UploadedTable.objects.get()
        assert (table.has_names, table.columns) == (False, ["", ""])
        client.post(address, {"action": "names", "has_names": "1"})
        assert UploadedTable.objects.get().columns == ["Drill", "Red"]


class TestRows:
    def test_every_row_has_a_verdict_in_words_and_a_reason(self, printer: Printer) -> None:
        client = signed_in()
        text = shown(client.get(mapped(client)))
        assert verdicts() == [(2, "ok", False), (3, "error", False), (4, "ok", False)]
        assert "“nonsense” is no web address" in text
        assert "1 row cannot be printed as it is" in text
        assert len(re.findall(r'badge error"', text)) == 2
        assert not Job.objects.exists()

    def test_the_thumbnail_is_the_label(self, printer: Printer) -> None:
        client = signed_in()
        address = mapped(client)
        answer = client.get(f"{address}/rows/2/picture.png")
        assert (answer.status_code, answer.content[:4]) == (200, b"\x89PNG")
        assert client.get(f"{address}/rows/3/picture.png").status_code == 404

    def test_a_row_is_changed_in_its_place(self, printer: Printer) -> None:
        client = signed_in()
        address = mapped(client)
        text = shown(client.get(f"{address}?edit=3"))
        assert 'value="nonsense"' in text
        answer = client.post(
            f"{address}/rows/3",
            {"action": "save", "f.name": "Saw", "f.id": "0008", "f.url": "https://example.org/8", "back": "?page=1"},
        )
        assert answer.headers["Location"] == f"{address}?page=1#row-3"
        row = UploadedTable.objects.get().rows.get(number=3)
        assert (row.verdict, row.changes) == ("ok", {"url": "https://example.org/8"})

    def test_a_script_gets_the_row_alone(self, printer: Printer) -> None:
        client = signed_in()
        address = mapped(client)
        headers = {"HX-Request": "true"}
        text = shown(client.get(f"{address}/rows/3", headers=headers))
        assert text.lstrip().startswith("<li")
        text = shown(client.post(f"{address}/rows/3", {"action": "skip"}, headers=headers))
        assert "Skipped" in text
        assert "hx-swap-oob" in text

    def test_rows_are_skipped_and_taken_back(self, printer: Printer) -> None:
        client = signed_in()
        address = mapped(client)
        client.get(address)
        client.post(f"{address}/skip-errors")
        assert verdicts()[1] == (3, "error", True)
        client.post(f"{address}/rows/3", {"action": "take"})
        assert verdicts()[1] == (3, "error", False)

    def test_tabs_show_a_part(self, printer: Printer) -> None:
        client = signed_in()
        address = mapped(client)
        assert len(re.findall('class="table-row[" ]', shown(client.get(f"{address}?show=error")))) == 1
        assert len(re.findall('class="table-row[" ]', shown(client.get(f"{address}?show=skipped")))) == 0

    def test_pages_of_fifty(self, printer: Printer) -> None:
        client = signed_in()
        address = mapped(client, "name,id\n" + "".join(f"n{n},{n}\n" for n in range(60)))
        assert len(re.findall('class="table-row[" ]', shown(client.get(address)))) == 50
        assert len(re.findall('class="table-row[" ]', shown(client.get(f"{address}?page=2")))) == 10

    def test_a_formula_without_a_result_is_an_error_of_its_row(self, printer: Printer) -> None:
        client = signed_in()
        address = mapped(client, workbook(["name", "id"], ["Drill", "=1+1"], ["Saw", 8]))
        text = shown(client.get(address))
        assert verdicts() == [(2, "error", False), (3, "ok", False)]
        assert "Column B: the formula has no stored result" in text
        client.post(f"{address}/rows/2", {"action": "save", "f.name": "Drill", "f.id": "7"})
        assert verdicts()[0] == (2, "ok", False)

    def test_the_rest_is_checked_bit_by_bit(self, printer: Printer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("jobs.views.table_rows.AT_ONCE", 0)
        client = signed_in()
        address = mapped(client, "name,id\n" + "".join(f"n{n},{n}\n" for n in range(70)))
        assert "of 70 labels checked" in shown(client.get(address))
        text = shown(client.post(f"{address}/progress", headers={"HX-Request": "true"}))
        assert "Every label was drawn and read back." in text


class TestDuplicates:
    def test_both_rows_are_named_until_one_is_changed(self, printer: Printer) -> None:
        make(
            'key = "u"\ntitle = "U"\nmedia = "tze:12"\n[[fields]]\nname = "id"\nunique = true\n'
            '[[elements]]\nkind = "text"\ntext = "{id}"\n'
        )
        client = signed_in()
        made = client.post("/print/u/table", {"pasted": "id\nA-1\nA-2\nA-1\n"})
        address = client.post(made.headers["Location"], {"action": "map", "column.id": "0"}).headers["Location"]
        assert "Row 2 has the same value" in shown(client.get(address))
        client.post(f"{address}/rows/4", {"action": "save", "f.id": "A-3"})
        assert list(UploadedTable.objects.get().rows.exclude(twin=None)) == []


class TestPrinting:
    def test_the_rows_become_one_batch(self, printer: Printer) -> None:
        client = signed_in()
        address = mapped(client)
        client.get(address)
        client.post(f"{address}/rows/3", {"action": "skip"})
        answer = client.post(f"{address}/print", {"printer": str(printer.id), "copies": "2"})
        batch = Batch.objects.get()
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/batches/{batch.id}")
        jobs = list(batch.jobs.order_by("position"))
        assert [job.fields for job in jobs] == [
            {"name": "Drill", "id": "0007", "url": "https://example.org/7"},
            {"name": "Lathe", "id": "0009"},
        ]
        assert {job.copies for job in jobs} == {2}
        assert "Drill" in shown(client.get(answer.headers["Location"]))

    def test_sent_twice_prints_once(self, printer: Printer) -> None:
        client = signed_in()
        address = mapped(client, "name,id\nDrill,7\nSaw,8\n")
        form = {"printer": str(printer.id), "copies": "1"}
        first, second = (client.post(f"{address}/print", form).headers["Location"] for _ in range(2))
        assert first == second
        assert Job.objects.count() == 2

    def test_one_row_is_one_job(self, printer: Printer) -> None:
        client = signed_in()
        address = mapped(client, "name,id\nDrill,7\n")
        answer = client.post(f"{address}/print", {"printer": str(printer.id), "copies": "1"})
        assert answer.headers["Location"] == f"/jobs/{Job.objects.get().id}"

    def test_a_row_that_is_wrong_stops_all_and_says_why(self, printer: Printer) -> None:
        client = signed_in()
        address = mapped(client)
        answer = client.post(f"{address}/print", {"printer": str(printer.id), "copies": "1"})
        assert answer.status_code == 422
        assert "Some rows cannot be printed." in shown(answer)
        assert "is no web address" in shown(answer)
        assert not Job.objects.exists()
        assert UploadedTable.objects.get().printed == {}

    def test_a_table_that_was_printed_leads_to_its_labels(self, printer: Printer) -> None:
        client = signed_in()
        address = mapped(client, "name,id\nDrill,7\nSaw,8\n")
        client.post(f"{address}/print", {"printer": str(printer.id), "copies": "1"})
        assert client.get(address).headers["Location"].startswith("/batches/")
        assert client.post(f"{address}/rows/2", {"action": "skip"}).status_code == 404

    @pytest.mark.parametrize("copies", ["0", "501", "x"])
    def test_copies_within_reason(self, printer: Printer, copies: str) -> None:
        client = signed_in()
        address = mapped(client, "name,id\nDrill,7\n")
        answer = client.post(f"{address}/print", {"printer": str(printer.id), "copies": copies})
        assert answer.status_code == 422
        assert not Job.objects.exists()

    def test_errors_are_overridden_by_those_who_may(self, printer: Printer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("templates_app.fonts.fallbacks", lambda *, bold: ())
        table = "name,id\n名前,7\n"
        form = {"printer": str(printer.id), "copies": "1", "override": "1"}
        client = signed_in()
        answer = client.post(f"{mapped(client, table)}/print", form)
        assert answer.status_code == 422
        assert "right to manage" in shown(answer)
        assert not Job.objects.exists()
        boss = User.objects.create(username="boss", is_superuser=True)
        client.force_login(boss)
        assert client.post(f"{mapped(client, table)}/print", form).status_code == 302
        assert Event.objects.get(kind="job.pending").data["overridden"]


def test_a_table_is_its_owners_alone(printer: Printer) -> None:
    address = mapped(signed_in())
    other = signed_in(staff=True)
    for path in ("", "/columns", "/rows/2", "/rows/2/picture.png"):
        assert other.get(address + path).status_code == 404
    for path in ("/print", "/forget", "/progress", "/rows/2"):
        assert other.post(address + path, {"action": "skip"}).status_code in {403, 404}
    assert UploadedTable.objects.count() == 1


def test_where_no_printer_can_print_it_nothing_looks_chosen(printer: Printer) -> None:
    client = signed_in()
    Printer.objects.filter(pk=printer.pk).update(enabled=False, disabled_reason="In repair")
    address = mapped(client)
    text = shown(client.get(address))
    assert '<option value="" selected>Choose a printer.</option>' in text
    assert "Switched off in the hub · In repair</option>" in text
    answer = client.post(f"{address}/print", {"printer": "", "copies": "1"})
    assert (answer.status_code, Job.objects.count()) == (422, 0)
    assert shown(answer).count("Choose a printer.") == 2


def test_a_table_is_thrown_away(printer: Printer) -> None:
    client = signed_in()
    client.post(f"{mapped(client)}/forget")
    assert not UploadedTable.objects.exists()


def test_old_tables_are_forgotten(printer: Printer) -> None:
    client = signed_in()
    upload(client)
    UploadedTable.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    upload(client)
    assert forget_tables(100) == 1
    assert UploadedTable.objects.count() == 1


def test_a_person_keeps_ten(printer: Printer) -> None:
    client = signed_in()
    for _ in range(11):
        upload(client)
    assert UploadedTable.objects.count() == 10


def test_a_template_that_is_gone_has_no_tables(printer: Printer) -> None:
    client = signed_in()
    address = mapped(client)
    Template.objects.update(removed_at=timezone.now())
    assert client.get(address).status_code == 404
    assert client.get(URL).status_code == 404
