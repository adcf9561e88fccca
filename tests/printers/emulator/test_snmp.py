import os
import shutil
import socket
import subprocess
import threading
import time

import pytest

from printers.brother_status import parse_block
from printers.emulator import EmulatedPrinter
from printers.emulator.loop import SHARED
from printers.emulator.mib import ROWS
from printers.raster import Raster
from tests.printers.emulator import snmp_client as snmp
from tests.printers.emulator.streams import PT_START, picture, pt_page, send

LABEL = Raster(picture(120, 70))


def test_it_works() -> None:
    with EmulatedPrinter("pt-p750w", "12") as printer:
        block = snmp.get(printer, snmp.BLOCK)
        assert isinstance(block, bytes)
        assert block == printer.status_block()
        parsed = parse_block(block)
        assert (parsed.model_key, parsed.media_width_mm, parsed.media_type) == ("pt-p750w", 12.0, "laminated")
        assert (parsed.tape_color, parsed.text_color) == ("white", "black")
        assert snmp.get(printer, snmp.IEEE_1284) == (
            b"MFG:Brother;CMD:PJL;MDL:PT-P750W;CLS:PRINTER;DES:Brother PT-P750W;"
        )
        assert snmp.get(printer, snmp.MODEL) == b"Brother PT-P750W"
        assert snmp.get(printer, snmp.STATUS) == 3
        assert snmp.get(printer, snmp.ERRORS) == b"\0\0"
        assert snmp.get(printer, snmp.MEDIA_NAME) == b'12mm(0.47")'
        assert snmp.get(printer, snmp.DISPLAY) == b"READY"
        assert snmp.get(printer, snmp.LIFE_COUNT) == 0


@pytest.mark.parametrize(
    ("model", "medium", "name", "width", "length", "kind"),
    [
        ("pt-p750w", "3.5", b'3.5mm(0.14")', 3.5, 0, "laminated"),
        ("pt-p900w", "hse:5.8", b'5.8mm(0.23")', 5.8, 0, "heat-shrink 2:1"),
        ("ql-820nwb", "62x29", b"62mm x 29mm", 62, 29, "die-cut"),
        ("ql-710w", "62", b"62mm", 62, 0, "continuous"),
        ("ql-820nwb", "dk:62red", b"62mm", 62, 0, "continuous"),
    ],
)
def test_media(model: str, medium: str, name: bytes, width: float, length: float, kind: str) -> None:
    with EmulatedPrinter(model, medium, port=None) as printer:
        assert snmp.get(printer, snmp.MEDIA_NAME) == name
        block = parse_block(printer.status_block())
    assert (block.media_width_mm, block.media_length_mm, block.media_type) == (width, length, kind)
    assert block.text_color == ("black/red" if medium == "dk:62red" else "black" if model.startswith("pt") else "")


def test_colours_can_be_chosen() -> None:
    printer = EmulatedPrinter("pt-p750w", "12", tape_color="yellow", text_color="red")
    block = parse_block(printer.status_block())
    assert (block.tape_color, block.text_color) == ("yellow", "red")
    with pytest.raises(ValueError, match="No tape has the colour “plaid”"):
        EmulatedPrinter("pt-p750w", "12", tape_color="plaid")


def test_die_cut_of_a_ql_820_has_the_codes_that_were_seen_over_snmp() -> None:
    printer = EmulatedPrinter("ql-820nwb", "62x29")
    assert printer.status_block()[:18].hex(" ") == "80 20 42 34 41 30 04 00 00 00 3e 0b 00 00 03 00 00 1d"


def test_idle_printing_idle_at_the_speed_of_the_model() -> None:
    """43 mm and a bit of tape at 30 mm/s; the PNG is there before the printer says that it is idle."""
    with EmulatedPrinter("pt-p750w", "12", speed=4.0) as printer:
        seen = [snmp.get(printer, snmp.STATUS)]
        begun = time.monotonic()
        sending = threading.Thread(target=send, args=(printer, PT_START + pt_page(LABEL)))
        sending.start()
        idle_with_label = None
        while time.monotonic() < begun + 5 and idle_with_label is None:
            state = snmp.get(printer, snmp.STATUS)
            if state != seen[-1]:
                seen.append(state)
                if state == 3:
                    idle_with_label = len(printer.labels)
        took = time.monotonic() - begun
        sending.join()
        assert seen == [3, 4, 3]
        assert idle_with_label == 1
        assert snmp.get(printer, snmp.LIFE_COUNT) == 1
        assert took == pytest.approx(printer.labels[0].tape_mm / 30 / 4, rel=0.3)


def test_at_once_has_a_printing_phase_still() -> None:
    with EmulatedPrinter("pt-p750w", "12", speed=0, min_phase_s=0.2) as printer:
        send(printer, PT_START + pt_page(LABEL), wait=False)
        begun = time.monotonic()
        states: set[object] = set()
        while time.monotonic() < begun + 0.5:
            states.add(snmp.get(printer, snmp.STATUS))
            states.add(parse_block(printer.status_block()).phase)
    assert states == {3, 4, "receiving", "printing"}


def test_silent_to_a_wrong_community() -> None:
    with EmulatedPrinter("pt-p750w", "12", community="secret") as printer:
        assert snmp.raw(printer, snmp.request(snmp.MODEL), 0.2) is None
        assert snmp.raw(printer, snmp.request(snmp.MODEL, community="secret")) is not None


def test_many_printers_share_one_thread() -> None:
    before = threading.active_count()
    printers = [EmulatedPrinter("ql-820nwb", "62", port=None) for _ in range(200)]
    try:
        for printer in printers:
            printer.start()
        assert threading.active_count() <= before + 1
        assert {snmp.get(printer, snmp.MODEL) for printer in printers[::50]} == {b"Brother QL-820NWB"}
    finally:
        for printer in printers:
            printer.stop()
    assert threading.active_count() <= before


def net_snmp(tool: str, printer: EmulatedPrinter, *arguments: str, version: str = "2c") -> str:
    if shutil.which(tool) is None:
        if os.environ.get("LABELHUB_TEST_SERVICES") == "1":
            pytest.fail(f"{tool} is not installed")
        pytest.skip(f"{tool} is not installed")
    address = f"{printer.host}:{printer.snmp_port}"
    command = [tool, f"-v{version}", "-c", "public", "-t", "2", "-r", "0", "-On", address, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=os.environ | {"MIBS": ""})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.services
@pytest.mark.parametrize("version", ["1", "2c"])
def test_net_snmp_reads_every_value(version: str) -> None:
    with EmulatedPrinter("ql-820nwb", "62x29") as printer:
        read = net_snmp("snmpget", printer, snmp.BLOCK, snmp.MEDIA_NAME, snmp.STATUS, version=version).splitlines()
        block = bytes.fromhex(read[0].partition("Hex-STRING: ")[2] + "".join(read[1:-2]))
        walked = net_snmp("snmpwalk", printer, "1.3", version=version)
        assert block == printer.status_block()
    assert read[-2:] == [
        '.1.3.6.1.2.1.43.8.2.1.12.1.1 = STRING: "62mm x 29mm"',
        ".1.3.6.1.2.1.25.3.5.1.1.1 = INTEGER: 3",
    ]
    values = [line for line in walked.splitlines() if line.startswith(".1.") and "No more variables" not in line]
    assert [line.split(" = ")[0] for line in values] == [
        f".{oid}" for oid in sorted(ROWS, key=lambda oid: [int(arc) for arc in oid.split(".")])
    ]


@pytest.mark.services
def test_net_snmp_walks_in_bulk() -> None:
    with EmulatedPrinter("pt-p750w", "12") as printer:
        walked = net_snmp("snmpbulkwalk", printer, "1.3.6.1.2.1.25")
    assert walked.splitlines() == [
        '.1.3.6.1.2.1.25.3.2.1.3.1 = STRING: "Brother PT-P750W"',
        ".1.3.6.1.2.1.25.3.2.1.5.1 = INTEGER: 2",
        ".1.3.6.1.2.1.25.3.5.1.1.1 = INTEGER: 3",
        ".1.3.6.1.2.1.25.3.5.1.2.1 = Hex-STRING: 00 00 ",
    ]


def test_what_came_before_a_question_is_printed_before_the_answer() -> None:
    """Also where the printer, which is busy, finds both at once."""
    with (
        EmulatedPrinter("pt-p750w", "12", speed=0, min_phase_s=0) as printer,
        socket.create_connection(("127.0.0.1", printer.port)) as connection,
    ):
        connection.sendall(PT_START + pt_page(LABEL, end=b"\x0c"))
        printer.wait_for_labels(1)
        for count in range(2, 6):
            busy = threading.Thread(target=SHARED.call, args=(lambda: time.sleep(0.1),))
            busy.start()
            time.sleep(0.03)
            connection.sendall(pt_page(LABEL, page=1, end=b"\x0c"))
            assert snmp.get(printer, snmp.LIFE_COUNT) == count
            busy.join()
