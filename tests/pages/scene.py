"""A hub in the middle of a working day: several tapes, an error, labels that wait, one whose outcome nobody knows.

Tests look at every page of it, `make screenshots` takes its pictures. Nothing in it is faked: the labels went through
the queue to emulated printers, and what is wrong is wrong at them.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from printers.emulator import EmulatedPrinter
from tests.hubs import ROOT, Hub, environment
from tests.labelhub.integrations.app import App
from tests.labelhub.integrations.snipeit.fake import TOKEN, answers

ADMIN, VIEWER = "admin", "visitor"
PASSWORD = "for-looking-at-pages-only"
LIMIT_S = 90.0
OVER = {"completed", "canceled", "aborted"}


@dataclass(frozen=True)
class Device:
    name: str
    model: str
    medium: str
    site: str
    tape_color: str | None = None
    text_color: str | None = None


INVENTORY = '[[integration]]\nkind = "snipeit"\nname = "inventory"\nurl = "{origin}"\ntoken = "{token}"\n'
DEVICES = (
    Device("server-room", "PT-P900W", "tze:24", "berlin", "yellow", "black"),
    Device("electronics", "PT-E550W", "tze:18", "berlin", "black", "white"),
    Device("shipping", "QL-1110NWB", "dk:29x90", "hamburg"),
    Device("archive", "PT-P750W", "tze:18", "hamburg", "blue", "white"),
    Device("reception", "QL-820NWB", "dk:62", "hamburg"),
)
# Printer, template, copies, and what differs from the template's examples.
LABELS: tuple[tuple[str, str, int, dict[str, str]], ...] = (
    ("pt-p750w", "asset-tag-12", 1, {"name": "Band saw", "id": "A-1043", "url": "https://inv.invalid/a/1043"}),
    ("pt-p750w", "cable-flag-12", 1, {}),
    ("electronics", "name-18", 1, {"name": "Grace"}),
    ("archive", "name-18", 1, {"name": "Files 2019–2024"}),
    ("server-room", "box-24", 1, {"title": "Patch cables", "code": "B-17"}),
    ("shipping", "address-29x90", 1, {}),
    ("reception", "shelf-62", 1, {"place": "C-03", "title": "Badges and lanyards"}),
    ("pt-p750w", "asset-tag-12", 1, {"name": "Lathe", "id": "A-1044", "url": "https://inv.invalid/a/1044"}),
    ("server-room", "box-24", 2, {}),
    ("electronics", "name-18", 1, {}),
    ("shipping", "address-29x90", 1, {}),
    ("ql-820nwb", "shelf-62", 1, {}),
    ("reception", "shelf-62", 1, {}),
    ("pt-p750w", "asset-tag-12", 1, {"name": "Drill press", "id": "A-2001", "url": "https://inv.invalid/a/2001"}),
)


@dataclass
class Scene:
    hub: Hub
    devices: dict[str, EmulatedPrinter]
    token: str
    printers: dict[str, str]
    examples: dict[str, dict[str, str]]
    batch: str = ""
    pool: str = ""

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        code, answer = self.hub.call(method, path, body, self.token)
        if code >= 400:
            raise AssertionError(f"{method} {path}: {code} {answer}")
        return answer

    def print(self, printer: str, template: str, *, copies: int = 1, **changes: str) -> str:
        fields = self.examples[template] | changes
        body = {"printer": self.printers[printer], "template": template, "fields": fields, "copies": copies}
        return str(self.ask("POST", "/api/print", body)["jobs"][0]["id"])

    def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/api/jobs/{job_id}")
        return found

    def wait_for(self, job_id: str, *states: str) -> None:
        _wait_until(lambda: self.job(job_id)["state"] in states, f"job {job_id} {states}")

    def wait_for_printer(self, name: str, holds: Callable[[dict[str, Any]], bool]) -> None:
        address = f"/api/printers/{self.printers[name]}/status"
        _wait_until(lambda: holds(self.ask("GET", address)), f"{name} as wanted")


def _wait_until(holds: Callable[[], bool], what: str) -> None:
    """Asks rarely: a token may ask so often a minute only."""
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {LIMIT_S} s")
        time.sleep(0.25)


@contextmanager
def scene(folder: Path, *, speed: float = 1.0) -> Iterator[Scene]:
    """`speed` is the printers', as EmulatedPrinter has it."""
    folder.mkdir(exist_ok=True)
    settings = {"LABELHUB_ADMIN_PASSWORD": PASSWORD, "LABELHUB_PROBE_INTERVAL_S": "2"}
    settings["LABELHUB_CONFIG"] = str(folder / "labelhub.toml")
    with ExitStack() as running:
        inventory = running.enter_context(App(answers))
        (folder / "labelhub.toml").write_text(INVENTORY.format(origin=inventory.origin, token=TOKEN))
        hub = running.enter_context(Hub(folder / "data", env=settings))
        run_in_hub(hub, _PEOPLE)
        devices = {
            each.name: running.enter_context(
                EmulatedPrinter(
                    each.model, each.medium, speed=speed, tape_color=each.tape_color, text_color=each.text_color
                )
            )
            for each in DEVICES
        }
        at_work = Scene(hub, devices, hub.said("API token"), {}, {})
        for each in DEVICES:
            device = devices[each.name]
            address = {"host": "127.0.0.1", "port": device.port, "snmp_port": device.snmp_port}
            at_work.ask("POST", "/api/printers", {"name": each.name, "model": each.model, "site": each.site} | address)
        at_work.printers = {each["name"]: each["id"] for each in at_work.ask("GET", "/api/printers")["items"]}
        for template in at_work.ask("GET", "/api/templates")["items"]:
            named = {field["name"]: field["example"] for field in template["fields"] if "example" in field}
            at_work.examples[template["key"]] = named
        yield at_work


def furnish(at_work: Scene) -> dict[str, str]:
    """Prints, breaks, and lets wait; the ids of the jobs worth looking at, by what they are."""
    for name in at_work.devices:
        at_work.wait_for_printer(name, lambda status: bool(status["online"]))
    printed = [at_work.print(printer, template, copies=n, **more) for printer, template, n, more in LABELS]
    printed += _batch(at_work)
    for job in printed:
        at_work.wait_for(job, *OVER)
    return {"printed": printed[0], "shelf": printed[len(LABELS) - 3], **_trouble(at_work)}


def _batch(at_work: Scene) -> list[str]:
    """And a pool."""
    rows = [at_work.examples["name-18"] | {"name": name} for name in ("Ada", "Grace", "Mary")]
    body = {"printer": at_work.printers["electronics"], "template": "name-18", "rows": rows}
    accepted = at_work.ask("POST", "/api/print", body)
    at_work.batch = accepted["batch"]
    pool = {"site": "hamburg", "name": "rolls-62", "medium": "dk:62"}
    at_work.pool = at_work.ask("POST", "/api/pools", pool)["id"]
    return [job["id"] for job in accepted["jobs"]]


def _trouble(at_work: Scene) -> dict[str, str]:
    at_work.devices["archive"].set_fault("power-off")
    unknown = at_work.print("archive", "name-18", name="Cabinet 7")
    at_work.wait_for(unknown, "processing-stopped")
    at_work.devices["shipping"].set_fault("cover-open")
    at_work.wait_for_printer("shipping", lambda status: "cover-open" in str(status["reasons"]))
    waiting = at_work.print("shipping", "address-29x90")
    held = at_work.print("pt-p750w", "box-24", title="Winter clothes")
    at_work.wait_for(held, "pending-held")
    at_work.ask("POST", f"/api/printers/{at_work.printers['reception']}/pause")
    at_work.print("reception", "shelf-62")
    canceled = at_work.print("reception", "shelf-62")
    at_work.ask("POST", f"/api/jobs/{canceled}/cancel")
    return {"unknown": unknown, "waiting": waiting, "held": held, "canceled": canceled}


def run_in_hub(hub: Hub, program: str) -> str:
    """Python beside the hub, in its folder: for what no page and no API does. Returns what it prints."""
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", program],
        cwd=ROOT,
        env=environment(LABELHUB_DATA_DIR=str(hub.data), LABELHUB_DEMO="1"),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


_PEOPLE = f"""
from django.contrib.auth.models import Group
from labelhub.accounts.models import User
visitor = User.objects.create_user({VIEWER!r}, password={PASSWORD!r})
visitor.groups.set([Group.objects.get_or_create(name="viewer")[0]])
"""
