import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder  # type: ignore[import-untyped]
from pyasn1.type import univ  # type: ignore[import-untyped]

from printers.emulator import ber


@given(st.integers(-(2**31), 2**32 - 1))
def test_integers_are_those_of_pyasn1(value: int) -> None:
    encoded = ber.integer(value)
    assert int(decoder.decode(encoded)[0]) == value
    assert ber.read_integer(encoder.encode(univ.Integer(value)), 0)[0] == value


@given(st.binary(max_size=70_000))
def test_octets_are_those_of_pyasn1(value: bytes) -> None:
    encoded = ber.octets(value)
    assert bytes(decoder.decode(encoded)[0]) == value
    assert ber.expect(encoded, 0, ber.OCTETS) == (value, len(encoded))


@given(st.lists(st.integers(0, 2**32 - 1), max_size=40), st.sampled_from([(1, 3), (0, 39), (1, 0)]))
def test_oids_are_those_of_pyasn1(rest: list[int], start: tuple[int, int]) -> None:
    arcs = (*start, *rest)
    encoded = ber.oid(arcs)
    assert encoded == encoder.encode(univ.ObjectIdentifier(arcs))
    assert ber.read_oid(ber.expect(encoded, 0, ber.OID)[0]) == arcs


@pytest.mark.parametrize(
    "data", ["", "02", "02 05 00", "02 80 00 00", "02 85 00 00 00 00 01 00", "02 84 ff ff ff ff 00"]
)
def test_what_breaks_off_is_no_value(data: str) -> None:
    with pytest.raises(ValueError):
        ber.read(bytes.fromhex(data), 0)


@pytest.mark.parametrize("content", [b"", b"\x2b\x86", b"\x2b" * 700, b"\xff" * 9 + b"\x01"])
def test_broken_oids(content: bytes) -> None:
    with pytest.raises(ValueError):
        ber.read_oid(content)
