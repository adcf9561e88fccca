"""One question, one answer, in the thread that asks: for a worker at its printer.

A printing worker asks several times for every label, and the loop of the sweeps costs it two changes of threads each
time. Whatever is not the plain answer (silence, a refusal, an error, version 1, garbage) is left to the loop.
"""

import secrets
import socket
import struct
import threading
import time
from contextlib import suppress
from functools import lru_cache

from printers.errors import AddressRefused
from printers.networks import check_snmp_address, is_literal
from printers.snmp import oids
from printers.snmp.answers import Answer, Target, answer_from
from printers.snmp.ber import INTEGER, NULL, NUMBERS, OCTETS, OID, SEQUENCE, Unreadable, encoded_oid, read_response

GET = 0xA0
V2C, NO_ERROR = 1, 0
LARGEST_DATAGRAM = 8192
# Ids from here on take four bytes.
SMALLEST_ID = 2**24
# Stand for the id and for the counter of a message while it is looked up whether it was read before. Nobody knows MARK
# beforehand: else a forger could put it where the id belongs, and thousands of ids behind it.
MARK, COUNTED = (SMALLEST_ID + secrets.randbits(30)).to_bytes(4, "big"), bytes.fromhex("5a3c5a3c5a3c5a3c")


def ask(target: Target, wanted: tuple[str, ...], patience_s: float) -> Answer | None:
    """None where there was no plain answer; somebody else has to find out why."""
    if not (target.check and is_literal(target.host)):
        return None
    try:
        address = check_snmp_address(target.host, target.port)
        return _asked(address, target.community, wanted, patience_s)
    except (AddressRefused, OSError):
        return None


def _asked(address: tuple[str, int], community: str, wanted: tuple[str, ...], patience_s: float) -> Answer | None:
    until = time.monotonic() + patience_s
    request_id = (SMALLEST_ID + secrets.randbits(30)).to_bytes(4, "big")
    before, after = _question(community, wanted)
    line = _line_to(address)
    # Whatever comes of this, but an answer, the next question begins anew.
    _here.line = None
    line.wait_at_most(patience_s)
    line.sock.send(before + request_id + after)
    while True:
        message = line.sock.recv(LARGEST_DATAGRAM)
        if request_id in message:
            with suppress(Unreadable):
                is_ours, answer = _understood(message.replace(request_id, MARK, 1), wanted)
                if is_ours:
                    _here.line = line
                    return answer
        # It may be a forgery, or come late: the true answer may still come.
        if (left := until - time.monotonic()) <= 0:
            return None
        line.wait_at_most(left)


def _understood(message: bytes, wanted: tuple[str, ...]) -> tuple[bool, Answer | None]:
    """Whether it answers the question MARK, and how; raises Unreadable.

    A printer says the same from label to label, but for the counter, which is the last that it is asked for.
    """
    head, name, counter = message.rpartition(LIFE_COUNT)
    size = len(counter) - 2
    if name and 0 < size <= 8 and counter[0] in NUMBERS and counter[1] == size and counter[2] < 0x80:
        is_ours, answer = _read(head + name + counter[:2] + COUNTED[:size], wanted)
        if answer is not None and answer.life_count == int.from_bytes(COUNTED[:size], "big"):
            return is_ours, answer._replace(life_count=int.from_bytes(counter[2:], "big"))
    return _read(message, wanted)


@lru_cache(maxsize=256)
def _read(message: bytes, wanted: tuple[str, ...]) -> tuple[bool, Answer | None]:
    response = read_response(message)
    is_ours = response.request_id == int.from_bytes(MARK, "big")
    if response.version != V2C or response.error_status != NO_ERROR:
        return is_ours, None
    named = {oid: response.values[name] for oid in wanted if (name := encoded_oid(oid)) in response.values}
    # Where it is from stands only in what is wrong with it, which is told by others.
    answer = answer_from(named, "", version="2c", complete=wanted == oids.ALL)
    tells_no_media = answer.complete and answer.block is None and not answer.media_name
    return is_ours, None if answer.problem or answer.notes or tells_no_media else answer


class _Line:
    """Connected: it hears nobody else, and that nobody listens there."""

    def __init__(self, address: tuple[str, int], sock: socket.socket) -> None:
        self.address = address
        self.sock = sock
        self._patience_s = 0.0

    def wait_at_most(self, seconds: float) -> None:
        # By the kernel: Python would ask it before each packet whether it may, and it may.
        if seconds != self._patience_s:
            self._patience_s = seconds
            whole, micro = divmod(max(1, round(seconds * 1_000_000)), 1_000_000)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", whole, micro))

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


LIFE_COUNT = _element(OID, encoded_oid(oids.LIFE_COUNT))
