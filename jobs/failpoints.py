"""Places where a fault test makes this process die, stop or fail: `FAILPOINTS="before-barrier=kill,acked=stop@3"`.

Actions: kill (SIGKILL), stop (SIGSTOP), raise, hang; `@n` acts at the n-th time only. Costs one look when off.
"""

import os
import signal
import threading
import time
from collections import Counter

POINTS = frozenset(
    {"claimed", "rendered", "connected", "before-barrier", "after-barrier", "sent", "acked", "evidence", "reported"}
)


class FailpointError(Exception):
    """A failpoint was told to raise."""


def _parsed(text: str) -> dict[str, tuple[str, int]]:
    armed: dict[str, tuple[str, int]] = {}
    for entry in filter(None, text.split(",")):
        name, _, rest = entry.strip().partition("=")
        action, _, count = rest.partition("@")
        if name not in POINTS or action not in {"kill", "stop", "raise", "hang"}:
            raise ValueError(f"FAILPOINTS: “{entry}” is no failpoint; there are {', '.join(sorted(POINTS))}")
        armed[name] = action, int(count or 0)
    return armed


_armed = _parsed(os.environ.get("FAILPOINTS", ""))
_hits: Counter[str] = Counter()
_lock = threading.Lock()


def hit(name: str) -> None:
    if _armed and name in _armed:
        _act(name)


def _act(name: str) -> None:
    action, wanted = _armed[name]
    with _lock:
        _hits[name] += 1
        if wanted and _hits[name] != wanted:
            return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "stop":
        # This thread, or it goes on until another one has stopped the process.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    elif action == "hang":
        time.sleep(3600)
    else:
        raise FailpointError(f"the failpoint {name}")
