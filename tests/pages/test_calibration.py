"""The page on which a printer's offset is read off a printed ruler; and that it is what is sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.artifacts import load
from jobs.dispatch import drain
from jobs.models import Job
from jobs.ruler import draw_ruler
from printers.calibration import Offset, shifted
from printers.emulator import EmulatedPrinter
from printers.media import MODELS, find_medium, media_for
from printers.models import Printer
from printers.raster import Raster
from tests.pages.rows import make_printer, make_template
from tests.pages.test_roles import person

pytestmark = pytest.mark.django_db
MM = 25.4 / 180


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def device() -> Iterator[EmulatedPrinter]:
    with EmulatedPrinter("PT-P750W", "tze:12", speed=0) as running:
        yield running


def on(device: EmulatedPrinter) -> Printer:
    return make_printer(host="127.0.0.1", port=device.port, snmp_port=device.snmp_port)


def page_of(printer: Printer) -> str:
    return f"/printers/{printer.id}/calibration"


def kept(printer: Printer) -> dict[str, Any]:
    return dict(Printer.objects.values_list("calibration", flat=True).get(pk=printer.pk))


@pytest.mark.django_db(transaction=True)
def test_it_works(device: EmulatedPrinter) -> None:
    printer, client = on(device), person("manager")
    shown = client.get(page_of(printer)).content.decode()
    assert "It should be 20." in shown
    assert "It should be 6." in shown
    answer = client.post(page_of(printer), {"step": "print", "medium": "tze:12"})
    job = Job.objects.get()
    assert answer["Location"] == f"/jobs/{job.id}"
    drain(printer.pk)
    job.refresh_from_db()
    assert (job.state, job.outcome) == ("completed", "confirmed")
    assert [label.raster.sha256 for label in device.labels] == [job.artifact]
    answer = client.post(page_of(printer), {"step": "keep", "medium": "tze:12", "upright": "20.4", "line": "5.8"})
    assert answer["Location"] == f"{page_of(printer)}?medium=tze:12"
    assert kept(printer) == {"tze:12": {"along_mm": -0.4, "across_mm": 0.2}}
    assert "0.4 mm to the left, 0.2 mm down" in client.get(page_of(printer)).content.decode()
    # The next one is sent shifted, its picture stays as it should come out.
    client.post(page_of(printer), {"step": "print", "medium": "tze:12"})
    drain(printer.pk)
    second = Job.objects.latest("created_at")
    assert second.artifact == job.artifact
    assert device.labels[1].raster.sha256 == shifted(load(job.artifact), Offset(-0.4, 0.2)).sha256 != job.artifact
    # What is still beside the mark comes on top.
    client.post(page_of(printer), {"step": "keep", "medium": "tze:12", "upright": "19.9", "line": "6"})
    assert kept(printer) == {"tze:12": {"along_mm": -0.3, "across_mm": 0.2}}
    client.post(page_of(printer), {"step": "forget", "medium": "tze:12"})
    assert kept(printer) == {}


def test_the_lines_of_the_ruler_lie_where_it_says() -> None:
    ruler = draw_ruler(make_printer(), find_medium("tze:12"))
    ink = ~np.asarray(ruler.raster.black, dtype=bool)
    upright, line = int(ink.all(axis=0).argmax()), int(ink.all(axis=1).argmax())
    assert ink.all(axis=0).any()
    assert ink.all(axis=1).any()
    # 2 mm are fed before the label; 12 mm of tape are 85 dots, of which 70 can be printed.
    assert upright * MM + 2 == pytest.approx(20.0, abs=0.1)
    assert (line + 7.5) * MM == pytest.approx(6.0, abs=0.1)


@pytest.mark.parametrize("model", ["pt-p750w", "pt-p900w", "ql-820nwb", "ql-1110nwb"])
def test_every_medium_has_one(model: str) -> None:
    printer = make_printer(model=model)
    for medium in media_for(MODELS[model]):
        assert isinstance(draw_ruler(printer, medium).raster, Raster), medium.key


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"upright": "", "line": "6"}, "This field is required."),
        ({"upright": "far", "line": "6"}, "Enter a number."),
        ({"upright": "60", "line": "6"}, "5 mm at most"),
    ],
)
def test_what_cannot_be_is_refused(typed: dict[str, str], sentence: str) -> None:
    printer = make_printer()
    answer = person("manager").post(page_of(printer), {"step": "keep", "medium": "tze:12"} | typed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert kept(printer) == {}


@pytest.mark.parametrize("role", ["viewer", "printer", "designer"])
def test_others_may_not(role: str) -> None:
    printer = make_printer()
    assert person(role).get(page_of(printer)).status_code == 403
    assert person(role, name="tom").post(page_of(printer), {"step": "print"}).status_code == 403
    assert not Job.objects.exists()


def test_the_preview_says_what_would_be_cut() -> None:
    make_template()
    printer = make_printer(calibration={"tze:12": {"along_mm": 0.0, "across_mm": 4.0}})
    form = {"printer": str(printer.id), "f.name": "Drill", "f.id": "A-1"}
    client = person("manager")
    assert "shifts this label over the edge" in client.post("/print/asset-tag-12/preview", form).content.decode()
    Printer.objects.update(calibration={})
    assert "over the edge" not in client.post("/print/asset-tag-12/preview", form).content.decode()
