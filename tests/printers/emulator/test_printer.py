import json
from pathlib import Path

from printers.emulator import EmulatedPrinter
from printers.raster import Raster
from tests.printers.emulator.streams import PT_START, picture, pt_page, same, send


def label(lines: int = 60, seed: int = 0) -> Raster:
    return Raster(picture(lines, 70, seed))


def test_it_works(tmp_path: Path) -> None:
    with EmulatedPrinter("PT-P750W", "12", speed=0, out=tmp_path) as printer:
        send(printer, PT_START + pt_page(label()))
        [printed] = printer.wait_for_labels(1)

    assert same(printed.raster.black, label().black)
    assert printed.raster.sha256 == label().sha256
    assert printed.png == tmp_path / "0001.png"
    assert printed.png.read_bytes() == printed.image == label().png
    assert (printed.medium, printed.job, printed.page) == ("tze:12", 1, 1)
    [line] = [json.loads(each) for each in (tmp_path / "labels.jsonl").read_text().splitlines()]
    assert line | {"printed_at": ""} == {
        "label": 1,
        "png": "0001.png",
        "job": 1,
        "page": 1,
        "model": "PT-P750W",
        "medium": "tze:12",
        "cut": "none",
        "length_mm": 8.467,
        "margin_mm": 1.976,
        "tape_mm": 34.918,
        "lines": 60,
        "pins": 70,
        "dpi": [180, 180],
        "mirrored": False,
        "sha256": label().sha256,
        "printed_at": "",
    }
