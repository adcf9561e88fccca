"""The demo's emulated printers, beside what is already there."""

import pytest

from labelhub import demo
from labelhub.demo import EmulatedPrinters
from printers.identity import derive_printer_id
from printers.models import Printer, Site
from tests.services import free_port

pytestmark = pytest.mark.django_db


def test_a_configured_printer_may_have_the_same_address(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    device = demo.Emulated("pt-p750w", "PT-P750W", "tze:12", port, free_port())
    monkeypatch.setattr(demo, "PRINTERS", (device,))
    configured = Printer.objects.create(
        id=derive_printer_id(device.model, demo.HOST, port),
        site=Site.objects.create(key="main"),
        name="silent",
        model=device.model,
        host=demo.HOST,
        port=port,
    )
    ids = []
    for _start in range(2):
        emulated = EmulatedPrinters().start()
        emulated.stop()
        ids.append(Printer.objects.get(source=Printer.Source.DEMO).pk)
    assert ids[0] == ids[1] != configured.pk
    assert Printer.objects.count() == 2
