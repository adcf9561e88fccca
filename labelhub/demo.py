"""The hub that somebody tries without a printer: two emulated ones, and one sample label."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from jobs.models import Job, State
from jobs.submission import Request, submit
from printers.callers import HUB
from printers.emulator import EmulatedPrinter
from printers.identity import derive_printer_id
from printers.models import Printer, Site, record

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
SITE = "demo"
SAMPLE_LIMIT_S = 20.0
SAMPLE_TEMPLATE = "asset-tag-12"


@dataclass(frozen=True)
class Emulated:
    name: str
    model: str
    medium: str
    # Wished for: whatever is free is taken where they are not.
    port: int
    snmp_port: int

    @property
    def folder(self) -> Path:
        return Path(settings.DATA_DIR / "demo" / self.name)

    @property
    def first_label(self) -> Path:
        return self.folder / "0001.png"


PRINTERS = (
    Emulated("pt-p750w", "PT-P750W", "tze:12", 9101, 16101),
    Emulated("ql-820nwb", "QL-820NWB", "dk:62red", 9102, 16102),
)


class EmulatedPrinters:
    """The demo's printers, running in this process, with their rows."""

    def __init__(self) -> None:
        self.running: list[EmulatedPrinter] = []

    def start(self) -> "EmulatedPrinters":
        site, _ = Site.objects.get_or_create(key=SITE, defaults={"title": "Demo"})
        for wanted in PRINTERS:
            row = Printer.objects.filter(site=site, source=Printer.Source.DEMO, model=wanted.model).first()
            port, snmp_port = (row.port, row.snmp_port) if row else (wanted.port, wanted.snmp_port)
            device = _started(wanted, port, snmp_port)
            self.running.append(device)
            if row is None:
                _add(wanted, site, device)
            elif (row.port, row.snmp_port) != (device.port, device.snmp_port):
                # The id stays: jobs and tokens point at it.
                row.port, row.snmp_port = device.port, device.snmp_port
                row.save(update_fields=["port", "snmp_port", "updated_at"])
        return self

    def stop(self) -> None:
        for device in self.running:
            device.stop()


def _started(wanted: Emulated, port: int, snmp_port: int) -> EmulatedPrinter:
    try:
        return EmulatedPrinter(wanted.model, wanted.medium, port=port, snmp_port=snmp_port, out=wanted.folder).start()
    except OSError as error:
        log.debug("The emulated %s takes other ports than %s and %s: %s", wanted.model, port, snmp_port, error.strerror)
        return EmulatedPrinter(wanted.model, wanted.medium, out=wanted.folder).start()


def _add(wanted: Emulated, site: Site, device: EmulatedPrinter) -> None:
    derived = derive_printer_id(wanted.model, HOST, device.port)
    row = Printer.objects.create(
        # A configured printer that is not there may have the port that was free.
        id=uuid4() if Printer.objects.filter(id=derived).exists() else derived,
        site=site,
        name=wanted.name,
        model=wanted.model,
        host=HOST,
        port=device.port,
        snmp_port=device.snmp_port,
        media=wanted.medium,
        source=Printer.Source.DEMO,
    )
    record("printer.created", printer_id=row.id, actor="demo")


def print_sample(url: str) -> str:
    """The first label of a new demo: where its picture lies and what is known of it. Empty on later starts."""
    wanted = PRINTERS[0]
    printer = Printer.objects.get(site__key=SITE, model=wanted.model, source=Printer.Source.DEMO)
    if Job.objects.filter(printer=printer).exists():
        return ""
    fields = {"name": "LabelHub", "id": "0001", "owner": "The first label", "url": url}
    accepted = submit(Request(printer=printer.path, template=SAMPLE_TEMPLATE, rows=[fields]), HUB)
    job = _followed(accepted.jobs[0].id)
    if job.state == State.COMPLETED:
        return f"{wanted.first_label} ({job.outcome})"
    return f"{job.state} after {SAMPLE_LIMIT_S:.0f} s: {job.message or ', '.join(job.reasons)}"


def _followed(job_id: UUID) -> Job:
    deadline = time.monotonic() + SAMPLE_LIMIT_S
    while True:
        job = Job.objects.get(id=job_id)
        if job.state in {State.COMPLETED, State.CANCELED, State.ABORTED} or time.monotonic() > deadline:
            return job
        time.sleep(0.1)
