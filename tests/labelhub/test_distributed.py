"""Web, worker and beat as processes of their own, on PostgreSQL and Redis."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.hubs import ROOT, environment, manage
from tests.services import Server, accepts, create_database, free_port, start_postgresql, start_redis, wait_until

pytestmark = [pytest.mark.services, pytest.mark.processes]


@pytest.fixture
def settings_of(postgresql: Server, tmp_path: Path) -> dict[str, str]:
    return {
        "LABELHUB_DATABASE_URL": create_database(postgresql, f"hub{tmp_path.name[-8:]}{time.time_ns()}"),
        "LABELHUB_DATA_DIR": str(tmp_path / "data"),
        "LABELHUB_SECRET_KEY": "k" * 50,
        "LABELHUB_BROKER_URL": "redis://127.0.0.1:1/0",
        "LABELHUB_ADMIN_PASSWORD": "correct horse battery",
    }


def test_many_that_bring_up_at_once(settings_of: dict[str, str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: manage("bring_up", **settings_of), range(4)))
    assert [each.returncode for each in done] == [0] * 4, "\n".join(each.stderr for each in done)
    with psycopg.connect(settings_of["LABELHUB_DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM accounts_user").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM django_migrations WHERE app = 'jobs'").fetchone() == (
            len(list((ROOT / "jobs" / "migrations").glob("0*.py"))),
        )


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "uvicorn", "labelhub.asgi:application", "--port", "0"],
        ["-m", "celery", "-A", "labelhub", "worker", "--pool", "threads"],
        ["-m", "celery", "-A", "labelhub", "beat"],
    ],
    ids=["web", "worker", "beat"],
)
def test_none_serves_a_database_that_was_not_brought_up(command: list[str], settings_of: dict[str, str]) -> None:
    env = environment(**settings_of)
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 78, done.stderr
    assert "LabelHub does not start. The database is older than this version: " in done.stderr


class Deployment:
    def __init__(self, folder: Path) -> None:
        self.open = ExitStack()
        self.postgresql, self.redis = start_postgresql(), start_redis()
        self.open.callback(self.postgresql.stop)
        self.open.callback(self.redis.stop)
        self.port = free_port()
        self.env = {
            "LABELHUB_DATABASE_URL": self.postgresql.url,
            "LABELHUB_BROKER_URL": self.redis.url,
            "LABELHUB_DATA_DIR": str(folder / "data"),
            "LABELHUB_SECRET_KEY": "k" * 50,
        }

    def run(self, *command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment(**self.env))
        self.open.callback(process.wait)
        self.open.callback(process.kill)
        return process

    def get(self, path: str) -> tuple[int, Any, float]:
        begun = time.monotonic()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
                return response.status, json.load(response), time.monotonic() - begun
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error), time.monotonic() - begun


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path)
    with deployment.open:
        done = manage("bring_up", **deployment.env)
        assert done.returncode == 0, done.stderr
        deployment.run("-m", "uvicorn", "labelhub.asgi:application", "--port", str(deployment.port))
        wait_until(lambda: accepts(deployment.port), "the web server's start", limit_s=60)
        yield deployment


def test_health_of_a_deployment_tells_the_truth(deployment: Deployment) -> None:
    def statuses() -> dict[str, str]:
        return {name: each["status"] for name, each in deployment.get("/readiness")[1]["checks"].items()}

    assert statuses()["print_queue"] == "fail"
    worker = deployment.run("-m", "celery", "-A", "labelhub", "worker", "--pool", "threads", "--concurrency", "4")
    deployment.run("-m", "celery", "-A", "labelhub", "beat")
    wait_until(lambda: statuses()["print_queue"] == "ok", "the first heartbeat", limit_s=60)
    assert deployment.get("/readiness")[1]["status"] == "ready"

    deployment.redis.stop()
    code, answer, took = deployment.get("/readiness")
    assert (code, answer["status"], answer["checks"]["broker"]["status"]) == (200, "degraded", "fail")
    assert took < 3

    os.kill(deployment.postgresql.process.pid, signal.SIGSTOP)
    for child in _children(deployment.postgresql.process.pid):
        os.kill(child, signal.SIGSTOP)
    try:
        code, answer, took = deployment.get("/readiness")
        assert (code, answer["status"]) == (503, "not-ready")
        assert took < 2.5
        code, answer, took = deployment.get("/healthz")
        assert (code, answer["status"]) == (200, "ok")
        assert took < 1
    finally:
        for process in [*_children(deployment.postgresql.process.pid), deployment.postgresql.process.pid]:
            os.kill(process, signal.SIGCONT)
    wait_until(lambda: deployment.get("/readiness")[0] == 200, "recovery", limit_s=30)

    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
