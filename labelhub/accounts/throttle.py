"""How often a token may ask: fixed windows of a minute.

Counted in Redis where the broker is Redis, so all processes share one count; else in the memory of this process, which
is the only one in embedded mode. Several web processes without Redis count each for itself. A process takes a sixtieth
of the minute's requests at a time: Redis is not asked for each of them.
"""

import logging
import threading
import time
from dataclasses import dataclass
from uuid import UUID

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache

from labelhub.accounts.models import ApiToken

log = logging.getLogger(__name__)

WINDOW_S = 60
BLOCKS = 60
LOCAL_FOR_S = 10
MOST_TOKENS = 10_000
_local_until = 0.0


@dataclass
class Block:
    """Requests that this process may let through without asking."""

    window: int
    left: int


_blocks: dict[UUID, Block] = {}
_lock = threading.Lock()


def seconds_to_wait(token: ApiToken) -> int:
    """Count one request; 0 when it may go on, else the seconds until the next window. A limit of 0 is no limit."""
    if token.rate_limit_per_minute == 0:
        return 0
    now = time.time()
    window = int(now // WINDOW_S)
    if _taken_from_block(token.id, window):
        return 0
    size = max(1, token.rate_limit_per_minute // BLOCKS)
    over = _count(f"token-requests:{token.id}:{window}", size) - token.rate_limit_per_minute
    if over >= size:
        return max(1, int(WINDOW_S - now % WINDOW_S))
    _keep_block(token.id, Block(window, size - max(0, over) - 1))
    return 0


def _taken_from_block(token_id: UUID, window: int) -> bool:
    with _lock:
        block = _blocks.get(token_id)
        if block is None or block.window != window or block.left < 1:
            return False
        block.left -= 1
        return True


def _keep_block(token_id: UUID, block: Block) -> None:
    with _lock:
        known = _blocks.get(token_id)
        if known is not None and known.window == block.window:
            known.left += block.left
        else:
            if len(_blocks) >= MOST_TOKENS:
                _blocks.clear()
            _blocks[token_id] = block


def _count(key: str, amount: int) -> int:
    global _local_until
    if time.monotonic() < _local_until:
        return _increment(caches["default"], key, amount)
    try:
        return _increment(caches["rates"], key, amount)
    except Exception as error:
        # A RedisError: the library is not imported for its name, embedded mode saves 4 MB without it. A request must
        # not wait for a broker that is away: this process counts alone for a while.
        log.warning("Requests are counted in this process only: %s", error)
        _local_until = time.monotonic() + LOCAL_FOR_S
        return _increment(caches["default"], key, amount)


def _increment(cache: BaseCache, key: str, amount: int) -> int:
    cache.add(key, 0, timeout=2 * WINDOW_S)
    return cache.incr(key, amount)
