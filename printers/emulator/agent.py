"""An SNMP agent (v1, v2c) over one device: a request datagram in, the answer or silence out."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from printers.emulator import ber

GET, GET_NEXT, RESPONSE, SET, GET_BULK = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5
V1, V2C = 0, 1
NO_SUCH_OBJECT, END_OF_MIB = b"\x80\x00", b"\x82\x00"
TOO_BIG, NO_SUCH_NAME, READ_ONLY, NOT_WRITABLE = 1, 2, 4, 17
LARGEST_ANSWER = 8192
MOST_BINDINGS = 128
NULL = b"\x05\x00"

Oid = tuple[int, ...]


class Mib(Protocol):
    """What an agent serves: OIDs in order, and the BER value of each, now."""

    @property
    def oids(self) -> Sequence[Oid]: ...

    def value(self, oid: Oid) -> bytes | None: ...


def answer(request: bytes, community: bytes, mib: Mib) -> bytes | None:
    """The response datagram, or None where a device stays silent: wrong community, v3, or not SNMP at all."""
    try:
        message, _ = ber.expect(request, 0, ber.SEQUENCE)
        version, end = ber.read_integer(message, 0)
        given, end = ber.expect(message, end, ber.OCTETS)
        if version not in (V1, V2C) or given != community:
            return None
        kind, pdu, _ = ber.read(message, end)
        request_id, end = ber.read_integer(pdu, 0)
        second, end = ber.read_integer(pdu, end)
        third, end = ber.read_integer(pdu, end)
        listed, _ = ber.expect(pdu, end, ber.SEQUENCE)
        names = _names(listed)
    except ValueError:
        return None
    if kind == GET:
        error, index, bindings = _get(names, mib, version)
    elif kind == GET_NEXT:
        error, index, bindings = _get_next(names, mib, version)
    elif kind == GET_BULK and version == V2C:
        error, index, bindings = 0, 0, _get_bulk(names, mib, non_repeaters=second, repetitions=third)
    elif kind == SET:
        error, index, bindings = (READ_ONLY if version == V1 else NOT_WRITABLE), 1, None
    else:
        return None
    if bindings is None:
        bindings = [(name, NULL) for name in names]
    response = _response(version, community, request_id, error, index, bindings)
    if len(response) > LARGEST_ANSWER:
        return _response(version, community, request_id, TOO_BIG, 0, [])
    return response


# Whoever asks asks for the same again and again, and an OID is the dearest thing to read and to write.
@lru_cache(maxsize=256)
def _names(listed: bytes) -> tuple[Oid, ...]:
    names: list[Oid] = []
    position = 0
    while position < len(listed):
        binding, position = ber.expect(listed, position, ber.SEQUENCE)
        name, _ = ber.expect(binding, 0, ber.OID)
        names.append(ber.read_oid(name))
        if len(names) > MOST_BINDINGS:
            raise ValueError("too many bindings")
    return tuple(names)


Bindings = list[tuple[Oid, bytes]]


def _get(names: Sequence[Oid], mib: Mib, version: int) -> tuple[int, int, Bindings | None]:
    bindings: Bindings = []
    for index, name in enumerate(names, 1):
        value = mib.value(name)
        if value is None:
            if version == V1:
                return NO_SUCH_NAME, index, None
            value = NO_SUCH_OBJECT
        bindings.append((name, value))
    return 0, 0, bindings


def _get_next(names: Sequence[Oid], mib: Mib, version: int) -> tuple[int, int, Bindings | None]:
    bindings: Bindings = []
    for index, name in enumerate(names, 1):
        following = _after(name, mib)
        if following is None:
            if version == V1:
                return NO_SUCH_NAME, index, None
            following = (name, END_OF_MIB)
        bindings.append(following)
    return 0, 0, bindings


def _get_bulk(names: Sequence[Oid], mib: Mib, *, non_repeaters: int, repetitions: int) -> Bindings:
    non_repeaters = min(max(non_repeaters, 0), len(names))
    bindings = [_after(name, mib) or (name, END_OF_MIB) for name in names[:non_repeaters]]
    row = list(names[non_repeaters:])
    # An agent may answer fewer repetitions than asked (RFC 3416 4.2.3).
    room = MOST_BINDINGS - len(bindings)
    for _ in range(min(max(repetitions, 0), room // len(row) if row else 0)):
        following = [_after(name, mib) or (name, END_OF_MIB) for name in row]
        bindings += following
        if all(value == END_OF_MIB for _, value in following):
            break
        row = [name for name, _ in following]
    return bindings


def _after(name: Oid, mib: Mib) -> tuple[Oid, bytes] | None:
    position = bisect_right(mib.oids, name)
    if position == len(mib.oids):
        return None
    following = mib.oids[position]
    return following, mib.value(following) or NULL


def _response(version: int, community: bytes, request_id: int, error: int, index: int, bindings: Bindings) -> bytes:
    listed = b"".join(ber.tlv(ber.SEQUENCE, _encoded(name) + value) for name, value in bindings)
    head = ber.integer(request_id) + ber.integer(error) + ber.integer(index)
    pdu = ber.tlv(RESPONSE, head + ber.tlv(ber.SEQUENCE, listed))
    return ber.tlv(ber.SEQUENCE, ber.integer(version) + ber.octets(community) + pdu)


_encoded = lru_cache(maxsize=512)(ber.oid)
