"""Enough of an SNMP client to read the emulated printer, over a real socket."""

import socket

from printers.emulator import EmulatedPrinter, ber
from printers.emulator.agent import GET

BLOCK = "1.3.6.1.4.1.2435.3.3.9.1.6.1.0"
IEEE_1284 = "1.3.6.1.4.1.2435.2.3.9.1.1.7.0"
MODEL = "1.3.6.1.2.1.25.3.2.1.3.1"
STATUS = "1.3.6.1.2.1.25.3.5.1.1.1"
ERRORS = "1.3.6.1.2.1.25.3.5.1.2.1"
MEDIA_NAME = "1.3.6.1.2.1.43.8.2.1.12.1.1"
DISPLAY = "1.3.6.1.2.1.43.16.5.1.2.1.1"
LIFE_COUNT = "1.3.6.1.2.1.43.10.2.1.4.1.1"


def request(oid: str, *, community: str = "public", request_id: int = 7) -> bytes:
    name = ber.oid(tuple(int(arc) for arc in oid.split(".")))
    listed = ber.tlv(ber.SEQUENCE, ber.tlv(ber.SEQUENCE, name + b"\x05\x00"))
    pdu = ber.integer(request_id) + ber.integer(0) + ber.integer(0) + listed
    return ber.tlv(ber.SEQUENCE, ber.integer(1) + ber.octets(community) + ber.tlv(GET, pdu))


def raw(printer: EmulatedPrinter, datagram: bytes, timeout_s: float = 2.0) -> bytes | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(timeout_s)
        asking.connect((printer.host, printer.snmp_port))
        asking.send(datagram)
        try:
            return asking.recv(65535)
        except TimeoutError:
            return None


def get(printer: EmulatedPrinter, oid: str) -> bytes | int:
    reply = raw(printer, request(oid))
    assert reply is not None
    message, _ = ber.expect(reply, 0, ber.SEQUENCE)
    _, end = ber.read_integer(message, 0)
    _, end = ber.expect(message, end, ber.OCTETS)
    _, pdu, _ = ber.read(message, end)
    end = 0
    for _ in range(3):
        _, end = ber.read_integer(pdu, end)
    listed, _ = ber.expect(pdu, end, ber.SEQUENCE)
    binding, _ = ber.expect(listed, 0, ber.SEQUENCE)
    _, end = ber.expect(binding, 0, ber.OID)
    tag, value, _ = ber.read(binding, end)
    return value if tag == ber.OCTETS else int.from_bytes(value, "big", signed=True)
