"""Another app that is down, slow, or lies: a clear 502 for who asked, and nothing for who did not."""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.hubs import Hub, call
from tests.labelhub.integrations.app import App

pytestmark = [pytest.mark.processes, pytest.mark.fault(32)]

STATUS = "/api/printers/demo/pt-p750w/status"
# Eight threads draw pages, four serve scripts (labelhub/router.py).
ASKING = 24


def hang(_write: Any) -> None:
    time.sleep(60)


def endless(write: Any) -> None:
    write.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[")
    while True:
        write.write(b"1," * 50_000)


def drip(write: Any) -> None:
    write.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[")
    while True:
        write.write(b"1,")
        time.sleep(0.2)


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with App(lambda _: (200, {})) as app:
        yield app


@pytest.fixture(scope="module")
def hub(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("integrations")
    config = folder / "labelhub.toml"
    entry = '[[integration]]\nkind = "snipeit"\nname = "{}"\nurl = "{}"\ntoken = "t"\n'
    config.write_text(entry.format("inventory", app.origin) + entry.format("away", "http://127.0.0.1:1"))
    with Hub(folder / "data", env={"LABELHUB_CONFIG": str(config)}) as hub:
        yield hub


def look_up(hub: Hub, name: str = "inventory") -> tuple[int, str, float]:
    begun = time.monotonic()
    status, answer = call(hub.origin, "GET", f"/api/lookup/{name}/1042", token=hub.said("API token"))
    return status, answer["code"], time.monotonic() - begun


@pytest.mark.parametrize("how", [hang, drip])
def test_who_waits_for_it_holds_up_nobody(hub: Hub, app: App, how: Any) -> None:
    app.raw = how
    token = hub.said("API token")
    with ThreadPoolExecutor(ASKING) as pool:
        asked: list[Future[tuple[int, str, float]]] = [pool.submit(look_up, hub) for _ in range(ASKING)]
        spent: dict[str, list[float]] = {STATUS: [], "/healthz": []}
        while not all(each.done() for each in asked):
            for path, times in spent.items():
                begun = time.monotonic()
                assert call(hub.origin, "GET", path, token=token)[0] == 200
                times.append(time.monotonic() - begun)
            # A token may ask so often a minute only.
            time.sleep(0.1)
    found = [each.result() for each in asked]
    slow = [each for each in found if each[1] == "integration-failed"]
    busy = [each for each in found if each[1] == "integration-busy"]
    assert {each[:2] for each in found} <= {(502, "integration-failed"), (503, "integration-busy")}
    # Two may wait, and when they are through perhaps two more; all others hear at once that they need not.
    assert 1 <= len(slow) <= 4
    assert len(slow) + len(busy) == ASKING
    assert max(each[2] for each in slow) < 9
    assert statistics.median(each[2] for each in busy) < 2
    for path, times in spent.items():
        assert len(times) > 20, path
        assert statistics.median(times) < 0.2, path
        assert max(times) < 3, path


def test_ten_gigabytes_are_not_taken(hub: Hub, app: App) -> None:
    app.raw = endless
    before = memory_mb(hub)
    assert look_up(hub)[:2] == (502, "integration-failed")
    assert memory_mb(hub) - before < 60


def test_what_is_no_json_is_said(hub: Hub, app: App) -> None:
    app.raw, app.kind, app.answers = None, "text/html", lambda _: (200, b"<html>Sign in</html>")
    assert look_up(hub)[:2] == (502, "integration-failed")


def test_one_that_is_away_is_said_and_leaves_readiness_alone(hub: Hub) -> None:
    assert look_up(hub, "away")[:2] == (502, "integration-failed")
    assert hub.call("GET", "/readiness")[0] == 200
    assert " ERROR " not in hub.out


def memory_mb(hub: Hub) -> float:
    status = Path(f"/proc/{hub.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
