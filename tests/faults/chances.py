"""One seed for all that is random; it is printed, and LABELHUB_TEST_SEED (`make faults SEED=…`) repeats a run."""

import os
import random


def chance() -> random.Random:
    seed = int(os.environ.get("LABELHUB_TEST_SEED") or "0") or random.SystemRandom().randrange(1, 10**9)
    print(f"LABELHUB_TEST_SEED={seed}")  # noqa: T201 (pytest shows it where the test fails)
    return random.Random(seed)
