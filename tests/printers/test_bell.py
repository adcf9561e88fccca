"""Rings are heard once each, in their order, in Redis as in one process."""

import threading
import time
from collections.abc import Iterator

import pytest
from redis.exceptions import RedisError

from printers.bell import KEY, Bell, InRedis, InThisProcess
from tests.services import start_redis

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    server = start_redis()
    yield server.url
    server.stop()


@pytest.fixture(params=["redis", "memory"])
def bell(request: pytest.FixtureRequest, redis_url: str) -> Bell:
    if request.param == "memory":
        return InThisProcess()
    made = InRedis(redis_url)
    made._ringing.delete(KEY)
    return made


def test_it_works(bell: Bell) -> None:
    bell.put(["a"])
    assert bell.take(0.1) == "a"
    assert bell.take(0.1) is None


def test_who_waits_longest_is_first_and_nobody_waits_twice(bell: Bell) -> None:
    for each in ("b", "a", "b", "c", "a"):
        bell.put([each])
    bell.put(["c", "d"])
    assert [bell.take(0.1) for _ in range(5)] == ["b", "a", "c", "d", None]


def test_who_waits_hears_it_at_once(bell: Bell) -> None:
    def ring() -> None:
        time.sleep(0.2)
        bell.put(["a"])

    thread = threading.Thread(target=ring)
    begun = time.monotonic()
    thread.start()
    assert bell.take(5.0) == "a"
    assert 0.1 < time.monotonic() - begun < 2.0
    thread.join()


def test_of_many_who_listen_one_hears_it(bell: Bell) -> None:
    heard: list[str | None] = []
    threads = [threading.Thread(target=lambda: heard.append(bell.take(1.0))) for _ in range(4)]
    for thread in threads:
        thread.start()
    bell.put(["a", "b"])
    for thread in threads:
        thread.join()
    assert sorted(map(str, heard)) == ["None", "None", "a", "b"]


def test_a_redis_that_was_away_is_used_again(redis_url: str) -> None:
    server = start_redis()
    made = InRedis(server.url)
    made.put(["a"])
    server.stop()
    with pytest.raises((RedisError, OSError)):
        made.put(["b"])
    with pytest.raises((RedisError, OSError)):
        made.take(0.1)
    again = start_redis(server.port)
    try:
        made.put(["c"])
        assert made.take(1.0) == "c"
    finally:
        again.stop()
