"""Runs the checks beside the request, so that a database which hangs is an answer and not a hanging probe."""

import logging
import threading
import time

from django.db import DatabaseError, connection

from health.readiness import CHECKS, LIMIT_S, Checked

log = logging.getLogger(__name__)

# What one check may take; for the first of them a connection may have to be made.
CHECK_LIMIT_S = 0.4
LIMITS_S = {"database": 1.0, "broker": LIMIT_S}
WITHOUT_DATABASE = ("printer_runtime", "sse_bus")
# While the broker or a file hangs, the others are not to wait.
LANES = (WITHOUT_DATABASE, tuple(name for name in CHECKS if name not in {*WITHOUT_DATABASE, "broker"}), ("broker",))


class Round:
    """One run over some checks, in order; whoever wants its answers waits for them and watches the limits.

    A check that is over its limit keeps its thread to itself, and the others go on in a new one. Nobody begins it
    again before it has ended: a check that hangs holds one thread, however many probes come.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.found: dict[str, Checked] = {}
        self._left = list(names)
        self._name, self._since = "", 0.0
        self._changed = threading.Condition()
        with self._changed:
            self._go_on()

    @property
    def over(self) -> bool:
        return not self._name

    def wait(self, deadline: float) -> dict[str, Checked]:
        """The answers, at the deadline at the latest."""
        with self._changed:
            while self._name and (now := time.monotonic()) < deadline:
                limit = self._since + LIMITS_S.get(self._name, CHECK_LIMIT_S)
                if now >= limit:
                    self._give_up()
                else:
                    self._changed.wait(min(deadline, limit) - now)
            found = dict(self.found)
            if self._name:
                found[self._name] = _silence(time.monotonic() - self._since)
                found |= dict.fromkeys(self._left, Checked("fail", f"Not reached: {self._name} takes too long."))
            return found

    def _go_on(self) -> None:
        """Begin with the next check, in a thread that takes the others, too."""
        if self._take():
            thread = threading.Thread(target=self._run, args=(self._name,), name=f"health {self._name}", daemon=True)
            _running[self._name] = self._thread = thread
            thread.start()

    def _take(self) -> bool:
        """Make the next check the current one; those that still hang since an earlier round are not begun again."""
        self._name = ""
        while self._left:
            name = self._left.pop(0)
            hanging = _running.get(name)
            if hanging is None or not hanging.is_alive():
                self._name, self._since = name, time.monotonic()
                return True
            self._fail(name, Checked("fail", "It has not answered since an earlier probe."))
        return False

    def _fail(self, name: str, answer: Checked) -> None:
        self.found[name] = answer
        if name == "database":
            # The others of its lane would hang as it does.
            self.found |= dict.fromkeys(self._left, Checked("fail", "The database does not answer."))
            self._left.clear()

    def _give_up(self) -> None:
        self._fail(self._name, _silence(time.monotonic() - self._since))
        self._go_on()

    def _run(self, name: str) -> None:
        me = threading.current_thread()
        try:
            while True:
                answer = _answer(name)
                with self._changed:
                    if self._thread is not me or self._name != name:
                        return
                    self.found[name] = answer
                    del _running[name]
                    taken = self._take()
                    self._changed.notify_all()
                    if not taken:
                        return
                    name = self._name
                    _running[name] = me
        finally:
            connection.close()


_current: dict[tuple[str, ...], Round] = {}
# The thread that each check is in, or was in when it was last begun.
_running: dict[str, threading.Thread] = {}
_lock = threading.Lock()


def run_checks(limit_s: float = LIMIT_S) -> dict[str, Checked]:
    """Every check's answer within the limit, in their order.

    At most one round runs at a time: probes that come while one hangs get what it has, and start no other.
    """
    deadline = time.monotonic() + limit_s
    rounds = [_joined(names) for names in LANES]
    found = {name: answer for each in rounds for name, answer in each.wait(deadline).items()}
    return {name: found[name] for name in CHECKS}


def _joined(names: tuple[str, ...]) -> Round:
    with _lock:
        running = _current.get(names)
        if running is None or running.over:
            running = _current[names] = Round(names)
        return running


def _silence(seconds: float) -> Checked:
    return Checked("fail", f"No answer within {seconds:.1f} s.")


def _answer(name: str) -> Checked:
    try:
        return CHECKS[name]()
    except DatabaseError as error:
        return Checked("fail", "The database does not answer.", private=str(error).strip())
    except Exception as error:
        log.exception("The health check %s failed", name)
        return Checked("fail", "The check itself failed; the log says more.", private=repr(error))
