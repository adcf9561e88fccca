"""CSV out: the jobs of a list, and the rows of a table with what was found."""

import csv
import io
from typing import Any

import pytest
from django.test import Client

from labelhub.accounts.models import User
from printers.models import UserLimit
from templates_app.models import UploadedTable
from tests.pages.rows import make_job, make_printer, make_template, signed_in
from tests.pages.test_tables import mapped

pytestmark = pytest.mark.django_db

FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"]


def lines(client: Client, url: str) -> list[list[str]]:
    answer: Any = client.get(url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    text = answer.content.decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def test_jobs_with_a_column_for_each_field() -> None:
    printer = make_printer()
    job = make_job(printer, make_template(), fields={"name": "Bohrmaschine “1”, groß\nzwei", "id": "0007"})
    make_job(printer, fields={"owner": "Ada"}, state="canceled")
    head, second, first = lines(signed_in(), "/jobs.csv")
    assert head[-3:] == ["field.owner", "field.id", "field.name"]
    assert (first[0], first[3:5], first[-3:]) == (
        str(job.id),
        ["main/workbench", "asset-tag-12"],
        ["", "0007", "Bohrmaschine “1”, groß\nzwei"],
    )
    assert second[-3:] == ["Ada", "", ""]
    assert len(lines(signed_in(), "/jobs.csv?show=failed")) == 2


@pytest.mark.parametrize("formula", FORMULAS)
def test_nothing_is_a_formula(formula: str) -> None:
    job = make_job(make_printer(), fields={formula: formula}, requested_by=formula)
    head, row = lines(signed_in(), "/jobs.csv")
    assert row[0] == str(job.id)
    assert (head[-1], row[-1], row[10]) == (f"field.{formula}", f"'{formula}", f"'{formula}")


def test_who_is_limited_to_a_printer_gets_its_jobs_only() -> None:
    mine, other = make_printer(), make_printer("other", host="127.0.0.6")
    job = make_job(mine)
    make_job(other)
    client = signed_in()
    UserLimit.objects.create(user=User.objects.get(username="ada"), printer=mine)
    assert [row[0] for row in lines(client, "/jobs.csv")] == ["id", str(job.id)]


def test_rows_of_a_table_with_their_findings() -> None:
    make_template()
    make_printer()
    client = signed_in()
    address = mapped(client, "name,id,link\n=Drill,7,\nSaw,8,nonsense\n")
    client.get(address)
    assert lines(client, f"{address}/rows.csv") == [
        ["row", "verdict", "findings", "name", "id", "link"],
        ["2", "Ready", "", "'=Drill", "7", ""],
        ["3", "Error", UploadedTable.objects.get().rows.get(number=3).findings[0]["text"], "Saw", "8", "nonsense"],
    ]
    assert signed_in(staff=True).get(f"{address}/rows.csv").status_code == 404
