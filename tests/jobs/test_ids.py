from concurrent.futures import ThreadPoolExecutor

from jobs.models import time_ordered_id


def test_it_works() -> None:
    made = [time_ordered_id() for _ in range(10_000)]
    assert made == sorted(made)
    assert {each.version for each in made} == {7}


def test_threads_share_no_id() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: time_ordered_id(), range(4000)))
    assert len(set(made)) == 4000


def test_they_are_not_guessed() -> None:
    # The lower 62 bits are random.
    one, two = time_ordered_id(), time_ordered_id()
    assert one.int & (2**62 - 1) != two.int & (2**62 - 1)
