from threading import Event, Thread

import pytest

from jobs.submission.one_at_a_time import OneAtATime


def test_they_come_in_the_order_in_which_they_ask() -> None:
    turns, seen, threads = OneAtATime(), list[int](), list[Thread]()

    def come(number: int) -> None:
        with turns:
            seen.append(number)

    with turns:
        for number in range(3):
            threads.append(Thread(target=come, args=(number,)))
            threads[-1].start()
            while len(turns._waiting) <= number:
                pass
        assert seen == []
    for thread in threads:
        thread.join(5)
    assert seen == [0, 1, 2]


def test_who_was_in_for_long_lets_others_in_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    turns, came = OneAtATime(), Event()

    def come() -> None:
        with turns:
            came.set()

    other = Thread(target=come)
    with turns:
        turns.give_way()
        other.start()
        while not turns._waiting:
            pass
        monkeypatch.setattr("jobs.submission.one_at_a_time.SLICE_S", 3600)
        turns.give_way()
        assert not came.is_set()
        monkeypatch.setattr("jobs.submission.one_at_a_time.SLICE_S", 0)
        turns.give_way()
        assert came.is_set()
    other.join(5)


def test_an_error_gives_the_turn_back() -> None:
    turns = OneAtATime()
    with pytest.raises(ValueError, match="drawing"), turns:
        raise ValueError("drawing")
    with turns:
        assert not turns._waiting
