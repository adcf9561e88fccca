"""Which characters a font file has: its `cmap` table (OpenType 1.9, formats 4 and 12)."""

import struct
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Coverage:
    """Code points as sorted, disjoint ranges."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    common: frozenset[str]

    def has(self, character: str) -> bool:
        at = bisect_right(self.starts, ord(character)) - 1
        return at >= 0 and ord(character) <= self.ends[at]

    def has_all(self, text: str) -> bool:
        return self.common.issuperset(text) or all(self.has(c) for c in text)


def read_coverage(path: str) -> Coverage:
    """Raises OSError or ValueError for what is no TrueType or OpenType font."""
    return coverage_of(Path(path).read_bytes())


def coverage_of(data: bytes) -> Coverage:
    try:
        ranges = _ranges(data)
    except (struct.error, IndexError) as error:
        raise ValueError(f"this is no font that can be read: {error}") from error
    starts, ends = tuple(r[0] for r in ranges), tuple(r[1] for r in ranges)
    bare = Coverage(starts, ends, frozenset())
    return Coverage(starts, ends, frozenset(c for c in map(chr, range(32, 0x250)) if bare.has(c)))


def _ranges(data: bytes) -> list[tuple[int, int]]:
    # A collection (.ttc) starts with a list of fonts; the first is what FreeType opens too.
    base = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    tables = struct.unpack_from(">H", data, base + 4)[0]
    cmap = None
    for n in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, base + 12 + 16 * n)
        if tag == b"cmap":
            cmap = offset
    if cmap is None:
        raise ValueError("the font has no cmap table")
    found: list[tuple[int, int]] = []
    for n in range(struct.unpack_from(">H", data, cmap + 2)[0]):
        platform, _, offset = struct.unpack_from(">HHI", data, cmap + 4 + 8 * n)
        form = struct.unpack_from(">H", data, cmap + offset)[0]
        if platform in {0, 3} and form == 12:
            found += _groups(data, cmap + offset)
        elif platform in {0, 3} and form == 4:
            found += _segments(data, cmap + offset)
    return _merge(found)


def _groups(data: bytes, at: int) -> list[tuple[int, int]]:
    count = struct.unpack_from(">I", data, at + 12)[0]
    return [struct.unpack_from(">II", data, at + 16 + 12 * n) for n in range(count)]


def _segments(data: bytes, at: int) -> list[tuple[int, int]]:
    count = struct.unpack_from(">H", data, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", data, at + 14)
    starts = struct.unpack_from(f">{count}H", data, at + 16 + 2 * count)
    return [(a, b) for a, b in zip(starts, ends, strict=True) if a != 0xFFFF]


def _merge(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
