"""TIFF PackBits, unpacked as strictly as a print engine needs it."""

from functools import lru_cache


# The labels of a batch have most of their raster lines in common.
@lru_cache(maxsize=4096)
def unpack(data: bytes, size: int) -> bytes:
    """The `size` bytes that `data` stands for; raises ValueError if it stands for more, fewer, or breaks off."""
    out = bytearray()
    position, end = 0, len(data)
    while position < end:
        head = data[position]
        if head < 128:
            after = position + 2 + head
            if after > end:
                raise ValueError(f"a run of {head + 1} bytes breaks off after {end - position - 1}")
            out += data[position + 1 : after]
            position = after
        elif head == 128:
            position += 1
        else:
            if position + 1 == end:
                raise ValueError("a repeat has no byte to repeat")
            out += data[position + 1 : position + 2] * (257 - head)
            position += 2
        if len(out) > size:
            raise ValueError(f"it unpacks to more than {size} bytes")
    if len(out) != size:
        raise ValueError(f"it unpacks to {len(out)} bytes instead of {size}")
    return bytes(out)
