"""One question, one answer, in the thread that asks: for a worker at its printer.

A printing worker asks several times for every label, and the loop of the sweeps costs it two changes of threads each
time. Whatever is not the plain answer (silence, a refusal, an error, version 1, garbage) is left to the loop.
"""

import secrets
import socket
import threading
import time
from contextlib import suppress
from functools import lru_cache

from printers.errors import AddressRefused
from printers.networks import check_snmp_address, is_literal
from printers.snmp import oids
from printers.snmp.answers import Answer, Target, answer_from
from printers.snmp.ber import INTEGER, NULL, OCTETS, OID, SEQUENCE, Unreadable, encoded_oid, read_response

GET = 0xA0
V2C, NO_ERROR = 1, 0
LARGEST_DATAGRAM = 8192
# Ids from here on take four bytes.
SMALLEST_ID = 2**24


def ask(target: Target, wanted: tuple[str, ...], patience_s: float) -> Answer | None:
    """None where there was no plain answer; somebody else has to find out why."""
    if not (target.check and is_literal(target.host)):
        return None
    try:
        values = _values(check_snmp_address(target.host, target.port), target.community, wanted, patience_s)
    except (AddressRefused, OSError):
        return None
    if values is None:
        return None
    named = {oid: values[name] for oid in wanted if (name := encoded_oid(oid)) in values}
    answer = answer_from(named, f"{target.host}:{target.port}", version="2c", complete=wanted == oids.ALL)
    tells_no_media = answer.complete and answer.block is None and not answer.media_name
    return None if answer.problem or answer.notes or tells_no_media else answer


def _values(
    address: tuple[str, int], community: str, wanted: tuple[str, ...], patience_s: float
) -> dict[bytes, bytes | int] | None:
    until = time.monotonic() + patience_s
    request_id = SMALLEST_ID + secrets.randbelow(2**31 - SMALLEST_ID)
    before, after = _question(community, wanted)
    line = _line_to(address)
    # Whatever comes of this, but an answer, the next question begins anew.
    _here.line = None
    sock = line.sock
    if sock.gettimeout() != patience_s:
        sock.settimeout(patience_s)
    sock.send(before + request_id.to_bytes(4, "big") + after)
    while True:
        with suppress(Unreadable):
            response = read_response(sock.recv(LARGEST_DATAGRAM))
            if response.request_id == request_id:
                _here.line = line
                plain = response.version == V2C and response.error_status == NO_ERROR
                return response.values if plain else None
        # It may be a forgery, or come late: the true answer may still come.
        if (left := until - time.monotonic()) <= 0:
            return None
        sock.settimeout(left)


class _Line:
    """Connected: it hears nobody else, and that nobody listens there."""

    def __init__(self, address: tuple[str, int], sock: socket.socket) -> None:
        self.address = address
        self.sock = sock

    def __del__(self) -> None:
        self.sock.close()


# To whom this thread spoke last, which while it prints a batch is whom it speaks to next.
_here = threading.local()


def _line_to(address: tuple[str, int]) -> _Line:
    line: _Line | None = getattr(_here, "line", None)
    if line is None or line.address != address:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        line = _Line(address, socket.socket(family, socket.SOCK_DGRAM))
        line.sock.connect(address)
    return line


@lru_cache(maxsize=256)
def _question(community: str, wanted: tuple[str, ...]) -> tuple[bytes, bytes]:
    """A version 2c GetRequest before and after the four bytes of its id."""
    empty = _element(NULL, b"")
    bindings = b"".join(_element(SEQUENCE, _element(OID, encoded_oid(oid)) + empty) for oid in wanted)
    no_error = _element(INTEGER, b"\0") * 2
    after = no_error + _element(SEQUENCE, bindings)
    pdu = _head(GET, 6 + len(after)) + bytes((INTEGER, 4))
    version = _element(INTEGER, bytes((V2C,))) + _element(OCTETS, community.encode())
    before = _head(SEQUENCE, len(version) + len(pdu) + 4 + len(after)) + version + pdu
    return before, after


def _element(tag: int, content: bytes) -> bytes:
    return _head(tag, len(content)) + content


def _head(tag: int, size: int) -> bytes:
    if size < 0x80:
        return bytes((tag, size))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length
