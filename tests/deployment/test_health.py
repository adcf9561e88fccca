"""Liveness and readiness of a web process while one after the other is taken away from it."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.services import Server, wait_until
from tests.stack import START_LIMIT_S, stack

pytestmark = [pytest.mark.services, pytest.mark.processes]


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    """With all that it started: who has a connection gets no answer, nobody gets a new one."""
    first = server.process.pid
    os.kill(first, signal.SIGSTOP)
    for each in children(first):
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in [*children(first), first]:
            os.kill(each, signal.SIGCONT)


def test_health_of_a_deployment_tells_the_truth(tmp_path: Path) -> None:
    with stack(tmp_path) as made:
        web = made.start_web()

        def queue() -> str:
            return str(web.readiness()["checks"]["print_queue"]["status"])

        assert queue() == "fail"
        worker = made.start("worker")
        made.start("beat")
        wait_until(lambda: queue() == "ok", "the first heartbeat", limit_s=START_LIMIT_S)
        assert web.readiness()["status"] == "ready"

        made.redis.stop()
        begun = time.monotonic()
        code, answer = web.call("GET", "/readiness")
        assert (code, answer["status"], answer["checks"]["broker"]["status"]) == (200, "degraded", "fail")
        assert time.monotonic() - begun < 3

        with frozen(made.postgresql):
            begun = time.monotonic()
            code, answer = web.call("GET", "/readiness")
            assert (code, answer["status"]) == (503, "not-ready")
            assert time.monotonic() - begun < 2.5
            begun = time.monotonic()
            code, answer = web.call("GET", "/healthz")
            assert (code, answer["status"]) == (200, "ok")
            assert time.monotonic() - begun < 1
        wait_until(lambda: web.call("GET", "/readiness")[0] == 200, "recovery")
        assert worker.stop()[0] == 0
