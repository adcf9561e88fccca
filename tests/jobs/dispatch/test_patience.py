"""When a printer is looked at again: seldom while it cannot be done yet, and at once when it is."""

from itertools import pairwise
from typing import Any

import pytest

from jobs.dispatch import drain, patience
from jobs.dispatch.patience import OFTEN_S, POLLS_S, before_look
from jobs.models import Job, Outcome
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.jobs.labels import ask


def looks(out_after_s: float, took_s: float | None) -> list[float]:
    """The instants of all looks at a label that is out after so long, the last of which sees it."""
    found: list[float] = []
    while not found or found[-1] < out_after_s:
        since = found[-1] if found else 0.0
        found.append(since + before_look(len(found), since, took_s))
    return found


def test_quicker_at_first() -> None:
    assert looks(0.55, None) == pytest.approx([0, 0.03, 0.08, 0.18, 0.33, 0.58])


@pytest.mark.parametrize("out_after_s", [0.2, 0.55, 0.8, 1.6])
def test_a_label_like_the_one_before_is_seen_at_once(out_after_s: float) -> None:
    took = looks(out_after_s, None)[-1]
    for _ in range(10):
        found = looks(out_after_s, took)
        took = found[-1]
    assert out_after_s <= took <= out_after_s + OFTEN_S + 1e-9
    assert len(found) <= len(looks(out_after_s, None)) + 1


def test_one_that_takes_longer_is_not_asked_for_ever_so_often() -> None:
    found = looks(5, 0.5)
    assert found[-1] - found[-2] == POLLS_S[-1]
    assert len(found) < 40


def test_an_error_is_seen_within_half_a_second() -> None:
    found = looks(3, 3)
    assert max(later - earlier for earlier, later in pairwise(found)) <= 0.501


@pytest.mark.django_db(transaction=True)
def test_the_labels_of_a_batch_learn_from_the_first(
    printer: Printer, device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[float | None] = []

    def spied(number: int, since_s: float, took_s: float | None) -> Any:
        if not number:
            known.append(took_s)
        return before_look(number, since_s, took_s)

    monkeypatch.setattr(patience, "before_look", spied)
    ask(printer, "one", "one", "one")
    drain(printer.pk)
    assert set(Job.objects.values_list("outcome", flat=True)) == {Outcome.CONFIRMED}
    assert len(device.labels) == 3
    assert (len(known), known[0]) == (3, None)
    assert all(each is not None for each in known[1:])
