"""The printers of a running hub: what a person does at the device is seen, and the labels go on without a click."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from printers.emulator import EmulatedPrinter
from tests.hubs import Hub
from tests.services import wait_until

pytestmark = pytest.mark.processes

WITHIN_S = 5.0
# Nobody is quick enough to find the hub still looking at the first try.
LATER_S = 3.0
# Below what a token may ask in a minute.
POLL_S = 0.2
FIELDS = {"name": "Drill", "id": "7", "owner": "lab", "url": "https://lab/7"}


class Running:
    def __init__(self, hub: Hub, device: EmulatedPrinter) -> None:
        self.hub, self.device, self.token = hub, device, hub.said("API token")
        body = {
            "site": "demo",
            "name": "bench",
            "model": "PT-P750W",
            "host": "127.0.0.1",
            "port": device.port,
            "snmp_port": device.snmp_port,
        }
        code, self.printer = hub.call("POST", "/api/printers", body, self.token)
        assert code == 201, self.printer
        wait_until(lambda: self.status()["online"] is True, "the first probe", limit_s=15, every_s=POLL_S)

    def status(self) -> dict[str, Any]:
        code, answer = self.hub.call("GET", f"/api/printers/{self.printer['id']}/status", token=self.token)
        assert code == 200
        return dict(answer)

    def ask(self) -> str:
        body = {"printer": self.printer["id"], "template": "asset-tag-12", "fields": FIELDS}
        code, answer = self.hub.call("POST", "/api/print", body, self.token)
        assert code == 202, answer
        return str(answer["jobs"][0]["id"])

    def job(self, job_id: str) -> dict[str, Any]:
        return dict(self.hub.call("GET", f"/api/jobs/{job_id}", token=self.token)[1])

    def wait_for(self, job_id: str, *reasons: str) -> dict[str, Any]:
        wait_until(
            lambda: set(reasons) <= set(self.job(job_id)["reasons"]), ", ".join(reasons), limit_s=15, every_s=POLL_S
        )
        return self.job(job_id)

    def printed_after(self, job_id: str) -> float:
        """Seconds until the device begins with the label, which is confirmed and comes out once."""
        begun, before = time.monotonic(), self.device.bytes_read
        wait_until(lambda: self.device.bytes_read > before, "the label's first byte", limit_s=30)
        took = time.monotonic() - begun
        wait_until(lambda: self.job(job_id)["state"] == "completed", "the label", limit_s=30, every_s=POLL_S)
        assert self.job(job_id)["outcome"] == "confirmed"
        return took


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with (
        EmulatedPrinter("PT-P750W", "tze:12") as device,
        Hub(tmp_path_factory.mktemp("hub") / "data") as hub,
    ):
        yield Running(hub, device)


@pytest.mark.parametrize(
    ("fault", "state", "reasons"),
    [
        ("cover-open", "pending", ["printer-stopped", "cover-open"]),
        ("no-media", "pending", ["printer-stopped", "media-empty"]),
        ("jam", "pending", ["printer-stopped", "media-jam"]),
        ("wrong-media=tze:24", "pending-held", ["hub-media-needed"]),
        ("off", "pending", ["resources-are-not-ready"]),
        ("refuse", "pending", ["resources-are-not-ready"]),
    ],
)
def test_the_queue_goes_on_within_seconds(running: Running, fault: str, state: str, reasons: list[str]) -> None:
    labels = len(running.device.labels)
    running.device.set_fault(fault)
    job_id = running.ask()
    job = running.wait_for(job_id, *reasons)
    assert job["state"] == state
    time.sleep(LATER_S)
    assert len(running.device.labels) == labels

    running.device.clear_fault()
    assert running.printed_after(job_id) < WITHIN_S
    time.sleep(1)
    assert len(running.device.labels) == labels + 1
    wait_until(lambda: running.status()["state"] == "idle", "an idle printer", limit_s=10, every_s=POLL_S)
    assert running.status()["reasons"] == []
