"""Reads GetResponse messages of SNMP v1 and v2c (RFC 1157, RFC 3416; X.690 basic encoding).

pyasn1, which pysnmp reads with, takes 1.4 ms for the ten values of one printer; a sweep asks a thousand printers.
Only definite lengths are read: nobody sends others, and they are what hostile bytes nest without end.
"""

from dataclasses import dataclass
from functools import lru_cache

Value = bytes | int

SEQUENCE, INTEGER, OCTETS, NULL, OID, RESPONSE = 0x30, 0x02, 0x04, 0x05, 0x06, 0xA2
COUNTER, GAUGE, TICKS, COUNTER_64 = 0x41, 0x42, 0x43, 0x46
NUMBERS = frozenset({INTEGER, COUNTER, GAUGE, TICKS, COUNTER_64})


class Unreadable(ValueError):
    """These bytes are no answer to a question of ours."""


@dataclass(frozen=True, slots=True)
class Response:
    """`values` by encoded OID; null, noSuchObject and kinds of value that no printer fact has are left out."""

    version: int
    request_id: int
    error_status: int
    error_index: int
    values: dict[bytes, Value]


def read_response(message: bytes) -> Response:
    """Raises Unreadable."""
    content, rest = _take(message, 0, SEQUENCE)
    if rest != len(message):
        raise Unreadable("bytes after the end")
    version, at = _number(content, 0)
    _community, at = _take(content, at, OCTETS)
    pdu, at = _take(content, at, RESPONSE)
    request_id, at = _number(pdu, 0)
    status, at = _number(pdu, at)
    index, at = _number(pdu, at)
    bindings, at = _take(pdu, at, SEQUENCE)
    values: dict[bytes, Value] = {}
    at = 0
    while at < len(bindings):
        binding, at = _take(bindings, at, SEQUENCE)
        name, start = _take(binding, 0, OID)
        tag, value, _end = _element(binding, start)
        if tag == OCTETS:
            values[name] = value
        elif tag in NUMBERS:
            values[name] = _integer(value)
    return Response(version, request_id, status, index, values)


@lru_cache(maxsize=512)
def encoded_oid(text: str) -> bytes:
    """The content octets of a numeric OID."""
    first, second, *rest = (int(part) for part in text.split("."))
    content = bytearray()
    for number in (first * 40 + second, *rest):
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.append(number & 0x7F | 0x80)
        content += bytes(reversed(septets))
    return bytes(content)


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    """(tag, content, where the next one begins)."""
    try:
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            octets = length & 0x7F
            if not 0 < octets <= 4 or at + octets > len(data):
                raise Unreadable("a length that no answer has")
            length = int.from_bytes(data[at : at + octets], "big")
            at += octets
    except IndexError:
        raise Unreadable("it ends too early") from None
    if at + length > len(data):
        raise Unreadable("it ends too early")
    return tag, data[at : at + length], at + length


def _take(data: bytes, at: int, wanted: int) -> tuple[bytes, int]:
    tag, content, end = _element(data, at)
    if tag != wanted:
        raise Unreadable(f"{tag:02x} where {wanted:02x} belongs")
    return content, end


def _number(data: bytes, at: int) -> tuple[int, int]:
    content, end = _take(data, at, INTEGER)
    return _integer(content), end


def _integer(content: bytes) -> int:
    if not 0 < len(content) <= 9:
        raise Unreadable("a number of no or too many bytes")
    return int.from_bytes(content, "big", signed=True)
