"""Emulated printers with their rows, as the members of pools."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from jobs import tasks
from jobs.models import Job
from jobs.submission import Accepted, Request, submit
from printers import status
from printers.callers import Caller
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.jobs.labels import ANN, make_printer


@dataclass
class Place:
    device: EmulatedPrinter
    printer: Printer

    def probe(self) -> None:
        status.refresh(Printer.objects.get(pk=self.printer.pk), 0.3)

    def ring(self) -> None:
        tasks.ring(str(self.printer.pk))

    def now_has(self, medium: str, **colours: str) -> None:
        self.device.load(medium, **colours)
        self.probe()

    @property
    def labels(self) -> int:
        return len(self.device.labels)


def place(stack: ExitStack, name: str, model: str = "PT-P750W", medium: str = "tze:12", **colours: str) -> Place:
    device = stack.enter_context(EmulatedPrinter(model, medium, speed=0, **colours))  # type: ignore[arg-type]
    made = Place(device, make_printer(device, name=name, media=""))
    made.probe()
    return made


def ask_pool(*words: str, pool: str = "main/tags", caller: Caller = ANN, **more: Any) -> Accepted:
    rows = [{"word": word} for word in words or ("hello",)]
    return submit(Request(printer="", pool=pool, template="word", rows=rows, **more), caller)


def where(accepted: Accepted) -> str:
    return Job.objects.select_related("printer").get(pk=accepted.jobs[0].id).printer.name
