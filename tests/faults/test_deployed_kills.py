"""Workers of a whole deployment, killed at random moments over a full queue."""

import time
from pathlib import Path

import pytest

from tests.faults.chances import chance
from tests.faults.site import Nursery, deployed
from tests.faults.test_random_kills import LABELS, PRINTERS, let_go_on, tell
from tests.faults.workers import kill

pytestmark = [pytest.mark.services, pytest.mark.processes]


@pytest.mark.fault(1, 2, 3, 4, 19, 29)
def test_kills_of_deployed_workers(tmp_path: Path) -> None:
    """PostgreSQL, Redis, a web process, beat, and three workers of which one dies every moment."""
    dice, kills = chance(), 0
    with (
        deployed(tmp_path, printers=PRINTERS, webs=1, workers=0) as site,
        Nursery(site.made) as nursery,
    ):
        for _ in range(3):
            nursery.fork()
        began, asked = time.monotonic(), 0
        while asked < LABELS:
            # Batches, and labels of their own.
            count = min(dice.choice((1, 5, 25)), LABELS - asked)
            site.submit(dice.randrange(PRINTERS), count=count)
            asked += count
        while site.open_jobs():
            let_go_on(dice, site.devices)
            kill(nursery.living.pop(dice.randrange(len(nursery.living))))
            nursery.fork()
            kills += 1
            assert time.monotonic() - began < 600 + LABELS, site.open_jobs()
        ends = site.settle()
    tell(ends, kills, began)
    # Each kill may cut off one label of each printer whose turn that worker had.
    assert ends["processing-stopped unknown"] <= kills * PRINTERS
