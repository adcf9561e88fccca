"""Statements that are written once do what Django's own do, with whatever is given."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import Error, connections, models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Lower

from printers.inserts import insert, insert_many
from printers.models import Event, Printer, Site
from printers.statements import Given, Select, Update, _filled, _placed, given

pytestmark = pytest.mark.django_db


@pytest.fixture
def printers() -> list[Printer]:
    site = Site.objects.create(key="main")
    return [Printer.objects.create(site=site, name=name, model="PT-P750W", host="127.0.0.1") for name in ("a", "b")]


def test_an_update_changes_what_is_given_and_nothing_else(printers: list[Printer]) -> None:
    update = Update(
        lambda: (
            Printer.objects.filter(enabled=True, **given(Printer, {"id": "this"})),
            {"snmp_port": F("port"), **given(Printer, {"stop_reasons": "reasons", "paused": "paused"})},
        )
    )
    first, second = printers
    for reasons in (["offline"], ['it\'s "open"', "100%"]):
        assert update.run(this=first.pk, reasons=reasons, paused=True) == 1
        first.refresh_from_db()
        assert (first.stop_reasons, first.paused, first.snmp_port) == (reasons, True, 9100)
    second.refresh_from_db()
    assert (second.stop_reasons, second.paused, second.snmp_port) == ([], False, 161)
    assert update.run(this=uuid4(), reasons=[], paused=False) == 0


def test_an_update_can_set_nothing(printers: list[Printer]) -> None:
    event = Event.objects.create(kind="x", printer=printers[0], job_id=uuid4())
    update = Update(
        lambda: (
            Event.objects.filter(Q(kind=Lower(Value("X"))), **given(Event, {"id": "this"})),
            given(Event, {"printer_id": "printer", "job_id": "job"}),
        )
    )
    assert update.run(this=event.pk, printer=None, job=None) == 1
    event.refresh_from_db()
    assert (event.printer_id, event.job_id) == (None, None)


def test_a_selection_gives_whole_rows(printers: list[Printer], django_assert_num_queries: Any) -> None:
    select = Select(
        lambda: Printer.objects.filter(**given(Printer, {"name__gte": "least"})).order_by("name"),
    )
    told = {"tze:12": {"along_mm": -0.5, "“ü”\n🖨": [None, True, 1e3, " {} "]}}
    Printer.objects.filter(name="b").update(stop_reasons=["offline"], calibration=told)
    for least, names in (("a", ["a", "b"]), ("b", ["b"]), ("c", [])):
        with django_assert_num_queries(1):
            found = select.run(least=least)
            assert [each.name for each in found] == names
            assert all(each.created_at.tzinfo is not None for each in found)
    [second] = select.run(least="b")
    [same] = Printer.objects.filter(name="b")
    assert second.calibration == told
    assert {f.attname: getattr(second, f.attname) for f in Printer._meta.concrete_fields} == {
        f.attname: getattr(same, f.attname) for f in Printer._meta.concrete_fields
    }
    second.save(update_fields=["paused"])


def test_rows_are_inserted_with_their_defaults(printers: list[Printer]) -> None:
    at, job_id = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), uuid4()
    first = {"kind": "one", "printer_id": printers[0].pk, "job_id": job_id, "data": {"a": ["ü", None]}, "at": at}
    key = insert(Event, first, {**first, "kind": "two", "data": {}}, returning="id")
    one, two = Event.objects.order_by("id")
    assert (one.pk, one.kind, one.printer, one.job_id, one.data, one.at) == (
        key, "one", printers[0], job_id, {"a": ["ü", None]}, at
    )  # fmt: skip
    assert (two.kind, two.data, two.actor, two.batch_id) == ("two", {}, "", None)


def test_many_rows_are_inserted_in_their_order(printers: list[Printer], django_assert_num_queries: Any) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    told = ["tab\tline\nback\\slash \\N", "", "100% “ü” 🖨"]
    rows: list[dict[str, Any]] = [
        {"at": at, "kind": f"n{n}", "printer_id": printers[0].pk, "job_id": uuid4(), "actor": told[n % 3], "data": data}
        for n, data in enumerate([{"a": ["ü\n", None]}, {}, {"b": 1.5}] * 400)
    ]
    rows[7] |= {"printer_id": None, "job_id": None}
    with django_assert_num_queries(1):
        insert_many(Event, rows)
    with django_assert_num_queries(0):
        insert_many(Event, [])
    kept = list(Event.objects.order_by("id"))
    assert [{name: getattr(event, name) for name in rows[0]} for event in kept] == rows
    assert {event.batch_id for event in kept} == {None}


def test_many_rows_have_defaults_of_their_own() -> None:
    insert_many(Site, [{"key": "a"}, {"key": "b"}, {"key": "c"}])
    assert len({site.pk for site in Site.objects.all()}) == 3


@pytest.mark.django_db(transaction=True)
def test_of_many_rows_all_are_inserted_or_none(printers: list[Printer]) -> None:
    row = {"kind": "x", "printer_id": printers[0].pk}
    with pytest.raises(Error), transaction.atomic():
        insert_many(Event, [row, {**row, "kind": None}])
    assert not Event.objects.exists()


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="Event has no column colour"):
        insert(Event, {"kind": "x", "colour": "red"})
    with pytest.raises(ValueError, match="Event has no column colour"):
        insert_many(Event, [{"kind": "x", "colour": "red"}])


class Phase(models.TextChoices):
    SENDING = "sending"


VALUES: tuple[Any, ...] = (
    *(None, "", "text", Phase.SENDING, UUID(int=5), str(UUID(int=5)), 0, 7, 2**40, True, 1.5, Decimal("2.5")),
    *(datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), [], {"a": ["ü", None]}),
)


def test_every_value_is_written_as_django_writes_it() -> None:
    database = connections["default"]
    fields = [field for model in apps.get_models() for field in model._meta.concrete_fields]
    compared = 0
    for field, value in product(fields, VALUES):
        try:
            expected = field.get_db_prep_save(value, database)
        except (TypeError, ValueError, ValidationError):
            continue
        [written] = _filled(_placed([Given("it", field)], database), {"it": value}, database)
        assert _sent(written) == _sent(expected)
        compared += 1
    assert compared > 4 * len(fields)


def _sent(value: Any) -> tuple[type, Any]:
    # What psycopg has around JSON is equal to nothing; PostgreSQL gets its text.
    value = json.dumps(value.obj, default=str) if hasattr(value, "obj") else value
    return type(value), value
