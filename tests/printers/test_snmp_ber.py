"""Our reader against pysnmp's writer, and against anything at all."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber import encoder  # type: ignore[import-untyped]
from pysnmp.proto import api

from printers.snmp.ber import Unreadable, encoded_oid, read_response

OIDS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=12).map(lambda rest: "1.3." + ".".join(map(str, rest)))
VALUES = st.one_of(st.binary(max_size=300), st.integers(-(2**31), 2**31 - 1))


def _message(version: int, request_id: int, status: int, index: int, values: dict[str, bytes | int]) -> bytes:
    protocol = api.PROTOCOL_MODULES[version]
    pdu = protocol.GetResponsePDU()
    protocol.apiPDU.set_defaults(pdu)
    protocol.apiPDU.set_request_id(pdu, request_id)
    protocol.apiPDU.set_error_status(pdu, status)
    protocol.apiPDU.set_error_index(pdu, index)
    bindings = [
        (protocol.ObjectIdentifier(oid), protocol.Integer(v) if isinstance(v, int) else protocol.OctetString(v))
        for oid, v in values.items()
    ]
    protocol.apiPDU.set_varbinds(pdu, bindings)
    message = protocol.Message()
    protocol.apiMessage.set_defaults(message)
    protocol.apiMessage.set_community(message, b"public")
    protocol.apiMessage.set_pdu(message, pdu)
    return bytes(encoder.encode(message))


@settings(deadline=None, max_examples=100)
@given(
    version=st.sampled_from([0, 1]),
    request_id=st.integers(1, 2**31 - 1),
    status=st.integers(0, 5),
    index=st.integers(0, 20),
    values=st.dictionaries(OIDS, VALUES, max_size=12),
)
def test_it_reads_what_pysnmp_writes(
    version: int, request_id: int, status: int, index: int, values: dict[str, bytes | int]
) -> None:
    read = read_response(_message(version, request_id, status, index, values))
    assert (read.version, read.request_id, read.error_status, read.error_index) == (version, request_id, status, index)
    assert read.values == {encoded_oid(oid): value for oid, value in values.items()}


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_anything_else_is_unreadable(message: bytes) -> None:
    with pytest.raises(Unreadable):
        read_response(message)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_damaged_answer_never_breaks_the_reader(data: st.DataObject) -> None:
    whole = bytearray(_message(1, 77, 0, 0, {"1.3.6.1.2.1.1.1.0": b"Brother", "1.3.6.1.2.1.25.3.5.1.1.1": 3}))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Unreadable):
        read_response(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


def test_missing_objects_are_left_out() -> None:
    protocol = api.PROTOCOL_MODULES[1]
    whole = _message(1, 7, 0, 0, {"1.3.6.1.2.1.1.1.0": b""})
    for missing in (protocol.NoSuchObject(), protocol.NoSuchInstance(), protocol.EndOfMibView(), protocol.Null("")):
        tag = bytes(encoder.encode(missing))
        assert read_response(whole[:-2] + tag).values == {}


@pytest.mark.parametrize(
    ("oid", "content"),
    [("1.3.6.1.2.1.1.1.0", "2b06010201010100"), ("1.3.6.1.4.1.2435.3", "2b06010401930303"), ("1.3.128", "2b8100")],
)
def test_object_identifiers(oid: str, content: str) -> None:
    assert encoded_oid(oid) == bytes.fromhex(content)
