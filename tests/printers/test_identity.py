from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.forms import modelform_factory
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from printers.identity import derive_printer_id, effective_handle
from printers.models import Printer, Site

pytestmark = pytest.mark.django_db

# PostgreSQL stores no NUL and no lone surrogate; the forms refuse both.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
SLASHED = st.lists(st.sampled_from(["/", "//", "foo", "bin", "é", "日本", " ", "\n", "a b", "."]), max_size=8).map(
    "".join
)


@pytest.fixture
def site() -> Site:
    return Site.objects.create(key="lab")


def make(site: Site, **values: object) -> Printer:
    return Printer.objects.create(**{"site": site, "model": "PT-P750W", "host": "127.0.0.1", **values})


def test_the_same_configuration_gives_the_same_id() -> None:
    # Written out: existing installations rely on these very ids.
    assert derive_printer_id("PT-P750W", "127.0.0.50", 9100) == UUID("adcd9255-fceb-5549-a4a9-2b3f27bc3aee")
    assert derive_printer_id(" pt-p750w ", " 127.0.0.50 ", 9100) == UUID("adcd9255-fceb-5549-a4a9-2b3f27bc3aee")
    assert derive_printer_id("PT-P750W", "127.0.0.50", 9101) != UUID("adcd9255-fceb-5549-a4a9-2b3f27bc3aee")


@pytest.mark.parametrize(
    ("name", "queue_path", "handle"),
    [
        ("", "", None),
        ("", "/", None),
        ("", "//", None),
        ("foo", "", "foo"),
        ("foo", "/opt/bar", "foo"),
        ("", "/opt/foo/bin/foo", "foo"),
        ("", "/opt/foo/bin/foo///", "foo"),
        ("", "/a/a/a", "a"),
        ("", "plain", "plain"),
        ("", "/größe/日本", "日本"),
        ("", "/line\nbreak/x\ny", "x\ny"),
        ("n" * 200, "/" + "q" * 999, "n" * 200),
        ("", "/" + "q" * 999, "q" * 999),
    ],
)
def test_function_and_column_agree(site: Site, name: str, queue_path: str, handle: str | None) -> None:
    assert effective_handle(name, queue_path) == handle
    assert Printer.objects.get(pk=make(site, name=name, queue_path=queue_path).pk).handle == handle


@given(name=st.one_of(st.just(""), TEXT), queue_path=st.one_of(TEXT, SLASHED))
@hypothesis_settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_function_and_column_agree_on_anything(site: Site, name: str, queue_path: str) -> None:
    with transaction.atomic():
        printer = make(site, name=name, queue_path=queue_path)
        assert Printer.objects.get(pk=printer.pk).handle == effective_handle(name, queue_path)
        printer.delete()


@pytest.mark.parametrize("order", [0, 1])
def test_name_and_queue_path_collide_in_either_order(site: Site, order: int) -> None:
    pair = [{"name": "foo"}, {"queue_path": "/opt/foo/bin/foo"}]
    make(site, **pair[order])
    with pytest.raises(IntegrityError), transaction.atomic():
        make(site, **pair[1 - order])
    assert Printer.objects.count() == 1
    make(Site.objects.create(key="other"), **pair[1 - order])
    assert Printer.objects.count() == 2


def test_printers_without_a_handle_never_collide(site: Site) -> None:
    for _ in range(3):
        make(site)
    assert Printer.objects.filter(handle=None).count() == 3


def test_full_clean_says_it_before_the_database_does(site: Site) -> None:
    make(site, name="foo")
    with pytest.raises(ValidationError):
        Printer(site=site, model="PT-P750W", host="127.0.0.1", queue_path="/opt/foo").full_clean()


FORM = ["site", "name", "model", "host", "port", "snmp_port", "queue_path"]


@pytest.mark.parametrize("queue_path", ["opt/foo", "/", "//", "/opt/foo/", "foo/"])
def test_a_form_shows_a_wrong_queue_path_at_its_field(site: Site, queue_path: str) -> None:
    form = modelform_factory(Printer, fields=FORM)
    values = {"site": site.pk, "model": "PT-P750W", "host": "127.0.0.1", "port": 9100, "snmp_port": 161}
    assert list(form({**values, "queue_path": queue_path}).errors) == ["queue_path"]


def test_a_form_says_that_a_handle_is_taken(site: Site) -> None:
    make(site, name="foo")
    form = modelform_factory(Printer, fields=FORM)
    values = {"site": site.pk, "model": "PT-P750W", "host": "127.0.0.1", "port": 9100, "snmp_port": 161}
    assert not form({**values, "queue_path": "/opt/foo"}).is_valid()
    assert form({**values, "queue_path": "/opt/bar"}).is_valid()
    assert Printer.objects.count() == 1


def test_updating_moves_the_handle(site: Site) -> None:
    printer = make(site, name="foo")
    Printer.objects.filter(pk=printer.pk).update(name="", queue_path="/a/bar")
    printer.refresh_from_db()
    assert printer.handle == "bar"


def test_look_up_is_one_query_by_index(site: Site) -> None:
    Printer.objects.bulk_create(
        Printer(site=site, model="PT-P750W", host="127.0.0.1", name=f"printer {n}") for n in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as queries:
        found = Printer.objects.select_related("site").get(site__key="lab", handle="printer 1500")
    assert found.name == "printer 1500"
    assert len(queries) == 1
    plan = Printer.objects.filter(site=site, handle="printer 1500").explain()
    assert "handle" in plan, plan
    assert "Seq Scan on printers_printer" not in plan, plan
    assert "SCAN printers_printer" not in plan, plan
