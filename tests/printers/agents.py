"""SNMP agents for tests: one that can be as odd as devices are, and net-snmp's own."""

import socket
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pyasn1.codec.ber import decoder, encoder  # type: ignore[import-untyped]
from pysnmp.proto import api

from printers.brother_status import build_block
from printers.snmp import oids

PT_BLOCK = build_block(series=0x30, model_code=0x68, width_mm=12, media_type=1, tape_color=1, text_color=8)
# DK-1209, as a QL-820NWB was seen to report it.
DIE_CUT_BLOCK = bytes.fromhex("8020423441300400 00003e0b00000300 001d00").ljust(32, b"\0")

PT: dict[str, bytes | int] = {
    oids.STATUS_BLOCK: PT_BLOCK,
    oids.DEVICE_ID: b"MFG:Brother;CMD:PJL;MDL:PT-P750W;CLS:PRINTER;DES:Brother PT-P750W;",
    oids.DEVICE_DESCR: b"Brother PT-P750W",
    oids.PRINTER_STATUS: 3,
    oids.DETECTED_ERRORS: b"\0",
    oids.MEDIA_NAME: b'12mm(0.47")',
    oids.DISPLAY: b"READY",
    oids.LIFE_COUNT: 17,
    oids.SYS_DESCR: b"Brother NC-18002w, Firmware Ver.1.06",
    oids.SYS_NAME: b"BRW0080927AFBCE",
}
QL: dict[str, bytes | int] = {
    **PT,
    oids.STATUS_BLOCK: DIE_CUT_BLOCK,
    oids.DEVICE_ID: b"MFG:Brother;CMD:PT-CBP;MDL:QL-820NWB;CLS:PRINTER;DES:Brother QL-820NWB;",
    oids.DEVICE_DESCR: b"Brother QL-820NWB",
    oids.MEDIA_NAME: b"62mm x 29mm",
}
SWITCH: dict[str, bytes | int] = {oids.SYS_DESCR: b"ProCurve Switch 2810-24G", oids.SYS_NAME: b"rack-1"}


class Agent:
    """Answers what `values` has. `largest`: OIDs per packet before it says tooBig. `raw`: bytes for every answer."""

    def __init__(
        self,
        values: Mapping[str, bytes | int] = PT,
        *,
        community: bytes = b"public",
        versions: Iterable[int] = (0, 1),
        largest: int = 99,
        delay_s: float = 0.0,
        lose: int = 0,
        raw: bytes | None = None,
        deaf: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.values, self.community, self.versions = dict(values), community, set(versions)
        self.largest, self.delay_s, self.lose, self.raw, self.deaf = largest, delay_s, lose, raw, deaf
        self.asked: list[tuple[int, int]] = []
        self.askers: list[tuple[str, int]] = []
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind((host, port))
        self._sock.settimeout(0.05)
        self.port = int(self._sock.getsockname()[1])
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(2)
        self._sock.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError, ConnectionError):
                question, sender = self._sock.recvfrom(65535)
                self.askers.append(sender)
                answer = self._answer(question)
                if answer is not None:
                    time.sleep(self.delay_s)
                    self._sock.sendto(answer, sender)

    def _answer(self, question: bytes) -> bytes | None:
        version = int(api.decodeMessageVersion(question))
        protocol: Any = api.PROTOCOL_MODULES[version]
        message, _ = decoder.decode(question, asn1Spec=protocol.Message())
        pdu = protocol.apiMessage.get_pdu(message)
        asked = [str(oid) for oid, _ in protocol.apiPDU.get_varbinds(pdu)]
        self.asked.append((version, len(asked)))
        if self.deaf or version not in self.versions:
            return None
        if bytes(protocol.apiMessage.get_community(message)) != self.community:
            return None
        if self.lose > 0:
            self.lose -= 1
            return None
        if self.raw is not None:
            return self.raw
        protocol.apiMessage.set_pdu(message, self._response(protocol, pdu, asked, version))
        return bytes(encoder.encode(message))

    def _response(self, protocol: Any, pdu: Any, asked: list[str], version: int) -> Any:
        response = protocol.apiPDU.get_response(pdu)
        missing = [index for index, oid in enumerate(asked, 1) if oid not in self.values]
        if len(asked) > self.largest:
            protocol.apiPDU.set_error_status(response, 1)
            return response
        if missing and version == 0:
            protocol.apiPDU.set_varbinds(response, protocol.apiPDU.get_varbinds(pdu))
            protocol.apiPDU.set_error_status(response, 2)
            protocol.apiPDU.set_error_index(response, missing[0])
            return response
        protocol.apiPDU.set_varbinds(
            response, [(protocol.ObjectIdentifier(o), self._value(protocol, o)) for o in asked]
        )
        return response

    def _value(self, protocol: Any, oid: str) -> Any:
        value = self.values.get(oid)
        if value is None:
            return protocol.NoSuchObject()
        return protocol.Integer(value) if isinstance(value, int) else protocol.OctetString(value)


class NetSnmp:
    """net-snmp's snmpd, private, on one loopback port, with `values` in the places of its own."""

    def __init__(self, values: Mapping[str, bytes | int], folder: Path, *, community: str = "public") -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        lines = [f"rocommunity {community} 127.0.0.1", "agentSecName labelhub"]
        for oid, value in values.items():
            text = f"integer {value}" if isinstance(value, int) else f"octet_str 0x{value.hex() or '00'}"
            lines.append(f"override -rw .{oid} {text}")
        self._folder = folder
        self._configuration = folder / "snmpd.conf"
        self._configuration.write_text("\n".join(lines) + "\n")

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            ["/usr/sbin/snmpd", "-C", "-c", str(self._configuration), "-f", "-Lo", f"udp:127.0.0.1:{self.port}"],
            env={"MIBS": "", "SNMP_PERSISTENT_DIR": str(self._folder), "HOME": str(self._folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "NET-SNMP version" in line:
                return self
        raise RuntimeError("snmpd did not start")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(5)
        assert self._process.stdout is not None
        self._process.stdout.close()
