import os
import threading
import time
from uuid import UUID

_newest = 0
_newest_lock = threading.Lock()


def time_ordered_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): new rows go to the end of every index, in the order in which they are made here.

    The 12 bits behind the milliseconds count (§6.2, method 1): the labels of a batch are listed as they came.
    """
    global _newest
    with _newest_lock:
        _newest = max(_newest + 1, time.time_ns() // 1_000_000 << 12)
        stamp = _newest
    noise = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=(stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0x2 << 62 | noise)
