from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from printers.callers import Caller
from printers.errors import AmbiguousPrinter, UnknownPrinter
from printers.lookup import find_printer
from printers.models import Printer, Site
from tests.databases import plan_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Printer:
    site = Site.objects.create(key="office")
    return Printer.objects.create(site=site, name="labels", model="PT-P750W", host="127.1.1.7")


@pytest.fixture
def lab() -> Printer:
    site = Site.objects.create(key="lab")
    return Printer.objects.create(site=site, queue_path="/opt/ql/bin/labels", model="QL-820NWB", host="127.1.1.8")


@pytest.mark.parametrize("reference", ["{id}", "{hex}", "office/labels", "labels", " labels "])
def test_it_works(office: Printer, reference: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        found = find_printer(reference.format(id=office.id, hex=office.id.hex))
        assert (found, found.path, getattr(found, "status", None)) == (office, "office/labels", None)


def test_a_path_tells_sites_apart(office: Printer, lab: Printer) -> None:
    assert find_printer("lab/labels") == lab
    assert find_printer("office/labels") == office


def test_a_bare_handle_of_two_sites_is_ambiguous(office: Printer, lab: Printer) -> None:
    with pytest.raises(AmbiguousPrinter, match="lab/labels, office/labels"):
        find_printer("labels")


def test_a_path_goes_before_a_name_that_looks_like_it(office: Printer, lab: Printer) -> None:
    Printer.objects.create(site=lab.site, name="office/labels", model="QL-700", host="127.1.1.9")
    assert find_printer("office/labels") == office


@pytest.mark.parametrize(("reference", "near"), [("office/lables", "office/labels"), ("Labels", "office/labels")])
def test_near_names_are_named(office: Printer, reference: str, near: str) -> None:
    with pytest.raises(UnknownPrinter, match=f"Did you mean {near}") as caught:
        find_printer(reference)
    assert caught.value.extra == {"near": [near]}


def test_without_a_near_name_the_few_that_exist_are_listed(office: Printer) -> None:
    with pytest.raises(UnknownPrinter, match="There are: office/labels"):
        find_printer("zzz")


@pytest.mark.parametrize("reference", ["", "/", "office/", "/labels", "x" * 5000, "\x00"[:0] + "ö/ß"])
def test_odd_references_are_unknown(office: Printer, reference: str) -> None:
    with pytest.raises(UnknownPrinter):
        find_printer(reference)


def test_an_unknown_id(office: Printer) -> None:
    with pytest.raises(UnknownPrinter):
        find_printer(str(uuid4()))


def test_to_a_token_of_other_printers_it_does_not_exist(office: Printer, lab: Printer) -> None:
    caller = Caller("token", printer_ids=frozenset({lab.id}))
    assert find_printer("labels", caller) == lab
    with pytest.raises(UnknownPrinter) as caught:
        find_printer("office/labels", caller)
    assert "office/labels" not in caught.value.detail.replace("“office/labels”", "")


def test_a_printer_that_is_only_watched_is_found_by_its_id(office: Printer) -> None:
    watched = Printer.objects.create(site=office.site, model="QL-700", host="127.1.1.9")
    assert find_printer(str(watched.id)) == watched


@pytest.mark.parametrize("kind", ["path", "handle", "id"])
def test_it_goes_by_an_index(kind: str, office: Printer) -> None:
    sites = Site.objects.bulk_create(Site(key=f"site-{n}") for n in range(20))
    Printer.objects.bulk_create(
        Printer(site=site, model="PT-P750W", host="127.1.1.7", name=f"printer {n}")
        for site in sites
        for n in range(200)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    reference = {"path": "office/labels", "handle": "labels", "id": str(office.id)}[kind]
    with CaptureQueriesContext(connection) as queries:
        assert find_printer(reference) == office
    (query,) = queries.captured_queries
    plan = plan_of(query["sql"])
    assert "printer_by_handle" in plan or kind == "id", plan
    assert "Seq Scan on printers_printer " not in plan, plan
    assert "SCAN printers_printer" not in plan, plan
