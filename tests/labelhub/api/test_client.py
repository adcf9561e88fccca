"""A client that somebody else's generator makes of our document does the main job against a running hub."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from printers.emulator import EmulatedPrinter
from tests.hubs import Hub
from tests.services import wait_until

PACKAGE = "labelhub_client"
FIELDS = {"name": "Bench drill", "id": "A-1042", "owner": "lab", "url": "https://inventory.invalid/a/1042"}
# The generator leaves out what it does not know to be text, JSON or bytes.
CONFIGURATION = {
    "post_hooks": [],
    "content_type_overrides": {"image/png": "application/octet-stream", "text/event-stream": "text/plain"},
}


class Client:
    """The generated package, and its own client with the token of a running hub."""

    def __init__(self, hub: Hub, said: str) -> None:
        self.hub, self.said = hub, said
        self.models = self.part("models")
        self.caller = self.part("client").AuthenticatedClient(
            base_url=hub.origin, token=hub.said("API token"), raise_on_unexpected_status=True
        )

    def part(self, name: str) -> ModuleType:
        return importlib.import_module(f"{PACKAGE}.{name}")

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """`jobs.read_job`: what the answer was parsed into."""
        sync: Callable[..., Any] = self.part(f"api.{name}").sync
        return sync(*args, client=self.caller, **kwargs)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("generated")
    with Hub(tmp_path_factory.mktemp("hub") / "data") as hub:
        status, document = hub.call("GET", "/openapi.json", token=hub.said("API token"))
        assert status == 200
        (folder / "openapi.json").write_text(json.dumps(document))
        (folder / "configuration.json").write_text(json.dumps(CONFIGURATION))
        made = subprocess.run(
            [
                *(Path(sys.executable).with_name("openapi-python-client"), "generate", "--meta", "none"),
                *("--path", folder / "openapi.json", "--config", folder / "configuration.json"),
                *("--output-path", folder / PACKAGE),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        sys.path.insert(0, str(folder))
        client = Client(hub, made.stdout + made.stderr)
        try:
            yield client
        finally:
            client.caller.get_httpx_client().close()
            sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def device() -> Iterator[EmulatedPrinter]:
    with EmulatedPrinter("PT-P750W", "tze:12") as device:
        yield device


@pytest.fixture(scope="module")
def printer(client: Client, device: EmulatedPrinter) -> Any:
    wanted = client.models.PrinterIn(
        site="demo", name="bench", model="PT-P750W", host="127.0.0.1", port=device.port, snmp_port=device.snmp_port
    )
    made = client.call("printers.create_printer", body=wanted)
    assert isinstance(made, client.models.Printer)
    return made


def ask(client: Client, printer: Any, **more: Any) -> Any:
    fields = client.models.PrintInFieldsType0.from_dict(FIELDS)
    wanted = client.models.PrintIn(printer=str(printer.id), template="asset-tag-12", fields=fields)
    accepted = client.call("jobs.print_labels", body=wanted, **more)
    assert isinstance(accepted, client.models.Accepted)
    return accepted.jobs[0].id


@pytest.mark.processes
def test_the_generator_leaves_nothing_out(client: Client) -> None:
    assert "WARNING" not in client.said
    assert "Unable" not in client.said
    wanted = {
        (operation["tags"][0].lower(), operation["operationId"])
        for item in client.hub.call("GET", "/openapi.json", token=client.caller.token)[1]["paths"].values()
        for operation in item.values()
    }
    folder = Path(str(client.part("api").__file__)).parent
    made = {(each.parent.name, each.stem) for each in folder.glob("*/*.py") if each.stem != "__init__"}
    assert made == wanted


@pytest.mark.processes
def test_it_prints(client: Client, printer: Any, device: EmulatedPrinter) -> None:
    job_id = ask(client, printer, idempotency_key="drill-1042")
    assert ask(client, printer, idempotency_key="drill-1042") == job_id
    wait_until(lambda: client.call("jobs.read_job", job_id).state == "completed", "the label", limit_s=30)
    job = client.call("jobs.read_job", job_id)
    assert (job.outcome, job.printer, job.fields.to_dict()) == ("confirmed", printer.id, FIELDS)
    assert job.finished_at > job.created_at
    assert len(device.labels) == 1

    picture = client.call("jobs.read_job_image", job_id)
    with Image.open(BytesIO(picture.payload.read())) as image:
        assert image.format == "PNG"

    told = client.call("jobs.list_job_events", job_id)
    assert (told.items[0].kind, told.items[-1].kind) == ("job.pending", "job.completed")
    status = client.call("printers.read_printer_status", str(printer.id))
    assert (status.online, status.tape_loaded) == (True, "12mm")


@pytest.mark.processes
def test_it_takes_a_label_back(client: Client, printer: Any, device: EmulatedPrinter) -> None:
    before = len(device.labels)
    assert client.call("printers.pause_printer", str(printer.id)).paused is True
    job_id = ask(client, printer)
    assert client.call("jobs.cancel_job", job_id).state == "canceled"
    refused = client.call("jobs.cancel_job", job_id)
    assert isinstance(refused, client.models.Problem)
    assert (refused.status, refused.code) == (409, "not-allowed")
    assert client.call("printers.resume_printer", str(printer.id)).paused is False
    assert len(device.labels) == before


@pytest.mark.processes
def test_it_pages_and_picks_fields(client: Client, printer: Any) -> None:
    for _ in range(2):
        wait_until_done(client, ask(client, printer))
    first = client.call("jobs.list_jobs", limit=1, printer=str(printer.id), fields="id,state")
    assert isinstance(first.next_cursor, str)
    second = client.call("jobs.list_jobs", limit=1, printer=str(printer.id), cursor=first.next_cursor)
    assert first.items[0].id != second.items[0].id
    assert first.items[0].to_dict().keys() == {"id", "state"}


@pytest.mark.processes
def test_everything_that_is_wrong_is_told_at_once(client: Client, printer: Any) -> None:
    fields = client.models.PrintInFieldsType0.from_dict({"colour": "red"})
    wanted = client.models.PrintIn(
        printer=str(printer.id), template="asset-tag-12", fields=fields, copies=0, priority=0
    )
    refused = client.call("jobs.print_labels", body=wanted)
    assert isinstance(refused, client.models.Problem)
    assert sorted(each.pointer for each in refused.problems) == [
        "/copies", "/fields/colour", "/fields/id", "/fields/name", "/priority",
    ]  # fmt: skip


def wait_until_done(client: Client, job_id: Any) -> None:
    wait_until(lambda: client.call("jobs.read_job", job_id).state == "completed", "the label", limit_s=30)
