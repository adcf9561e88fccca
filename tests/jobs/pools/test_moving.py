"""A label of a pool moves on by itself until its first byte leaves, and never after that."""

from contextlib import ExitStack

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import pools, queue, sweep
from jobs.dispatch import drain
from jobs.lease import acquire
from jobs.models import Job, Outcome, Pool, PoolMember, State
from labelhub.accounts.models import ApiToken
from printers.callers import Caller
from printers.models import Event, Printer, TokenBinding
from tests.databases import plan_of
from tests.jobs.labels import ANN, last_attempt, make_printer, moves, one
from tests.jobs.pools.places import Place, ask_pool, place, where

pytestmark = pytest.mark.django_db(transaction=True)


def only(places: dict[str, Place], *names: str) -> None:
    Printer.objects.exclude(name__in=names).update(enabled=False)


def total(places: dict[str, Place]) -> int:
    return sum(each.labels for each in places.values())


@pytest.mark.parametrize("fault", ["cover-open", "off", "refuse"])
def test_its_printer_stops_and_an_equal_one_prints_it(places: dict[str, Place], pool: Pool, fault: str) -> None:
    only(places, "a", "b")
    job = one(ask_pool())
    assert job.printer_id == places["a"].printer.pk
    places["a"].device.set_fault(fault)
    places["a"].ring()
    job.refresh_from_db()
    assert (job.printer_id, job.state) == (places["b"].printer.pk, State.PENDING)
    assert job.artifact, "the dots that were drawn already are sent there as they are"
    dots = job.artifact
    places["b"].ring()
    job.refresh_from_db()
    assert (job.state, job.outcome, job.artifact) == (State.COMPLETED, Outcome.CONFIRMED, dots)
    assert (places["a"].labels, places["b"].labels) == (0, 1)
    assert places["b"].device.labels[0].raster.sha256 == dots
    moved = Event.objects.get(kind="job.moved")
    assert (moved.actor, moved.data["from_printer"]) == ("hub", str(places["a"].printer.pk))
    assert "main/tags" in moved.data["message"]
    assert last_attempt(job).printer_id == places["b"].printer.pk


def test_behind_the_barrier_it_never_moves(places: dict[str, Place], pool: Pool) -> None:
    only(places, "a", "b")
    job = one(ask_pool())
    lease = acquire(job.printer_id)
    assert lease is not None
    claimed = queue.claim_next(lease)
    assert claimed is not None
    assert queue.cross_barrier(*claimed, lease)
    Printer.objects.filter(name="a").update(stop_reasons=["cover-open"])
    assert (pools.hand_over(job.printer_id), pools.hand_over_all()) == (0, 0)
    assert queue.stop(*claimed, ["hub-outcome-unknown"], "")
    assert pools.hand_over_all() == 0
    job.refresh_from_db()
    assert (job.printer_id, job.state) == (places["a"].printer.pk, State.STOPPED)


def test_it_waits_for_its_tape_and_goes_to_the_first_that_gets_it(places: dict[str, Place], pool: Pool) -> None:
    for each in places.values():
        each.now_has("tze:24")
    accepted = ask_pool("x", "y")
    here = where(accepted)
    places[here].ring()
    assert set(Job.objects.values_list("state", flat=True)) == {State.HELD}
    assert [each.reasons for each in Job.objects.all()] == [["hub-media-needed"]] * 2
    other = next(name for name in places if name != here)
    places[other].now_has("tze:12", tape_color="yellow", text_color="black")
    places[other].ring()
    assert total(places) == 0, "the width is right, the colour is not"
    places[other].now_has("tze:12", tape_color="white", text_color="black")
    places[other].ring()
    assert (places[other].labels, total(places)) == (2, 2)
    assert set(Job.objects.values_list("state", flat=True)) == {State.COMPLETED}


def test_the_wrong_colour_in_its_own_printer_is_not_printed_on(places: dict[str, Place], pool: Pool) -> None:
    only(places, "a")
    job = one(ask_pool())
    places["a"].now_has("tze:12", tape_color="yellow", text_color="black")
    for _ in range(3):
        drain(places["a"].printer.pk)
    job.refresh_from_db()
    assert (job.state, job.reasons, total(places)) == (State.HELD, ["hub-media-needed"], 0)
    assert job.message == "It needs 12 mm tape, black on white; black on yellow is loaded."
    assert len(moves(job)) == 3, "asked, claimed, held: no going round in circles"
    places["a"].now_has("tze:12", tape_color="white", text_color="black")
    places["a"].ring()
    assert total(places) == 1


def test_a_paused_printer_is_found_by_the_sweep(places: dict[str, Place], pool: Pool, rung: list[str]) -> None:
    only(places, "a", "b")
    accepted = ask_pool("1", "2", "3")
    assert where(accepted) == "a"
    Printer.objects.filter(name="a").update(paused=True)
    rung.clear()
    sweep.sweep()
    assert set(Job.objects.values_list("printer__name", flat=True)) == {"b"}
    assert str(places["b"].printer.pk) in rung
    places["b"].ring()
    assert places["b"].labels == 3
    assert [each.position for each in Job.objects.order_by("finished_at")] == [0, 1, 2]


def test_what_a_person_holds_or_moved_stays(places: dict[str, Place], pool: Pool) -> None:
    only(places, "a", "b", "c")
    held, placed = one(ask_pool()), one(ask_pool())
    queue.hold(held, ANN)
    chosen = places["a"].printer
    queue.move(placed, ANN, chosen)
    Printer.objects.filter(pk__in=[held.printer_id, chosen.pk]).update(paused=True)
    assert pools.hand_over_all() == 0
    before = held.printer_id
    held.refresh_from_db()
    placed.refresh_from_db()
    assert (held.printer_id, held.state) == (before, State.HELD)
    assert (placed.printer_id, placed.pool_id, placed.placement) == (chosen.pk, None, "")


def test_it_moves_only_to_a_printer_that_its_token_may_use(places: dict[str, Place], pool: Pool) -> None:
    only(places, "a", "b", "c")
    token, _text = ApiToken.issue("script", ["print"])
    allowed = [places["a"].printer, places["c"].printer]
    TokenBinding.objects.bulk_create(TokenBinding(token=token, printer=printer) for printer in allowed)
    caller = Caller("script", token_id=token.pk, printer_ids=frozenset(printer.pk for printer in allowed))
    job = one(ask_pool(caller=caller))
    assert job.printer_id == places["a"].printer.pk
    Printer.objects.filter(name="c").update(paused=True)
    Printer.objects.filter(name="a").update(stop_reasons=["cover-open"])
    assert pools.hand_over_all() == 0
    Printer.objects.filter(name="c").update(paused=False)
    assert pools.hand_over_all() == 1
    job.refresh_from_db()
    assert job.printer_id == places["c"].printer.pk


def test_another_kind_of_printer_gets_it_drawn_anew(pool: Pool) -> None:
    from tests.jobs.labels import make_template

    make_template()
    Pool.objects.update(medium="", tape_color="", text_color="")
    with ExitStack() as stack:
        pt, ql = place(stack, "pt"), place(stack, "ql", "QL-820NWB", "dk:62")
        Printer.objects.filter(name="ql").update(paused=True)
        job = one(ask_pool())
        assert (job.printer_id, job.medium) == (pt.printer.pk, "tze:12")
        pt.device.set_fault("cover-open")
        pt.ring()
        Printer.objects.filter(name="ql").update(paused=False)
        pools.hand_over_all()
        job.refresh_from_db()
        assert (job.printer_id, job.medium, job.artifact) == (ql.printer.pk, "dk:62", "")
        assert Event.objects.get(kind="job.moved").data["message"].endswith("It is drawn anew for that printer.")
        ql.ring()
        assert (pt.labels, ql.labels) == (0, 1)


def test_a_pool_that_was_removed_leaves_its_labels_where_they_are(places: dict[str, Place], pool: Pool) -> None:
    job = one(ask_pool())
    PoolMember.objects.create(pool=pool, printer=places["a"].printer)
    pool.delete()
    Printer.objects.filter(pk=job.printer_id).update(paused=True)
    assert pools.hand_over_all() == 0
    job.refresh_from_db()
    assert (job.pool_id, job.state) == (None, State.PENDING)


def test_whether_labels_of_pools_wait_is_asked_of_an_index() -> None:
    # Before anything is known of the table: PostgreSQL may keep a plan that is made now until there are a million jobs.
    printer = make_printer()
    with CaptureQueriesContext(connection) as asked:
        assert not pools.gather(printer.pk)
    plan = plan_of(asked.captured_queries[0]["sql"])
    assert "index" in plan.lower(), plan
    assert "Seq Scan" not in plan, plan
