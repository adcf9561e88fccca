"""Pools over the API and on the command line."""

from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from jobs.models import Job, Pool, PoolMember
from printers.models import Event, Printer
from tests.api import assert_problem, script
from tests.jobs.labels import make_printer, make_template
from tests.jobs.pools.places import Place

pytestmark = pytest.mark.django_db(transaction=True)

BLACK_12 = {"name": "black-12", "medium": "12 mm", "tape_color": "white", "text_color": "black", "family": "pt"}


@pytest.fixture
def printer() -> Printer:
    return make_printer()


class TestPrint:
    def test_it_works(self, places: dict[str, Place], pool: Pool) -> None:
        body = {"pool": "main/tags", "template": "word", "fields": {"word": "hello"}}
        answer = script("print", "read").post("/api/print", body)
        assert answer.status_code == 202, answer.content
        job = Job.objects.get()
        told = answer.json()
        assert (told["printer"], told["placement"]) == (str(places["a"].printer.pk), job.placement)
        places["a"].ring()
        read = script("read").get(f"/api/jobs/{job.pk}").json()
        assert (read["outcome"], read["pool"], read["printer"]) == ("confirmed", str(pool.pk), told["printer"])
        assert "12 mm tape, black on white" in read["placement"]
        assert places["a"].labels == 1

    @pytest.mark.parametrize(
        ("wrong", "status", "code"),
        [
            ({"pool": "nothing"}, 404, "unknown-pool"),
            ({"pool": "tags", "printer": "main/bench"}, 422, "invalid"),
            ({}, 422, "invalid"),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, printer: Printer, pool: Pool, wrong: dict[str, Any], status: int, code: str
    ) -> None:
        make_template()
        body = {"template": "word", "fields": {"word": "hello"}} | wrong
        assert_problem(script("print").post("/api/print", body), status, code)
        assert not Job.objects.exists()

    def test_a_bound_token_prints_on_its_printers_of_the_pool_only(self, places: dict[str, Place], pool: Pool) -> None:
        mine = places["c"].printer
        body = {"pool": "main/tags", "template": "word", "fields": {"word": "hello"}}
        assert script("print", printers=(mine,)).post("/api/print", body).json()["printer"] == str(mine.pk)

    def test_on_the_command_line(self, places: dict[str, Place], pool: Pool) -> None:
        out = StringIO()
        call_command("print", "--pool", "tags", "--template", "word", "word=hello", stdout=out)
        job = Job.objects.get()
        assert out.getvalue().splitlines() == [f"{job.pk} pending", job.placement]


class TestPools:
    def test_one_is_made_read_changed_and_removed(self, printer: Printer) -> None:
        caller = script()
        made = caller.post("/api/pools", BLACK_12 | {"printers": ["main/bench"]})
        assert made.status_code == 201, made.content
        pool = Pool.objects.get()
        whole = {
            "id": str(pool.pk), "site": "main", "path": "main/black-12", "every_printer": True, **BLACK_12,
            "medium": "tze:12", "printers": [str(printer.pk)], "members": [str(printer.pk)],
        }  # fmt: skip
        assert made.json() == whole
        assert made["Location"] == f"/api/pools/{pool.pk}"
        assert caller.get("/api/pools/main/black-12").json() == whole
        assert caller.get("/api/pools").json() == {"items": [whole], "next_cursor": None}
        changed = caller.patch(f"/api/pools/{pool.pk}", {"name": "tags", "printers": [], "text_color": ""})
        assert changed.json() == whole | {"name": "tags", "path": "main/tags", "printers": [], "text_color": ""}
        assert not PoolMember.objects.exists()
        assert caller.delete("/api/pools/main/tags").status_code == 204
        assert not Pool.objects.exists()
        kinds = Event.objects.filter(kind__startswith="pool.").values_list("kind", flat=True)
        assert list(kinds) == ["pool.created", "pool.changed", "pool.removed"]

    @pytest.mark.parametrize(
        ("wrong", "status", "code", "pointers"),
        [
            ({"site": "nowhere"}, 422, "invalid", ("/site",)),
            ({"medium": "tze:13"}, 422, "invalid", ("/medium",)),
            ({"tape_color": "pinkish", "text_color": "x"}, 422, "invalid", ("/tape_color", "/text_color")),
            ({"family": "zpl"}, 422, "invalid", ("/family",)),
            ({"name": "a b"}, 422, "invalid", ("/name",)),
            ({"printers": ["main/bench", "main/other"]}, 422, "invalid", ("/printers/1",)),
            ({"every_printer": False}, 422, "invalid", ("/printers",)),
            ({"name": "taken"}, 409, "pool-taken", ("/name",)),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, printer: Printer, wrong: dict[str, Any], status: int, code: str, pointers: tuple[str, ...]
    ) -> None:
        Pool.objects.create(site=printer.site, name="taken")
        assert_problem(script().post("/api/pools", BLACK_12 | wrong), status, code, *pointers)
        assert Pool.objects.count() == 1

    def test_who_may(self, printer: Printer) -> None:
        pool = Pool.objects.create(site=printer.site, name="tags", every_printer=False)
        PoolMember.objects.create(pool=pool, printer=printer)
        bound = script("read", "manage", printers=(make_printer(name="other"),))
        assert bound.get("/api/pools").json()["items"] == []
        assert_problem(bound.get("/api/pools/main/tags"), 404, "unknown-pool")
        assert_problem(bound.post("/api/pools", BLACK_12), 403, "forbidden")
        assert_problem(script("read").post("/api/pools", BLACK_12), 403, "forbidden")
        assert_problem(script("read").delete(f"/api/pools/{pool.pk}"), 403, "forbidden")
        assert_problem(script().get(f"/api/pools/{uuid4()}"), 404, "unknown-pool")
        assert Pool.objects.count() == 1
