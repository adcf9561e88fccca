"""Statements that happen together: all of them, or none behind a gate that changed nothing."""

from typing import Any

import pytest

from printers.inserts import inserting
from printers.models import Event, Increment, Printer, Site, Total
from printers.statements import Update, given
from printers.together import Done, Stage, in_turn, together
from printers.totals import Key, adding, sum_up

pytestmark = pytest.mark.django_db

PAUSE = Update(lambda: (Printer.objects.filter(paused=False, **given(Printer, {"id": "this"})), {"paused": True}))
RENAME = Update(lambda: (Printer.objects.filter(**given(Printer, {"id": "this"})), given(Printer, {"name": "name"})))


@pytest.fixture
def printers() -> list[Printer]:
    site = Site.objects.create(key="main")
    return [Printer.objects.create(site=site, name=name, model="PT-P750W", host="127.0.0.1") for name in ("a", "b")]


def done(first: Printer, second: Printer) -> Done:
    event = {"kind": "x", "printer_id": first.pk, "job_id": None, "data": {"ü": [None, "100%"]}}
    return together(
        [PAUSE.filled(this=first.pk), PAUSE.filled(this=second.pk)],
        [
            inserting(Event, event, {**event, "kind": "y"}, returning="id"),
            *adding({Key("bytes", str(first.pk)): 3, Key("jobs", "", "all"): 1.5}),
        ],
    )


def paused() -> list[str]:
    return list(Printer.objects.filter(paused=True).order_by("name").values_list("name", flat=True))


def test_all_of_it_happens(printers: list[Printer]) -> None:
    found = done(*printers)
    assert (found.passed, paused()) == (2, ["a", "b"])
    one, two = Event.objects.order_by("id")
    assert (found.returned, one.kind, two.kind) == (one.pk, "x", "y")
    assert (one.printer, one.job_id, one.data, one.actor) == (printers[0], None, {"ü": [None, "100%"]}, "")
    sum_up()
    assert dict(Total.objects.values_list("name", "value")) == {"bytes": 3, "jobs": 1.5}


def test_on_postgresql_it_is_one_statement(printers: list[Printer], django_assert_num_queries: Any) -> None:
    from django.db import connection

    if connection.vendor == "postgresql":
        with django_assert_num_queries(1):
            done(*printers)
    else:
        done(*printers)
    assert Event.objects.count() == 2


@pytest.mark.parametrize(("closed", "passed"), [(0, 0), (1, 1)])
def test_nothing_happens_behind_a_closed_gate(printers: list[Printer], closed: int, passed: int) -> None:
    Printer.objects.filter(pk=printers[closed].pk).update(paused=True)
    found = done(*printers)
    assert (found.passed, found.returned) == (passed, None)
    assert paused() == (["a"] if closed == 0 else ["a", "b"])
    assert not Event.objects.exists()
    assert not Increment.objects.exists()


def test_totals_grow(printers: list[Printer]) -> None:
    done(*printers)
    Printer.objects.update(paused=False)
    done(*printers)
    sum_up()
    assert dict(Total.objects.values_list("name", "value")) == {"bytes": 6, "jobs": 3}


def test_an_update_among_the_rest_is_gated_as_well(printers: list[Printer]) -> None:
    first, second = printers
    together([PAUSE.filled(this=first.pk)], [RENAME.filled(this=second.pk, name="c")])
    assert Printer.objects.get(pk=second.pk).name == "c"
    assert together([PAUSE.filled(this=first.pk)], [RENAME.filled(this=second.pk, name="d")]).passed == 0
    assert Printer.objects.get(pk=second.pk).name == "c"


@pytest.mark.parametrize(("closed", "passed", "kinds"), [(None, (1, 1), "xy"), (0, (0, 0), ""), (1, (1, 0), "x")])
def test_stages_in_turn(printers: list[Printer], closed: int | None, passed: tuple[int, int], kinds: str) -> None:
    if closed is not None:
        Printer.objects.filter(pk=printers[closed].pk).update(paused=True)
    stages = []
    for printer, kind in zip(printers, "xy", strict=True):
        told = inserting(Event, {"kind": kind, "data": {}}, returning="id")
        stages.append(Stage([PAUSE.filled(this=printer.pk)], [told, *adding({Key(kind): 1})]))
    first, second = in_turn(*stages)
    assert (first.passed, second.passed) == passed
    # In the order of the stages.
    logged = list(Event.objects.order_by("id").values_list("id", "kind"))
    assert "".join(kind for _id, kind in logged) == kinds
    assert [each.returned for each in (first, second)] == ([id for id, _kind in logged] + [None, None])[:2]
    sum_up()
    assert set(Total.objects.values_list("name", flat=True)) == set(kinds)
