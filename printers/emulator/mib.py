"""What the agent says of a device: RFC 1213 system, RFC 2790 hrDevice and hrPrinter, RFC 3805, Brother's own."""

import time
from collections.abc import Callable

from printers.emulator import ber
from printers.emulator.agent import Oid
from printers.emulator.device import Device

RUNNING, DOWN = 2, 5
UNKNOWN_SIZE = -2
SOME_LEFT = -3
IMPRESSIONS = 7


def _text(value: Callable[[Device], str]) -> Callable[[Device], bytes]:
    return lambda device: ber.octets(value(device))


def _number(value: Callable[[Device], int]) -> Callable[[Device], bytes]:
    return lambda device: ber.integer(value(device))


def _block(device: Device) -> bytes:
    return ber.octets(device.block())


def _ieee_1284(device: Device) -> str:
    name = device.model.name
    return f"MFG:Brother;CMD:PJL;MDL:{name};CLS:PRINTER;DES:Brother {name};"


def _up_time(_: Device) -> bytes:
    return ber.integer(int(time.monotonic() * 100) & 0x7FFFFFFF, ber.TIME_TICKS)


ROWS: dict[str, Callable[[Device], bytes]] = {
    "1.3.6.1.2.1.1.1.0": _text(lambda d: f"Brother {d.model.name}, emulated"),
    "1.3.6.1.2.1.1.2.0": lambda _: ber.oid((1, 3, 6, 1, 4, 1, 2435, 2, 3, 9, 1)),
    "1.3.6.1.2.1.1.3.0": _up_time,
    "1.3.6.1.2.1.1.4.0": _text(lambda _: ""),
    "1.3.6.1.2.1.1.5.0": _text(lambda d: f"BRW{d.model.name.replace('-', '')}"),
    "1.3.6.1.2.1.1.6.0": _text(lambda _: ""),
    "1.3.6.1.2.1.25.3.2.1.3.1": _text(lambda d: f"Brother {d.model.name}"),
    "1.3.6.1.2.1.25.3.2.1.5.1": _number(lambda d: DOWN if d.has_error else RUNNING),
    "1.3.6.1.2.1.25.3.5.1.1.1": _number(lambda d: d.printer_status),
    "1.3.6.1.2.1.25.3.5.1.2.1": lambda d: ber.octets(d.detected_errors),
    "1.3.6.1.2.1.43.8.2.1.5.1.1": _number(lambda _: UNKNOWN_SIZE),
    "1.3.6.1.2.1.43.8.2.1.7.1.1": _number(lambda _: UNKNOWN_SIZE),
    "1.3.6.1.2.1.43.8.2.1.10.1.1": _number(lambda d: 0 if d.error1 & 0x03 else SOME_LEFT),
    "1.3.6.1.2.1.43.8.2.1.12.1.1": _text(lambda d: d.media_name),
    "1.3.6.1.2.1.43.10.2.1.3.1.1": _number(lambda _: IMPRESSIONS),
    "1.3.6.1.2.1.43.10.2.1.4.1.1": lambda d: ber.integer(d.life_count, ber.COUNTER32),
    "1.3.6.1.2.1.43.16.5.1.2.1.1": _text(lambda d: d.display),
    "1.3.6.1.4.1.2435.2.3.9.1.1.7.0": _text(_ieee_1284),
    "1.3.6.1.4.1.2435.3.3.9.1.6.1.0": _block,
}

_VALUES = {tuple(int(arc) for arc in oid.split(".")): value for oid, value in ROWS.items()}
_OIDS = sorted(_VALUES)


class DeviceMib:
    oids = _OIDS

    def __init__(self, device: Device) -> None:
        self._device = device

    def value(self, oid: Oid) -> bytes | None:
        row = _VALUES.get(oid)
        if row is None:
            return None
        device = self._device
        if "snmp-lies" in device.faults:
            device = Device(device.model, device.in_it)
        return row(device)
