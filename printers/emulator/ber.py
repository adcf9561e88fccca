"""The little of ASN.1 BER that SNMP v1 and v2c are made of (RFC 1157, RFC 3416)."""

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
COUNTER32, GAUGE32, TIME_TICKS = 0x41, 0x42, 0x43


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value: bytes | str) -> bytes:
    return tlv(OCTETS, value if isinstance(value, bytes) else value.encode())


def oid(value: tuple[int, ...]) -> bytes:
    out = bytearray()
    for arc in (value[0] * 40 + value[1], *value[2:]):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        out += bytes(reversed(septets))
    return tlv(OID, bytes(out))


def read(data: bytes, start: int) -> tuple[int, bytes, int]:
    """Tag, content and end of the value at `start`; raises ValueError where there is no whole one."""
    if start + 2 > len(data):
        raise ValueError("no value")
    tag, size = data[start], data[start + 1]
    body = start + 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("length of a length")
        size = int.from_bytes(data[body : body + count], "big")
        body += count
    if body + size > len(data):
        raise ValueError("value breaks off")
    return tag, data[body : body + size], body + size


def expect(data: bytes, start: int, tag: int) -> tuple[bytes, int]:
    seen, content, end = read(data, start)
    if seen != tag:
        raise ValueError(f"tag {seen:02x} instead of {tag:02x}")
    return content, end


def read_integer(data: bytes, start: int) -> tuple[int, int]:
    content, end = expect(data, start, INTEGER)
    if not 1 <= len(content) <= 8:
        raise ValueError("size of an integer")
    return int.from_bytes(content, "big", signed=True), end


def read_oid(content: bytes) -> tuple[int, ...]:
    """The arcs of an OID's content; raises ValueError for an empty or broken one, or one of more than 128 arcs."""
    if not content or content[-1] & 0x80 or len(content) > 640:
        raise ValueError("OID")
    arcs, arc = [], 0
    for byte in content:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    if len(arcs) > 127 or any(arc > 0xFFFFFFFF for arc in arcs):
        raise ValueError("OID")
    first = min(arcs[0] // 40, 2)
    return (first, arcs[0] - 40 * first, *arcs[1:])
