"""What the tests of jobs share: an emulated printer with its row, and a template to print."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from jobs.dispatch import drain
from jobs.models import Attempt, Batch, Job, PrinterLease
from jobs.submission import Accepted, Request, submit
from printers.callers import Caller
from printers.emulator import EmulatedPrinter
from printers.models import Event, Printer, Site
from templates_app.definition import document, fingerprint, parse
from templates_app.models import Template, TemplateVersion

ANN = Caller(label="ann", address="127.3.2.1")
TEXT = """
key = "word"
title = "A word"
media = ["tze:12", "tze:24", "dk:62"]
[[fields]]
name = "word"
required = true
[[elements]]
kind = "text"
text = "{word}"
"""
QR = """
key = "code"
title = "A code"
media = "tze:12"
[[fields]]
name = "url"
required = true
[[elements]]
kind = "barcode"
symbology = "qr"
value = "{url}"
"""


def make_template(text: str = TEXT) -> Template:
    definition = parse(text)
    template, _made = Template.objects.get_or_create(key=definition.key, defaults={"title": str(definition.title)})
    version = TemplateVersion.objects.create(
        template=template,
        number=template.versions.count() + 1,
        definition=document(definition),
        sha256=fingerprint(definition),
    )
    template.current = version
    template.save(update_fields=["current"])
    return template


def free_lease(printer: Printer, **values: Any) -> PrinterLease:
    """Of an earlier turn. SQLite's clock has milliseconds: one that ended just now is not over by it yet."""
    earlier = timezone.now() - timedelta(minutes=1)
    return PrinterLease.objects.create(printer=printer, expires_at=earlier, **values)


def make_printer(device: EmulatedPrinter | None = None, **values: Any) -> Printer:
    site, _made = Site.objects.get_or_create(key="main")
    if device is not None:
        values = {"model": device.model.name, "port": device.port, "snmp_port": device.snmp_port} | values
    return Printer.objects.create(
        **{"site": site, "name": "bench", "model": "PT-P750W", "host": "127.0.0.1", "media": "tze:12"} | values
    )


def ask(printer: Printer, *words: str, template: str = "word", caller: Caller = ANN, **more: Any) -> Accepted:
    rows = [{"word": word} for word in words or ("hello",)]
    return submit(Request(printer=str(printer.pk), template=template, rows=rows, **more), caller)


def one(accepted: Accepted) -> Job:
    return Job.objects.get(pk=accepted.jobs[0].id)


def batch_of(accepted: Accepted) -> Batch:
    return Batch.objects.get(pk=str(accepted.batch))


def printed_once(printer: Printer, *words: str, **more: Any) -> Job:
    """Ask for it and let it be worked off; the job as it then is."""
    accepted = ask(printer, *words, **more)
    drain(printer.pk)
    return one(accepted)


def last_attempt(job: Job) -> Attempt:
    found = job.attempts.order_by("-number").first()
    assert found is not None
    return found


def moves(job: Job) -> list[tuple[str | None, str]]:
    """Its story as the log has it."""
    events = Event.objects.filter(job_id=job.pk, data__has_key="to").order_by("id")
    return [(event.data["from"], event.data["to"]) for event in events]


def wait_for(holds: Callable[[], bool], what: str, limit_s: float = 10.0) -> None:
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, f"{what} did not happen within {limit_s} s"
        time.sleep(0.01)
