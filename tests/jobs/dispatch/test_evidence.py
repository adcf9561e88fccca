from dataclasses import replace

import pytest

from jobs.dispatch.evidence import MOST_ENTRIES, Watch
from jobs.models import Outcome
from printers.status import Reading

IDLE = Reading(state="idle", life_count=7)
PRINTING = Reading(state="processing", printing=True, life_count=7)
PRINTED = replace(IDLE, life_count=8)
OPEN = Reading(state="stopped", reasons=("cover-open",), error_state=("cover open",))


def watch(
    *seen: Reading | None, pages: int = 1, life: int | None = 7, drained: bool = True, step_ms: int = 250
) -> Watch:
    made = Watch(pages=pages, life_before=life, listening=True, drained=drained)
    for number, reading in enumerate(seen):
        made.see(number * step_ms, reading)
    return made


@pytest.mark.parametrize(
    ("made", "outcome"),
    [
        (watch(IDLE), None),
        (watch(IDLE, PRINTING), None),
        (watch(IDLE, PRINTING, IDLE), Outcome.CONFIRMED),
        (watch(IDLE, PRINTED), Outcome.CONFIRMED),
        (watch(PRINTED, pages=2), None),
        (watch(PRINTING, PRINTED, pages=2), None),
        (watch(PRINTING, replace(IDLE, life_count=9), pages=2), Outcome.CONFIRMED),
        (watch(IDLE, OPEN), Outcome.UNKNOWN),
        (watch(PRINTING, None), None),
        (watch(PRINTING, None, IDLE), Outcome.CONFIRMED),
        # So long that it may have been switched off and on again: only its counter can tell.
        (watch(PRINTING, *[None] * 8, IDLE), None),
        (watch(PRINTING, *[None] * 8, PRINTED), Outcome.CONFIRMED),
        (watch(PRINTING, *[None] * 8, PRINTING, IDLE), None),
        (watch(PRINTING, *[None] * 8, IDLE, life=None), Outcome.CONFIRMED),
        (watch(), None),
        # The session is still open: this may be somebody else's label.
        (watch(PRINTING, IDLE, drained=False), None),
        (watch(PRINTING, *[IDLE] * 10, drained=False), Outcome.CONFIRMED),
        (watch(PRINTING, IDLE, life=None), Outcome.CONFIRMED),
    ],
)
def test_what_is_certain(made: Watch, outcome: Outcome | None) -> None:
    verdict = made.verdict()
    assert (verdict.outcome if verdict else None) == outcome


@pytest.mark.parametrize(
    ("made", "outcome"),
    [
        (watch(IDLE, IDLE), Outcome.SENT),
        (watch(IDLE, IDLE, drained=False), Outcome.UNKNOWN),
        (watch(IDLE, PRINTING), Outcome.UNKNOWN),
        (watch(IDLE, None), Outcome.UNKNOWN),
        (watch(PRINTING, None), Outcome.UNKNOWN),
        (watch(PRINTING, *[None] * 8, IDLE), Outcome.UNKNOWN),
        (watch(PRINTING, PRINTED, pages=2), Outcome.CONFIRMED),
        (Watch(pages=1, life_before=None, listening=False, drained=True), Outcome.SENT),
        (Watch(pages=1, life_before=None, listening=False, drained=False), Outcome.UNKNOWN),
        (Watch(pages=1, life_before=None, listening=False, closed_early=True), Outcome.UNKNOWN),
    ],
)
def test_what_is_known_at_the_end(made: Watch, outcome: Outcome) -> None:
    verdict = made.at_deadline()
    assert verdict.outcome == outcome
    assert ("hub-outcome-unknown" in verdict.reasons) is (outcome == Outcome.UNKNOWN)
    assert ("queued-in-device" in verdict.reasons) is (outcome == Outcome.SENT)


def test_an_error_names_itself_and_stops_the_printer() -> None:
    verdict = watch(PRINTING, OPEN).verdict()
    assert verdict is not None
    assert verdict.device == ("cover-open",)
    assert "cover open" in verdict.message


def test_evidence_keeps_changes_and_its_last_and_stays_small() -> None:
    made = watch(IDLE, IDLE, PRINTING, PRINTING, PRINTED)
    assert [(entry["state"], entry["life"]) for entry in made.entries] == [("idle", 7), ("processing", 7), ("idle", 8)]
    many = watch(*[replace(IDLE, life_count=n) for n in range(500)])
    assert len(many.entries) == MOST_ENTRIES
    assert (many.entries[0]["life"], many.entries[-1]["life"]) == (0, 499)
