"""The UDP side of one device, with the ways in which it can misbehave."""

import asyncio
import random
from itertools import cycle
from typing import cast

from printers.emulator import ber
from printers.emulator.agent import RESPONSE, answer
from printers.emulator.device import Device
from printers.emulator.faults import GARBAGE
from printers.emulator.mib import DeviceMib

SILENT = ("off", "unreachable", "snmp-off")
HUGE = 60_000
# What came by the raw port before a question is printed before that is answered; the loop takes so long to bring bytes
# from there to the engine.
ROUNDS_OF_BYTES = 3
HOSTILE = b'<script>alert("tape")</script>\x00\x1b[31m\xff\xfe' * 40


class SnmpEndpoint(asyncio.DatagramProtocol):
    def __init__(self, device: Device) -> None:
        self._device = device
        self._mib = DeviceMib(device)
        self._transport: asyncio.DatagramTransport | None = None
        self._garbage = cycle(GARBAGE)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._after(ROUNDS_OF_BYTES, data, addr)

    def _after(self, rounds: int, data: bytes, addr: tuple[str, int]) -> None:
        if rounds:
            asyncio.get_running_loop().call_soon(self._after, rounds - 1, data, addr)
        else:
            self._answer(data, addr)

    def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        faults = self._device.faults
        if self._transport is None or any(name in faults for name in SILENT):
            return
        reply = answer(data, self._device.community, self._mib)
        if reply is None:
            return
        if "snmp-garbage" in faults:
            reply = garbled(reply, faults["snmp-garbage"].text or next(self._garbage))
        self._transport.sendto(reply, addr)


def garbled(reply: bytes, kind: str) -> bytes:
    """The answer as a broken or hostile device would give it."""
    if kind == "truncated":
        return reply[: len(reply) // 2]
    if kind == "random":
        return random.randbytes(len(reply))  # noqa: S311 (noise, no secret)
    message, _ = ber.expect(reply, 0, ber.SEQUENCE)
    _, end = ber.read_integer(message, 0)
    _, end = ber.expect(message, end, ber.OCTETS)
    pdu, _ = ber.expect(message, end, RESPONSE)
    request_id, after_id = ber.read_integer(pdu, 0)
    pdu = ber.integer(request_id ^ 0x2A2A) + pdu[after_id:] if kind == "spoofed" else _with_octets(pdu, kind)
    return ber.tlv(ber.SEQUENCE, message[:end] + ber.tlv(RESPONSE, pdu))


def _with_octets(pdu: bytes, kind: str) -> bytes:
    """Every string in the answer replaced: too long by far, one byte short, or hostile."""
    start = 0
    for _ in range(3):
        _, start = ber.read_integer(pdu, start)
    listed, _ = ber.expect(pdu, start, ber.SEQUENCE)
    bindings, position = [], 0
    while position < len(listed):
        binding, position = ber.expect(listed, position, ber.SEQUENCE)
        _, end_of_name = ber.expect(binding, 0, ber.OID)
        tag, value, _ = ber.read(binding, end_of_name)
        if tag == ber.OCTETS:
            value = {"huge": b"A" * HUGE, "short": value[:-1], "hostile": HOSTILE}[kind]
            # More than one huge string is no datagram any more.
            kind = "short" if kind == "huge" else kind
        bindings.append(ber.tlv(ber.SEQUENCE, binding[:end_of_name] + ber.tlv(tag, value)))
    return pdu[:start] + ber.tlv(ber.SEQUENCE, b"".join(bindings))
