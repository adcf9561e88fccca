"""“Any printer with 12 mm black on white on this site”: which one it is, and why."""

from contextlib import ExitStack
from typing import Any

import pytest

from jobs.errors import PrinterNotUsable, UnknownPool
from jobs.models import Job, Pool, PoolMember, State
from jobs.pools import choose, find_pool, members_of
from jobs.submission import Request, submit
from printers.callers import Caller
from printers.errors import InvalidInput, MediumDoesNotFit
from printers.models import Printer
from templates_app.models import TemplateVersion
from tests.jobs.labels import ANN, ask, make_printer, make_template, one
from tests.jobs.pools.places import Place, ask_pool, place, where

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_shortest_queue_of_those_that_have_the_tape(places: dict[str, Place], pool: Pool) -> None:
    ask(places["a"].printer, "1", "2", "3")
    ask(places["b"].printer, "1", copies=2)
    ask(places["c"].printer, "1", "2", "3")
    accepted = ask_pool()
    assert where(accepted) == "b"
    job = one(accepted)
    assert (job.pool_id, job.medium, job.state) == (pool.pk, "tze:12", State.PENDING)
    assert job.placement == (
        "Pool main/tags: b has 12 mm tape, black on white, and of 3 printers that have it the fewest labels wait for "
        "it (2)."
    )
    assert (accepted.printer, accepted.placement) == (places["b"].printer.pk, job.placement)


@pytest.mark.parametrize(
    ("loaded", "colours"),
    [
        ("tze:24", {}),
        ("tze:12", {"tape_color": "yellow", "text_color": "black"}),
        ("tze:12", {"tape_color": "white", "text_color": "red"}),
    ],
)
def test_not_one_with_another_tape(places: dict[str, Place], pool: Pool, loaded: str, colours: dict[str, str]) -> None:
    for name in ("a", "b"):
        places[name].now_has(loaded, **colours)
    assert where(ask_pool("1", "2", "3")) == "c"
    accepted = ask_pool()
    assert where(accepted) == "c", "however much waits for it"
    assert one(accepted).placement.endswith("c is the only printer that has 12 mm tape, black on white and prints now.")


@pytest.mark.parametrize(
    "closed", [{"paused": True}, {"enabled": False}, {"config_error": "no"}, {"stop_reasons": ["cover-open"]}]
)
def test_not_one_that_does_not_print(places: dict[str, Place], pool: Pool, closed: dict[str, Any]) -> None:
    Printer.objects.exclude(name="b").update(**closed)
    assert [where(ask_pool()) for _ in range(2)] == ["b", "b"]


def test_not_one_that_is_away(places: dict[str, Place], pool: Pool) -> None:
    for name in ("a", "c"):
        places[name].device.set_fault("off")
        places[name].probe()
    assert where(ask_pool()) == "b"


def test_where_no_printer_has_the_tape_it_waits(places: dict[str, Place], pool: Pool) -> None:
    for each in places.values():
        each.now_has("tze:24")
    job = one(ask_pool())
    assert job.medium == "tze:12"
    assert job.placement == (
        "Pool main/tags: no printer has 12 mm tape, black on white loaded now. It goes by itself to the first that "
        "gets it."
    )


def test_the_right_tape_in_a_printer_that_stopped_is_better_than_none(places: dict[str, Place], pool: Pool) -> None:
    places["a"].now_has("tze:24")
    places["c"].now_has("tze:24")
    Printer.objects.filter(name="b").update(paused=True)
    accepted = ask_pool()
    assert where(accepted) == "b"
    assert "does not print now (paused)" in one(accepted).placement


class TestMembers:
    def test_all_of_the_site_and_those_named(self, places: dict[str, Place], pool: Pool) -> None:
        with ExitStack() as stack:
            place(stack, "ql", "QL-820NWB", "dk:62")
        watched = make_printer(name="")
        elsewhere = make_printer(name="far", site=Pool.objects.create(site=_site("away"), name="x").site)
        assert {each.name for each in members_of(pool)} == {"a", "b", "c", "ql"}
        pool.family = "pt"
        assert {each.name for each in members_of(pool)} == {"a", "b", "c"}
        PoolMember.objects.create(pool=pool, printer=elsewhere)
        assert {each.name for each in members_of(pool)} == {"a", "b", "c", "far"}
        pool.every_printer = False
        assert [each.name for each in members_of(pool)] == ["far"]
        assert watched.pk not in {each.pk for each in members_of(pool)}

    def test_a_caller_gets_only_a_printer_that_they_may_use(self, places: dict[str, Place], pool: Pool) -> None:
        ask(places["b"].printer, "1", "2", "3", "4")
        bound = Caller("bound", printer_ids=frozenset({places["b"].printer.pk}))
        assert where(ask_pool(caller=bound)) == "b"
        stranger = Caller("eve", printer_ids=frozenset({make_printer(name="far", site=_site("away")).pk}))
        with pytest.raises(UnknownPool):
            ask_pool(caller=stranger)
        assert not Job.objects.filter(requested_by="eve").exists()

    def test_nothing_is_queued_where_all_are_switched_off(self, places: dict[str, Place], pool: Pool) -> None:
        Printer.objects.update(enabled=False)
        with pytest.raises(PrinterNotUsable):
            ask_pool()
        assert not Job.objects.exists()

    def test_nothing_is_queued_where_no_printer_takes_the_tape(self, places: dict[str, Place], pool: Pool) -> None:
        Pool.objects.update(medium="tze:36")
        with pytest.raises(MediumDoesNotFit):
            ask_pool()
        assert not Job.objects.exists()


class TestFind:
    @pytest.mark.parametrize("reference", ["main/tags", "tags"])
    def test_by_name(self, pool: Pool, reference: str) -> None:
        assert find_pool(reference) == pool
        assert find_pool(str(pool.pk)) == pool

    def test_unknown(self, pool: Pool) -> None:
        with pytest.raises(UnknownPool, match="Did you mean main/tags"):
            find_pool("main/tag")


def test_a_printer_or_a_pool_and_not_both(places: dict[str, Place], pool: Pool) -> None:
    for printer, named in (("", ""), ("a", "tags")):
        with pytest.raises(InvalidInput):
            submit(Request(printer=printer, pool=named, template="word", rows=[{"word": "x"}]), ANN)
    assert not Job.objects.exists()


def test_the_same_key_answers_as_then(places: dict[str, Place], pool: Pool) -> None:
    wanted = Request(printer="", pool="tags", template="word", rows=[{"word": "x"}])
    first = submit(wanted, ANN, idempotency_key="k")
    again = submit(wanted, ANN, idempotency_key="k")
    assert (again.jobs, again.printer, again.placement, again.replayed) == (
        first.jobs, first.printer, first.placement, True,
    )  # fmt: skip


def test_a_choice_takes_few_questions(places: dict[str, Place], pool: Pool, django_assert_num_queries: Any) -> None:
    from templates_app.catalog import definition_of

    definition = definition_of(TemplateVersion.objects.get())
    with django_assert_num_queries(2):  # the printers, what waits for them
        choose(pool, [definition], ANN)


def _site(key: str) -> Any:
    from printers.models import Site

    return Site.objects.get_or_create(key=key)[0]


def test_without_a_rule_for_the_tape_it_is_what_is_loaded(places: dict[str, Place]) -> None:
    make_template()
    Pool.objects.create(site=_site("main"), name="any")
    places["a"].now_has("tze:24")
    Printer.objects.exclude(name="a").update(paused=True)
    job = one(ask_pool(pool="any"))
    assert (job.printer_id, job.medium) == (places["a"].printer.pk, "tze:24")
