from uuid import uuid4

import pytest
from django.db.models import Exists, OuterRef, Q
from pytest_django import DjangoAssertNumQueries

from printers.lookup import find_printer
from printers.models import Printer, PrinterStatus, TokenBinding
from printers.prepared import Prepared, inlined
from tests.api import make_printer, script

pytestmark = pytest.mark.django_db


def test_it_gives_what_the_query_gives(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    one, other = make_printer("one"), make_printer("other", host="127.0.0.6")
    PrinterStatus.objects.create(printer=one, online=True, reasons=["cover-open"])
    script("read", printers=(other,))
    by_handle = Prepared(
        lambda handle: (
            Printer.objects.filter(handle=handle)
            .select_related("site", "status")
            .annotate(bound=Exists(TokenBinding.objects.filter(printer=OuterRef("pk"))))
        ),
        str,
    )
    for _ in range(2):
        with django_assert_num_queries(1):
            (found,) = by_handle("one")
            assert (found.pk, found.host, found.site.key, found.status.reasons) == (
                one.pk,
                one.host,
                "main",
                ["cover-open"],
            )
            assert found.created_at == one.created_at
    assert [each.bound for each in by_handle("one")] == [False]  # type: ignore[attr-defined]
    (found,) = by_handle("other")
    assert found.bound is True  # type: ignore[attr-defined]
    assert not hasattr(found, "status")
    assert by_handle("nobody") == []


def test_values_are_values() -> None:
    make_printer("one")
    by_either = Prepared(lambda text, id: Printer.objects.filter(Q(handle=text) | Q(id=id)), str, type(uuid4()))
    for text in ("' OR 1=1 --", "%s", "%(id)s", "\ufdd00\ufdd1", ""):
        assert by_either(text, uuid4()) == []
    assert [each.name for each in by_either("one", uuid4())] == ["one"]


def test_what_never_differs_stands_in_the_statement() -> None:
    key = uuid4()
    given = ["it's 100%", key, 3, True, "mark"]
    assert inlined("a = %s AND b = %s AND c = %s AND d = %s AND e = %s", given, but=["mark"]) == (
        "a = 'it''s 100%%' AND b = %s AND c = 3 AND d = %s AND e = %s",
        [key, True, "mark"],
    )


def test_rows_of_one_call_are_not_those_of_another() -> None:
    one, other = make_printer("one"), make_printer("other", host="127.0.0.6")
    assert find_printer(str(one.pk)) == one
    assert find_printer(str(other.pk)) == other
    Printer.objects.filter(pk=one.pk).update(host="127.0.0.99")
    assert find_printer(str(one.pk)).host == "127.0.0.99"


def test_a_printer_may_be_called_like_an_id() -> None:
    id = str(uuid4())
    called = make_printer(id)
    assert find_printer(id) == called
