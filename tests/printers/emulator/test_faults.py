import array
import fcntl
import socket
import termios
import time
from collections.abc import Callable, Iterator

import pytest

from printers.brother_status import parse_block
from printers.emulator import FAULTS, EmulatedPrinter, ber
from printers.emulator.faults import Fault, parse_fault
from printers.raster import Raster
from tests.printers.emulator import snmp_client as snmp
from tests.printers.emulator.streams import PT_START, picture, pt_page, send

LABEL = Raster(picture(64, 70))
JOB = PT_START + pt_page(LABEL)
LONG_JOB = PT_START + pt_page(Raster(picture(7000, 70)))


@pytest.fixture
def printer() -> Iterator[EmulatedPrinter]:
    with EmulatedPrinter("pt-p710bt", "12", speed=0) as printer:
        yield printer


def reasons(printer: EmulatedPrinter) -> tuple[str, ...]:
    block = snmp.get(printer, snmp.BLOCK)
    assert isinstance(block, bytes)
    return parse_block(block).reasons


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def prints(printer: EmulatedPrinter) -> bool:
    """All is well again: a label comes out."""
    before = len(printer.labels)
    send(printer, JOB)
    return len(printer.wait_for_labels(before + 1)) == before + 1


def not_acknowledged(connection: socket.socket) -> int:
    """SIOCOUTQ: what the printer's TCP has not taken."""
    count = array.array("i", [0])
    fcntl.ioctl(connection, termios.TIOCOUTQ, count)
    return count[0]


def test_parse() -> None:
    assert parse_fault("hang") == Fault("hang")
    assert parse_fault("reset") == Fault("reset", number=200)
    assert parse_fault("tape-out=12.5") == Fault("tape-out", number=12.5)
    assert parse_fault("wrong-media=tze:24") == Fault("wrong-media", text="tze:24")


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("cover-opened", "There is no fault called “cover-opened”. Did you mean cover-open?"),
        ("hang=3", "The fault hang takes nothing after “=”."),
        ("tape-out=x", "The fault tape-out takes a number from 0 on, not “x”."),
        ("tape-out=-1", "The fault tape-out takes a number from 0 on, not “-1”."),
        ("slow=nan", "The fault slow takes a number from 0 on, not “nan”."),
        ("snmp-garbage=x", "SNMP garbage is one of truncated, huge, spoofed, random, short, hostile, not “x”."),
    ],
)
def test_unknown_faults(mode: str, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_fault(mode)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_goes_away_again(printer: EmulatedPrinter, name: str) -> None:
    printer.set_fault(name)
    printer.clear_fault(name)
    assert reasons(printer) == ()
    assert printer.medium_key == "tze:12"
    assert prints(printer)


def test_off(printer: EmulatedPrinter) -> None:
    with socket.create_connection((printer.host, printer.port)) as open_before:
        open_before.sendall(JOB[:20])
        eventually(lambda: printer.bytes_read == 20)
        printer.set_fault("off")
        with pytest.raises(ConnectionResetError):
            open_before.recv(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((printer.host, printer.port))
    assert snmp.raw(printer, snmp.request(snmp.MODEL), 0.1) is None
    printer.clear_fault()
    assert prints(printer)


def test_unreachable(printer: EmulatedPrinter) -> None:
    printer.set_fault("unreachable")
    with pytest.raises(TimeoutError):
        socket.create_connection((printer.host, printer.port), timeout=0.3)
    assert snmp.raw(printer, snmp.request(snmp.MODEL), 0.1) is None
    printer.clear_fault()
    assert prints(printer)


def test_refuse(printer: EmulatedPrinter) -> None:
    printer.set_fault("refuse")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((printer.host, printer.port))
    assert snmp.get(printer, snmp.STATUS) == 3
    printer.clear_fault()
    assert prints(printer)


def test_hang_ends_with_the_label_when_it_ends(printer: EmulatedPrinter) -> None:
    printer.set_fault("hang")
    with socket.create_connection((printer.host, printer.port), timeout=5) as connection:
        connection.sendall(JOB)
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert (printer.bytes_read, printer.labels) == (0, [])
        printer.clear_fault("hang")
        printer.wait_for_labels(1)


def test_zero_window(printer: EmulatedPrinter) -> None:
    printer.set_fault("zero-window")
    with socket.create_connection((printer.host, printer.port), timeout=5) as connection:
        connection.setblocking(False)
        connection.send(LONG_JOB)
        time.sleep(0.2)
        assert not_acknowledged(connection) > 50_000
    assert printer.bytes_read == 0


def test_slow(printer: EmulatedPrinter) -> None:
    printer.set_fault("slow=2000")
    begun = time.monotonic()
    send(printer, JOB)
    printer.wait_for_labels(1)
    assert len(JOB) / 4000 < time.monotonic() - begun < 10


def test_reset(printer: EmulatedPrinter) -> None:
    printer.set_fault("reset=100")
    with socket.create_connection((printer.host, printer.port), timeout=5) as connection:
        connection.sendall(JOB)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert printer.labels == []


def test_half_close(printer: EmulatedPrinter) -> None:
    printer.set_fault("half-close")
    with socket.create_connection((printer.host, printer.port), timeout=5) as connection:
        connection.sendall(JOB)
        assert connection.recv(1) == b""
        connection.sendall(JOB)
        eventually(lambda: printer.bytes_read == 2 * len(JOB))
    assert printer.labels == []


def test_cover_open(printer: EmulatedPrinter) -> None:
    printer.set_fault("cover-open")
    block = parse_block(printer.status_block())
    assert (block.error_names, block.width_code, block.media_type_code) == (("cover open",), 0, 0)
    assert snmp.get(printer, snmp.MEDIA_NAME) == b""
    assert snmp.get(printer, snmp.ERRORS) == b"\x08\0"
    assert snmp.get(printer, snmp.DISPLAY) == b"COVER OPEN"
    send(printer, JOB)
    assert printer.wait_for_mishaps(1) == ["not printed: cover open; the rest of this connection is thrown away"]
    assert printer.labels == []
    printer.clear_fault("cover-open")
    assert reasons(printer) == ()
    assert printer.labels == []
    assert prints(printer)


def test_cover_opened_while_printing() -> None:
    with EmulatedPrinter("pt-p710bt", "12", speed=0.5) as printer:
        send(printer, JOB)
        eventually(lambda: printer.printing)
        printer.set_fault("cover-open")
        eventually(lambda: not printer.printing)
        assert printer.labels == []
        printer.clear_fault()
        assert reasons(printer) == ()


def test_a_printer_that_holds_prints_when_the_cover_is_closed() -> None:
    with EmulatedPrinter("pt-p710bt", "12", speed=0, holds=True, fault="cover-open") as printer:
        send(printer, JOB)
        time.sleep(0.1)
        assert printer.labels == []
        printer.clear_fault("cover-open")
        printer.wait_for_labels(1)


def test_tape_out(printer: EmulatedPrinter) -> None:
    """34 mm and a bit of tape a label: one comes out of 50 mm, the other does not."""
    printer.set_fault("tape-out=50")
    send(printer, JOB)
    printer.wait_for_labels(1)
    assert reasons(printer) == ()
    send(printer, JOB)
    printer.wait_for_mishaps(1)
    block = parse_block(printer.status_block())
    assert (block.error_names, block.media_width_mm) == (("end of media",), 12.0)
    assert snmp.get(printer, snmp.ERRORS) == b"\x40\0"
    assert len(printer.labels) == 1
    printer.load("24")
    assert reasons(printer) == ()
    assert parse_block(printer.status_block()).media_width_mm == 24.0


def test_wrong_media(printer: EmulatedPrinter) -> None:
    printer.set_fault("wrong-media=24")
    assert parse_block(printer.status_block()).media_width_mm == 24.0
    assert reasons(printer) == ()
    send(printer, JOB)
    assert printer.wait_for_mishaps(1) == [
        "media 12 mm wide, but 24 mm tape is loaded; the rest of this connection is thrown away"
    ]
    assert reasons(printer) == ("media-needed",)
    printer.clear_fault("wrong-media")
    assert reasons(printer) == ()
    assert prints(printer)


def test_load_closes_the_cover(printer: EmulatedPrinter) -> None:
    printer.set_fault("cover-open")
    printer.load("tze:18")
    assert (printer.medium_key, reasons(printer)) == ("tze:18", ())


@pytest.mark.parametrize(
    ("fault", "reason", "errors"),
    [("no-media", "media-empty", b"\x40\0"), ("jam", "media-jam", b"\x04\0"), ("cover-open", "cover-open", b"\x08\0")],
)
def test_what_snmp_says(printer: EmulatedPrinter, fault: str, reason: str, errors: bytes) -> None:
    printer.set_fault(fault)
    assert reasons(printer) == (reason,)
    assert snmp.get(printer, snmp.ERRORS) == errors
    assert snmp.get(printer, snmp.STATUS) == 1


def test_power_off(printer: EmulatedPrinter) -> None:
    printer.set_fault("power-off")
    assert snmp.get(printer, snmp.STATUS) == 3
    with socket.create_connection((printer.host, printer.port), timeout=5) as connection:
        connection.sendall(JOB)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert snmp.raw(printer, snmp.request(snmp.MODEL), 0.1) is None
    assert printer.labels == []
    printer.clear_fault()
    assert prints(printer)


def test_snmp_off(printer: EmulatedPrinter) -> None:
    printer.set_fault("snmp-off")
    assert snmp.raw(printer, snmp.request(snmp.MODEL), 0.1) is None
    assert prints(printer)


def test_snmp_garbage(printer: EmulatedPrinter) -> None:
    asked = snmp.request(snmp.BLOCK, request_id=7)
    good = snmp.raw(printer, asked)
    assert good is not None

    def garbage(kind: str) -> bytes:
        printer.set_fault(f"snmp-garbage={kind}")
        reply = snmp.raw(printer, asked)
        assert reply is not None
        return reply

    assert garbage("truncated") == good[: len(good) // 2]
    assert len(garbage("huge")) > 60_000
    assert garbage("random") != good
    printer.set_fault("snmp-garbage=short")
    assert snmp.get(printer, snmp.BLOCK) == printer.status_block()[:31]
    printer.set_fault("snmp-garbage=hostile")
    hostile = snmp.get(printer, snmp.DISPLAY)
    assert isinstance(hostile, bytes)
    assert b"<script>" in hostile
    assert ber.integer(7 ^ 0x2A2A) in garbage("spoofed")
    printer.set_fault("snmp-garbage")
    assert len({snmp.raw(printer, asked) for _ in range(6)}) == 6


def test_snmp_lies(printer: EmulatedPrinter) -> None:
    printer.set_fault("snmp-lies")
    printer.set_fault("cover-open")
    assert reasons(printer) == ()
    assert snmp.get(printer, snmp.STATUS) == 3
    assert printer.has_error
