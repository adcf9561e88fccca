import numpy as np
import packbits  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from printers.drivers.raster_lines import SIZE, encoded, head_lines, packed, plain
from printers.raster import Bytes
from tests.printers.drivers.oracles import feed_view

WIDTHS = (16, 70, 90, 127, 128, 129, 162, 256, 300, 400)
# Stretches of one byte or of changing ones; their lengths surround every limit of the format.
STRETCH = st.tuples(
    st.sampled_from([1, 2, 3, 5, 40, 126, 127, 128, 129, 130, 162, 255]),
    st.booleans(),
    st.binary(min_size=1, max_size=3),
)


def line_of(stretches: list[tuple[int, bool, bytes]], width: int) -> bytes:
    line = b""
    for length, same, some in stretches:
        line += some[:1] * length if same else bytes((some[0] + n) % 251 for n in range(length))
    return (line + bytes(width))[:width]


def as_lines(lines: list[bytes]) -> Bytes:
    return np.frombuffer(b"".join(lines), np.uint8).reshape(len(lines), 1, -1)


@given(
    width=st.sampled_from(WIDTHS), stretches=st.lists(st.lists(STRETCH, min_size=1, max_size=6), min_size=1, max_size=8)
)
def test_lines_are_packed_like_the_packbits_package_does(
    width: int, stretches: list[list[tuple[int, bool, bytes]]]
) -> None:
    lines = [line_of(line, width) for line in stretches]

    stream = packed(as_lines(lines), [(0x67, 0)])

    assert stream == b"".join(b"g\0" + packbits.encode(line) for line in lines)


@given(st.lists(st.binary(min_size=90, max_size=90), min_size=1, max_size=20))
def test_noise_is_packed_like_the_packbits_package_does(lines: list[bytes]) -> None:
    assert packed(as_lines(lines), [()]) == b"".join(packbits.encode(line) for line in lines)


@pytest.mark.parametrize("length", [127, 128, 129, 254, 255, 256, 300])
@pytest.mark.parametrize("tail", [b"", b"\7", b"\7\7"])
@pytest.mark.parametrize("same", [True, False])
def test_long_stretches_are_divided_at_127(length: int, tail: bytes, *, same: bool) -> None:
    line = (b"\1" * length if same else bytes(n % 250 + 1 for n in range(length))) + tail

    assert packed(as_lines([line, line]), [()]) == packbits.encode(line) * 2


def test_heads_stand_before_each_plane() -> None:
    lines = as_lines([b"\1\1\1\1", b"\1\2\3\4", b"\0\0\0\0", b"\1\1\1\1"]).reshape(2, 2, 4)
    heads = [(0x77, 1, SIZE), (0x77, 2, SIZE)]

    assert packed(lines, heads) == b"w\1\2\xfd\1w\2\5\3\1\2\3\4w\1\2\xfd\0w\2\2\xfd\1"
    assert plain(lines, heads) == b"w\1\4\1\1\1\1w\2\4\1\2\3\4w\1\4\0\0\0\0w\2\4\1\1\1\1"


@given(st.lists(st.sampled_from([b"\0\0", b"\0\1", b"\1\0"]), min_size=1, max_size=600))
def test_repeated_lines_are_sent_as_often(lines: list[bytes]) -> None:
    expected = b"".join(packbits.encode(line[:1] * 9) + packbits.encode(line[1:] * 9) for line in lines)

    assert packed(as_lines([line[:1] * 9 + line[1:] * 9 for line in lines]).reshape(-1, 2, 9), [(), ()]) == expected


@given(st.lists(st.sampled_from([bytes(16), b"\1" + bytes(15)]), min_size=1, max_size=12))
def test_empty_lines_shrink_to_their_own_byte(lines: list[bytes]) -> None:
    expected = b"".join(b"G\4\0" + packbits.encode(line) if any(line) else b"Z" for line in lines)

    assert packed(as_lines(lines), [(0x47, SIZE, 0)], b"Z") == expected


@given(
    st.lists(
        st.lists(st.sampled_from([bytes(16), b"\1" + bytes(15), bytes(range(16))]), min_size=1, max_size=700),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_labels_that_follow_one_another_are_encoded_each_by_itself(labels: list[list[bytes]], compress: bool) -> None:
    head, joined = [(0x47, SIZE, 0)], as_lines([line for label in labels for line in label])

    streams = encoded(joined, [len(label) for label in labels], head, b"Z", compress=compress)

    def one(label: list[bytes]) -> bytes:
        return packed(as_lines(label), head, b"Z") if compress else plain(as_lines(label), head)

    assert streams == [one(label) for label in labels]


@pytest.mark.parametrize("lines", [(1, 9, 31), (600, 1500, 3)])
def test_the_lines_of_several_images_follow_one_another(lines: tuple[int, ...]) -> None:
    images = [feed_view(count, 70, seed=count) for count in lines]

    together = head_lines(images, 29, 128)

    assert together.tobytes() == b"".join(head_lines([image], 29, 128).tobytes() for image in images)


@pytest.mark.parametrize(
    ("lines", "pins", "left", "head"),
    [(1, 1, 0, 8), (7, 24, 52, 128), (8, 128, 0, 128), (9, 70, 29, 128), (600, 454, 45, 560), (1001, 696, 12, 720)],
)
def test_each_dot_reaches_its_pin(lines: int, pins: int, left: int, head: int) -> None:
    image = feed_view(lines, pins, seed=lines)
    burnt = np.array(image.get_flattened_data()).reshape(pins, lines) == 0

    bits = np.unpackbits(head_lines([image], left, head), axis=1)

    assert bits.shape == (lines, head)
    assert (burnt == bits[:, left : left + pins].T).all()
    assert not bits[:, :left].any()
    assert not bits[:, left + pins :].any()


def test_one_dot_is_the_highest_bit_of_the_first_line() -> None:
    image = Image.new("1", (3, 8), 255)
    image.putpixel((0, 0), 0)
    image.putpixel((2, 7), 0)

    assert head_lines([image], 0, 16).tobytes() == b"\x80\0\0\0\x01\0"
