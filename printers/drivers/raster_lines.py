"""Images into raster lines, and raster lines into bytes, for all lines of a label at once, or of several labels.

PackBits as Brother's references have it ("Select compression mode", TIFF): n ≤ 127 is followed by n + 1 bytes as they
are, n ≥ 129 by one byte that stands for 257 - n. Runs and literals are divided where the packbits package divides
them, so that streams can be compared with those of encoders that use it.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from printers.raster import Bytes, dots

Places = NDArray[np.intp]

DIVIDE_AT, LONGEST = 127, 128
BITS = np.array([[0x80], [0x40], [0x20], [0x10], [0x08], [0x04], [0x02], [0x01]], np.uint8)
# Delta swaps that transpose an 8 × 8 bit matrix in a 64-bit word (Hacker's Delight, 7-3).
SWAPS = tuple(
    (np.uint64(distance), np.uint64(mask))
    for distance, mask in ((7, 0x00AA00AA00AA00AA), (14, 0x0000CCCC0000CCCC), (28, 0x00000000F0F0F0F0))
)

# So many lines at a time: what is worked on then stays in the cache, and the allocator keeps its pages.
BLOCK = 256
# What is small is over before it pays to look for less to do: up to so many dots, and bytes of lines for each label.
FEW_DOTS, FEW_BYTES = 128 * 1024, 8 * 1024

SIZE = None
Head = tuple[int | None, ...]


def head_lines(images: Sequence[Image.Image], left: int, pins: int) -> Bytes:
    """The raster lines of feed views (mode "1", 0 burns; all of one height), each of `pins` / 8 bytes: (lines, bytes),
    a set bit burns. Those of one image come behind those of the one before it.

    An image's first row lies under pin `left`, the first pin of a line in the highest bit of its first byte.
    """
    burnt = dots(images[0]) if len(images) == 1 else np.concatenate([dots(image) for image in images], axis=1)
    height, lines = burnt.shape
    if lines * pins <= FEW_DOTS:
        bits = np.zeros((pins // 8, 8, lines), np.uint8)
        np.invert(burnt, out=bits.reshape(pins, lines)[left : left + height])
        bits &= BITS
        return np.ascontiguousarray(np.bitwise_or.reduce(bits, axis=1).T)
    across = np.zeros((pins, (lines + 7) // 8), np.uint8)
    np.invert(np.packbits(burnt, axis=1), out=across[left : left + height])
    return _transposed(across)[:lines]


def _transposed(bits: Bytes) -> Bytes:
    """Rows of bits into columns of bits; both sides are whole bytes."""
    rows = len(bits) // 8
    words = np.ascontiguousarray(bits.reshape(rows, 8, -1)[:, ::-1].transpose(2, 0, 1)).view("<u8")
    for distance, mask in SWAPS:
        swapped = words >> distance
        swapped ^= words
        swapped &= mask
        words ^= swapped
        swapped <<= distance
        words ^= swapped
    return words.view(np.uint8)[..., ::-1].transpose(0, 2, 1).reshape(-1, rows)


def plain(lines: Bytes, heads: Sequence[Head]) -> bytes:
    """Lines as they are, each with its head in front; shapes as for `packed`."""
    count, planes, width = lines.shape
    out = np.empty((count, planes, len(heads[0]) + width), np.uint8)
    for plane, head in enumerate(heads):
        out[:, plane, : len(head)] = [width if value is SIZE else value for value in head]
    out[..., len(heads[0]) :] = lines
    return out.tobytes()


def packed(lines: Bytes, heads: Sequence[Head], empty: bytes | None = None) -> bytes:
    """Lines compressed, each with its head in front: (lines, planes, bytes), and a head for each plane.

    A head is bytes, all heads equally many, with `SIZE` where the size of the compressed line goes. `empty` is the one
    byte that stands for a line without dots, head and all, where there is one plane.
    """
    [stream] = _packed_each(lines, [0, len(lines)], heads, empty)
    return stream


def encoded(
    lines: Bytes, counts: Sequence[int], heads: Sequence[Head], empty: bytes | None = None, *, compress: bool
) -> list[bytes]:
    """`packed`, or `plain`, for labels that follow one another, each by itself: so many lines has each of them."""
    cuts = [0, *accumulate(counts)]
    if compress:
        return _packed_each(lines, cuts, heads, empty)
    return [plain(lines[start:end], heads) for start, end in pairwise(cuts)]


def _packed_each(lines: Bytes, cuts: Sequence[int], heads: Sequence[Head], empty: bytes | None) -> list[bytes]:
    if lines.size <= FEW_BYTES * (len(cuts) - 1):
        stream, begins = _packed(lines, heads, empty)
        ends = [*begins[cuts[:-1]].tolist(), len(stream)]
        return [stream[start:end] for start, end in pairwise(ends)]
    # Labels are made of strokes and modules: most lines are like the one before.
    new = np.empty(len(lines), bool)
    new[0] = True
    np.any(lines[1:] != lines[:-1], axis=(1, 2), out=new[1:])
    distinct = lines[new]
    pieces: list[bytes] = []
    for at in range(0, len(distinct), BLOCK):
        stream, begins = _packed(distinct[at : at + BLOCK], heads, empty)
        pieces += [stream[start:end] for start, end in pairwise([*begins.tolist(), len(stream)])]
    which = (np.cumsum(new) - 1).tolist()
    return [b"".join([pieces[n] for n in which[start:end]]) for start, end in pairwise(cuts)]


def _packed(lines: Bytes, heads: Sequence[Head], empty: bytes | None) -> tuple[bytes, Places]:
    """The stream, and where in it each line begins, with all its planes.

    The bytes are taken apart into items: runs of equal bytes, most of them of one. An item ends in its byte; a length
    comes before it where it is longer, or where it is the first of several of one; a head comes before that. A line
    that `empty` stands for is that byte alone.
    """
    planes, width = lines.shape[1:]
    flat = lines.reshape(-1)
    start = _item_starts(flat, width)
    first = start.searchsorted(np.arange(0, len(flat), width))
    span = _gaps(start, len(flat))
    single = span == 1

    opens = np.ones(len(start), bool)
    np.logical_not(single[1:] & single[:-1], out=opens[1:])
    opens[first] = True
    if width > DIVIDE_AT:
        _divide_literals(opens, single, first)
    opening = opens.nonzero()[0]

    content = flat[start]
    size = opens + np.intp(1)
    size[first] += len(heads[0])
    if empty is not None:
        blank = first[(span[first] == width) & (content[first] == 0)]
        size[blank], content[blank] = 1, ord(empty)
    end = size.cumsum()

    # From the back to the front: what would come before an empty line's byte falls on its neighbours, who then write
    # over it.
    out = np.empty(end[-1] + len(heads[0]), np.uint8)
    at = end[first] - size[first]
    sizes = _gaps(at, end[-1]) - len(heads[0])
    for plane, head in enumerate(heads):
        own = slice(plane, None, planes)
        for n in reversed(range(len(head))):
            out[at[own] + n] = sizes[own] if head[n] is SIZE else head[n]
    length = _gaps(start[opening], len(flat)) - 1
    out[end[opening] - 2] = np.where(single[opening], length, -length)
    out[end - 1] = content
    return out[: end[-1]].tobytes(), at[::planes]


def _gaps(starts: Places, end: int) -> Places:
    """From each start to the next one, or to the end."""
    gaps = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=gaps[:-1])
    gaps[-1] = end - starts[-1]
    return gaps


def _item_starts(flat: Bytes, width: int) -> Places:
    breaks = np.empty(len(flat), bool)
    np.not_equal(flat[1:], flat[:-1], out=breaks[1:])
    breaks[::width] = True
    start = breaks.nonzero()[0]
    while width > LONGEST:
        long = start[_gaps(start, len(flat)) > LONGEST]
        if not len(long):
            break
        breaks[long + DIVIDE_AT] = True
        start = breaks.nonzero()[0]
    return start


def _divide_literals(opens: NDArray[np.bool_], single: NDArray[np.bool_], first: Places) -> None:
    """No literal is longer than 127 bytes; only one at a line's end may have 128."""
    line_ends = np.append(first[1:], len(opens))
    while True:
        opening = np.flatnonzero(opens)
        length = _gaps(opening, len(opens))
        most = np.where(np.isin(opening + length, line_ends), LONGEST, DIVIDE_AT)
        long = opening[single[opening] & (length > most)]
        if not len(long):
            return
        opens[long + DIVIDE_AT] = True
