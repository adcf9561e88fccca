from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.emulator import agent, ber
from printers.emulator.agent import Oid

V1, V2C = 0, 1
FIRST, SECOND, THIRD = (1, 3, 6, 1, 2, 1, 1), (1, 3, 6, 1, 2, 1, 300), (1, 3, 6, 1, 4, 1, 2435)
VALUES: dict[Oid, bytes] = {FIRST: ber.octets("one"), SECOND: ber.integer(2), THIRD: ber.octets("three")}


class ThreeValues:
    oids: Sequence[Oid] = sorted(VALUES)

    def value(self, oid: Oid) -> bytes | None:
        return VALUES.get(oid)


def ask(
    kind: int, *names: Oid, version: int = V2C, community: bytes = b"public", second: int = 0, third: int = 0
) -> tuple[int, int, int, list[tuple[Oid, bytes]]] | None:
    """Request id, error status, error index and bindings of the answer."""
    listed = b"".join(ber.tlv(ber.SEQUENCE, ber.oid(name) + b"\x05\x00") for name in names)
    pdu = ber.integer(77) + ber.integer(second) + ber.integer(third) + ber.tlv(ber.SEQUENCE, listed)
    message = ber.integer(version) + ber.octets(community) + ber.tlv(kind, pdu)
    reply = agent.answer(ber.tlv(ber.SEQUENCE, message), b"public", ThreeValues())
    return None if reply is None else read(reply)


def read(reply: bytes) -> tuple[int, int, int, list[tuple[Oid, bytes]]]:
    message, _ = ber.expect(reply, 0, ber.SEQUENCE)
    _, end = ber.read_integer(message, 0)
    _, end = ber.expect(message, end, ber.OCTETS)
    pdu, _ = ber.expect(message, end, agent.RESPONSE)
    numbers, end = [], 0
    for _ in range(3):
        number, end = ber.read_integer(pdu, end)
        numbers.append(number)
    listed, _ = ber.expect(pdu, end, ber.SEQUENCE)
    bindings, position = [], 0
    while position < len(listed):
        binding, position = ber.expect(listed, position, ber.SEQUENCE)
        name, end = ber.expect(binding, 0, ber.OID)
        bindings.append((ber.read_oid(name), binding[end:]))
    return numbers[0], numbers[1], numbers[2], bindings


@pytest.mark.parametrize("version", [V1, V2C])
def test_get(version: int) -> None:
    wanted = [(THIRD, ber.octets("three")), (FIRST, ber.octets("one"))]
    assert ask(agent.GET, THIRD, FIRST, version=version) == (77, 0, 0, wanted)


def test_get_of_what_is_not_there() -> None:
    absent = (1, 3, 6, 1, 2, 1, 2)
    assert ask(agent.GET, FIRST, absent) == (77, 0, 0, [(FIRST, ber.octets("one")), (absent, b"\x80\x00")])
    assert ask(agent.GET, FIRST, absent, version=V1) == (77, 2, 2, [(FIRST, b"\x05\x00"), (absent, b"\x05\x00")])


def test_get_next_goes_in_order_and_ends() -> None:
    assert ask(agent.GET_NEXT, (1, 3)) == (77, 0, 0, [(FIRST, ber.octets("one"))])
    assert ask(agent.GET_NEXT, FIRST) == (77, 0, 0, [(SECOND, ber.integer(2))])
    assert ask(agent.GET_NEXT, THIRD) == (77, 0, 0, [(THIRD, b"\x82\x00")])
    assert ask(agent.GET_NEXT, THIRD, version=V1) == (77, 2, 1, [(THIRD, b"\x05\x00")])


def test_get_bulk() -> None:
    answer = ask(agent.GET_BULK, FIRST, (1, 3), second=1, third=2)
    assert answer == (
        77, 0, 0, [(SECOND, ber.integer(2)), (FIRST, ber.octets("one")), (SECOND, ber.integer(2))]
    )  # fmt: skip


def test_get_bulk_stops_at_the_end() -> None:
    answer = ask(agent.GET_BULK, THIRD, third=1_000_000)
    assert answer == (77, 0, 0, [(THIRD, b"\x82\x00")])


@pytest.mark.parametrize(("second", "third"), [(-5, -5), (2**31, 2**31)])
def test_get_bulk_with_absurd_numbers(second: int, third: int) -> None:
    assert ask(agent.GET_BULK, FIRST, second=second, third=third) is not None


def test_nothing_can_be_set() -> None:
    assert ask(agent.SET, FIRST) == (77, agent.NOT_WRITABLE, 1, [(FIRST, b"\x05\x00")])
    assert ask(agent.SET, FIRST, version=V1) == (77, agent.READ_ONLY, 1, [(FIRST, b"\x05\x00")])


def test_silent_to_a_wrong_community() -> None:
    assert ask(agent.GET, FIRST, community=b"private") is None


def test_silent_to_version_3() -> None:
    assert ask(agent.GET, FIRST, version=3) is None


def test_silent_to_bulk_in_version_1() -> None:
    assert ask(agent.GET_BULK, FIRST, version=V1, third=3) is None


@given(st.binary(max_size=200))
def test_any_datagram_is_answered_or_not(data: bytes) -> None:
    agent.answer(data, b"public", ThreeValues())


@given(st.data())
def test_a_bent_request_is_answered_or_not(data: st.DataObject) -> None:
    listed = ber.tlv(ber.SEQUENCE, ber.oid(FIRST) + b"\x05\x00")
    pdu = ber.integer(1) + ber.integer(0) + ber.integer(5) + ber.tlv(ber.SEQUENCE, listed)
    message = ber.integer(V2C) + ber.octets(b"public") + ber.tlv(agent.GET_BULK, pdu)
    request = bytearray(ber.tlv(ber.SEQUENCE, message))
    for _ in range(data.draw(st.integers(1, 4))):
        request[data.draw(st.integers(0, len(request) - 1))] = data.draw(st.integers(0, 255))
    agent.answer(bytes(request), b"public", ThreeValues())
