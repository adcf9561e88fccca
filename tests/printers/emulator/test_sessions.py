import socket
import threading
import time
from pathlib import Path

import pytest

from printers.emulator import EmulatedPrinter
from printers.raster import Raster
from tests.printers.emulator.streams import PT_START, picture, pt_page, same, send

LABEL = Raster(picture(64, 70))
JOB = PT_START + pt_page(LABEL)


def test_it_works() -> None:
    with EmulatedPrinter("pt-p710bt", "12", speed=0) as printer:
        send(printer, JOB)
        send(printer, JOB)
        labels = printer.wait_for_labels(2)
    assert [(each.number, each.job, each.page, each.cut, each.png) for each in labels] == [
        (1, 1, 1, "full", None),
        (2, 2, 1, "full", None),
    ]
    assert printer.mishaps == []


def test_byte_by_byte() -> None:
    with EmulatedPrinter("pt-p710bt", "12", speed=0) as printer:
        send(printer, *(bytes([byte]) for byte in JOB))
        [label] = printer.wait_for_labels(1)
    assert same(label.raster.black, LABEL.black)


def test_pages_of_one_connection_are_one_job() -> None:
    strip = PT_START + pt_page(LABEL, end=b"\x0c") + pt_page(LABEL, page=2)
    with EmulatedPrinter("pt-p710bt", "12", speed=0) as printer:
        send(printer, strip)
        labels = printer.wait_for_labels(2)
    assert [(each.job, each.page) for each in labels] == [(1, 1), (1, 2)]
    assert [round(each.tape_mm - each.length_mm - 2 * each.margin_mm, 1) for each in labels] == [22.5, 0.0]


def test_a_second_connection_waits_for_the_first() -> None:
    with EmulatedPrinter("pt-p710bt", "12", speed=0) as printer:
        with socket.create_connection((printer.host, printer.port)) as first:
            first.sendall(JOB[:50])
            second = threading.Thread(target=send, args=(printer, JOB))
            second.start()
            time.sleep(0.2)
            assert printer.labels == []
            first.sendall(JOB[50:])
            printer.wait_for_labels(1)
            assert second.is_alive()
        printer.wait_for_labels(2)
        second.join(5)
        assert (printer.connections, printer.most_connections_at_once) == (2, 2)


def test_hangs_up_when_the_sender_does_though_it_still_prints() -> None:
    with EmulatedPrinter("pt-p710bt", "12", speed=0, min_phase_s=0.5) as printer:
        send(printer, JOB)
        assert printer.labels == []
        printer.wait_for_labels(1)


def test_half_a_label_is_not_printed() -> None:
    with EmulatedPrinter("pt-p710bt", "12", speed=0) as printer:
        send(printer, JOB[:-1])
        send(printer, JOB)
        printer.wait_for_labels(1)
        assert printer.mishaps == ["the sender left in the middle of a label; nothing of it is printed"]
        assert len(printer.labels) == 1
        assert not printer.has_error


def test_a_wrong_stream_is_an_error_until_somebody_clears_it() -> None:
    with EmulatedPrinter("pt-p710bt", "12", speed=0) as printer:
        send(printer, PT_START + b"%!PS-Adobe-3.0" + JOB)
        send(printer, JOB)
        assert printer.wait_for_mishaps(2) == [
            "unknown command 25; the rest of this connection is thrown away",
            "not printed: communication error; the rest of this connection is thrown away",
        ]
        assert printer.has_error
        assert printer.labels == []
        printer.clear_fault()
        assert not printer.has_error
        send(printer, JOB)
        printer.wait_for_labels(1)


def test_labels_are_numbered_on_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        with EmulatedPrinter("pt-p710bt", "12", speed=0, out=tmp_path) as printer:
            send(printer, JOB)
            printer.wait_for_labels(1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0001.png", "0002.png", "labels.jsonl"]
    assert len((tmp_path / "labels.jsonl").read_text().splitlines()) == 2


def test_a_folder_that_went_away_is_an_error_not_a_crash(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    with EmulatedPrinter("pt-p710bt", "12", speed=0, out=folder) as printer:
        folder.rmdir()
        send(printer, JOB)
        [mishap] = printer.wait_for_mishaps(1)
        assert "the label cannot be kept" in mishap
        assert printer.has_error
        assert printer.labels == []


def test_a_port_that_is_taken() -> None:
    with EmulatedPrinter("pt-p710bt", "12") as printer:
        other = EmulatedPrinter("pt-p710bt", "12", port=printer.port)
        with pytest.raises(OSError, match="Address already in use"):
            other.start()
        other = EmulatedPrinter("pt-p710bt", "12", snmp_port=printer.snmp_port)
        with pytest.raises(OSError, match="Address already in use"):
            other.start()
        other.stop()


def test_can_be_started_again_on_its_ports() -> None:
    printer = EmulatedPrinter("pt-p710bt", "12", speed=0)
    printer.start()
    ports = printer.port, printer.snmp_port
    printer.stop()
    with printer:
        assert (printer.port, printer.snmp_port) == ports
        send(printer, JOB)
        printer.wait_for_labels(1)


def test_stops_in_the_middle_of_a_label() -> None:
    with EmulatedPrinter("pt-p710bt", "12", speed=0.1) as printer:
        send(printer, JOB)
    assert printer.labels == []
