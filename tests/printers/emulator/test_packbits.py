import contextlib

import packbits  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.emulator.packbits import unpack


@pytest.mark.parametrize(
    ("packed", "unpacked"),
    [
        ("02 01 02 03", "01 02 03"),
        ("fd 07", "07 07 07 07"),
        ("fd 07 00 09", "07 07 07 07 09"),
        ("80 80 00 09", "09"),
    ],
)
def test_it_works(packed: str, unpacked: str) -> None:
    wanted = bytes.fromhex(unpacked)
    assert unpack(bytes.fromhex(packed), len(wanted)) == wanted


@given(st.lists(st.sampled_from([b"\0", b"\xff", b"ab"]), min_size=1, max_size=300).map(b"".join))
def test_unpacks_what_another_encoder_packed(data: bytes) -> None:
    assert unpack(packbits.encode(data), len(data)) == data


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        ("02 01 02", "a run of 3 bytes breaks off after 2"),
        ("fd", "a repeat has no byte to repeat"),
        ("f0 00", "it unpacks to more than 4 bytes"),
        ("00 01", "it unpacks to 1 bytes instead of 4"),
        ("", "it unpacks to 0 bytes instead of 4"),
    ],
)
def test_refuses_what_does_not_make_a_line(packed: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        unpack(bytes.fromhex(packed), 4)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_line_or_an_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert len(unpack(data, 90)) == 90
