from itertools import product

import pytest

from jobs import states
from jobs.models import State
from jobs.states import MOVES, TERMINAL, allowed, refusal, table

# name: {(state, past the barrier)} in which it may be made
MAY = {
    "claim": {("pending", False)},
    "hold": {("pending", False)},
    "wait": {("pending", False), ("processing", False)},
    "release": {("pending-held", False)},
    "requeue": {("processing", False)},
    "withdraw": {("processing", True)},
    "cancel": {("pending", False), ("pending-held", False), ("processing", False)},
    "abort": {("pending", False), ("pending-held", False), ("processing", False)},
    "complete": {("processing", True)},
    "stop": {("processing", True)},
    "confirm": {("processing-stopped", True)},
    "deny": {("processing-stopped", True)},
}
SITUATIONS = [
    ("pending", False),
    ("pending-held", False),
    ("processing", False),
    ("processing", True),
    ("processing-stopped", True),
    ("completed", True),
    ("canceled", False),
    ("aborted", False),
]


def test_every_move_is_listed_here() -> None:
    assert {move.name for move in MOVES} == set(MAY)


@pytest.mark.parametrize(
    ("move", "situation"), list(product(MOVES, SITUATIONS)), ids=lambda v: getattr(v, "name", str(v))
)
def test_a_move_is_allowed_where_the_table_says_and_nowhere_else(
    move: states.Move, situation: tuple[str, bool]
) -> None:
    state, past_barrier = situation
    assert allowed(move, state, past_barrier=past_barrier) is (situation in MAY[move.name])


def test_nothing_leaves_a_terminal_state() -> None:
    assert not any(move.sources & TERMINAL for move in MOVES)


def test_every_open_state_can_be_left_and_every_state_reached() -> None:
    assert {source for move in MOVES for source in move.sources} == states.OPEN
    assert {move.target for move in MOVES} == set(State)


def test_what_may_have_printed_never_becomes_canceled() -> None:
    past = [move for move in MOVES if move.barrier == "after" or State.STOPPED in move.sources]
    assert State.CANCELED not in {move.target for move in past}


@pytest.mark.parametrize("state", list(State))
def test_a_refusal_is_a_sentence_with_the_state(state: State) -> None:
    sentence = refusal("cancel", state)
    assert sentence.startswith("You cannot cancel this job now: ")
    assert f"({state})" in sentence


def test_the_table_can_be_read() -> None:
    lines = table().splitlines()
    assert len(lines) == len(MOVES) + 1
    assert "requeue" in table()
