"""The only socket that prints: TCP to a printer's port 9100, and the evidence of what got there.

`sendall()` returning proves nothing: a label fits into the kernel's buffer. What can be known is how many bytes the
printer's TCP has acknowledged (SIOCOUTQ), and whether it ended the session cleanly after our half-close.
"""

import errno
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fcntl import ioctl
from termios import TIOCOUTQ
from types import TracebackType

from printers.errors import AddressRefused, TransportError
from printers.networks import check_address, is_literal

# Small pieces, and little in the kernel that was not sent yet: what is stopped then really stops.
PIECE_BYTES = 16 * 1024
# Acknowledgements cannot be waited for by poll(); they are looked at this often.
SHORTEST_STEP_S = 0.001
LONGEST_STEP_S = 0.05
# A printer that is awake takes a connection within that.
AT_ONCE_S = 0.02
DARWIN_SO_NWRITE = 0x1024

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Sent:
    """What is known of the bytes of one send(), or after finish() of the whole connection.

    `bytes_total` were asked for, `bytes_written` may have left (0: nothing of it did), `bytes_acked` are in the
    printer. `closed_by_peer`: it ended its side before we ended ours. `reset`: it threw the session away.
    `drained`: it ended its side after ours, so it read everything. `stopped`: `still_mine` said no.
    `error` is a sentence, empty where all went well.
    """

    bytes_total: int = 0
    bytes_written: int = 0
    bytes_acked: int = 0
    closed_by_peer: bool = False
    reset: bool = False
    drained: bool = False
    stopped: bool = False
    error: str = ""

    @property
    def fully_acked(self) -> bool:
        return self.bytes_acked == self.bytes_total and not self.reset


def connect(
    host: str,
    port: int,
    *,
    deadline: float,
    still_mine: Callable[[], bool] | None = None,
    before_wait: Callable[[], None] | None = None,
) -> "Connection":
    """Open the one data connection to a printer.

    `deadline` is an instant of time.monotonic() for everything: looking the name up, connecting, sending, finishing.
    `still_mine` is asked at least every 50 ms; when it says no, not one more byte is written. `before_wait` is called
    where the name has to be looked up, or the printer does not take the connection at once.
    Raises TransportError with `.sent` False.
    """
    shown = f"{host}:{port}"
    left = deadline - time.monotonic()
    if left <= 0:
        raise failure(f"There was no time left to connect to the printer at {shown}.")
    if before_wait is not None and not is_literal(host):
        before_wait()
    try:
        address = check_address(host, port, timeout_s=left)
    except AddressRefused as e:
        raise failure(e.detail, code=e.code) from e
    try:
        sock = _connected(address, deadline, before_wait)
    except ConnectionRefusedError as e:
        raise failure(
            f"The printer at {shown} refused the connection. It may be busy with another computer's print; "
            "if it stays so, check that raw printing (port 9100) is switched on in its network settings."
        ) from e
    except TimeoutError as e:
        raise failure(
            f"The printer at {shown} did not answer in {left:.0f} s. It may be switched off or asleep."
        ) from e
    except OSError as e:
        raise failure(f"The printer at {shown} cannot be reached: {e.strerror or e}.") from e
    return Connection(sock, shown, deadline, still_mine)


def _connected(address: tuple[str, int], deadline: float, before_wait: Callable[[], None] | None) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        code = sock.connect_ex(address)
        if code == errno.EINPROGRESS:
            if not _ready(sock, select.POLLOUT, min(AT_ONCE_S, max(deadline - time.monotonic(), 0.001))):
                if before_wait is not None:
                    before_wait()
                if not _ready(sock, select.POLLOUT, max(deadline - time.monotonic(), 0.001)):
                    raise TimeoutError
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
    except BaseException:
        sock.close()
        raise
    return sock


def failure(detail: str, *, sent: bool = False, code: str = TransportError.code) -> TransportError:
    error = TransportError(detail)
    error.sent = sent
    error.code = code
    return error


class Connection:
    """One session with a printer. Nothing is ever sent twice, and after an error nothing more is sent at all."""

    def __init__(self, sock: socket.socket, shown: str, deadline: float, still_mine: Callable[[], bool] | None) -> None:
        self.deadline = deadline
        self._sock = sock
        self._shown = shown
        self._still_mine = still_mine
        self._state = Sent()
        self._half_closed = False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, PIECE_BYTES)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def sent(self) -> Sent:
        """The whole connection so far."""
        return self._state

    @property
    def ended(self) -> bool:
        """Whether we have ended our side."""
        return self._half_closed

    def send(self, data: bytes, *, on_progress: Progress | None = None) -> Sent:
        """Write `data` and wait until the printer's TCP has all of it; call it once per label to know about each.

        Returns what is known of these bytes alone; a failure after the connection's first byte is in `.error`, and
        every later send() writes nothing. Raises TransportError (`.sent` False) while no byte ever left.
        `on_progress(acked, total)` hears of every step; an exception from it stops the sending.
        """
        before = self._state
        self._state = replace(before, bytes_total=before.bytes_total + len(data))
        view = memoryview(data)
        step = SHORTEST_STEP_S
        acked = -1
        while not self._state.error:
            self._look()
            here = self._part(before, len(data))
            if here.bytes_acked != acked:
                acked, step = here.bytes_acked, SHORTEST_STEP_S
                if on_progress is not None:
                    on_progress(acked, len(data))
            if self._state.error or (here.bytes_acked == len(data)):
                break
            if self._must_stop():
                break
            if len(view) and self._state.closed_by_peer:
                self._fail("The printer ended the session")
                break
            written = self._write(view)
            view = view[written:]
            if not written:
                self._wait(step, writing=bool(len(view)))
                step = min(step * 2, LONGEST_STEP_S)
        if self._state.error and not self._state.bytes_written:
            raise failure(self._state.error)
        return self._part(before, len(data))

    def end(self) -> None:
        """End our side; what the printer does then is told by `look`. Call it when all is acknowledged."""
        if not self._state.error:
            self._look()
            self._half_close()

    def look(self, wait_s: float = 0.0) -> Sent:
        """What is known of the whole connection, after at most so long a wait for news of the printer's side."""
        if not (self._state.drained or self._state.error) and self._sock.fileno() >= 0:
            self._look()
            if wait_s and not (self._state.drained or self._state.error):
                if self._state.closed_by_peer:
                    time.sleep(wait_s)
                else:
                    _ready(self._sock, select.POLLIN, wait_s)
                self._look()
        elif wait_s:
            time.sleep(wait_s)
        return self._state

    def finish(self, *, drain_s: float | None = None) -> Sent:
        """Wait for the last acknowledgement, end our side, and read until the printer ends its own.

        `drain_s` bounds that last wait; the deadline bounds all of it. Never raises. A printer that keeps its side
        open is no error: everything arrived, but `drained` stays False.
        """
        step = SHORTEST_STEP_S
        while not self._state.error:
            self._look()
            if self._state.error or self._state.bytes_acked == self._state.bytes_written or self._must_stop():
                break
            self._wait(step, writing=False)
            step = min(step * 2, LONGEST_STEP_S)
        if not self._state.error:
            self._half_close()
            end = self.deadline if drain_s is None else min(self.deadline, time.monotonic() + drain_s)
            while not (self._state.drained or self._state.closed_by_peer or self._state.error):
                self._look()
                if time.monotonic() >= end or not self._mine():
                    break
                self._wait(LONGEST_STEP_S, writing=False)
        self.close()
        return self._state

    def close(self) -> None:
        """End our side and let go. What the kernel still holds it goes on delivering: nothing is thrown away."""
        if self._sock.fileno() < 0:
            return
        # Closing with unread bytes in the buffer would reset the session under the printer's hands.
        self._half_close()
        self._read()
        self._sock.close()

    def _part(self, before: Sent, size: int) -> Sent:
        """The running totals without what earlier calls had sent; they ended fully acknowledged or in an error."""
        return replace(
            self._state,
            bytes_total=size,
            bytes_written=self._state.bytes_written - before.bytes_written,
            bytes_acked=max(0, self._state.bytes_acked - before.bytes_written),
        )

    def _must_stop(self) -> bool:
        if not self._mine():
            self._state = replace(self._state, stopped=True)
            self._fail("Sending was stopped because this worker's turn at the printer ended")
            return True
        if time.monotonic() >= self.deadline:
            self._fail("The printer stopped taking data before the time for sending was over")
            return True
        return False

    def _mine(self) -> bool:
        return self._still_mine is None or self._still_mine()

    def _fail(self, reason: str, **known: bool) -> None:
        state = self._state
        tail = f"; {state.bytes_acked:,} of {state.bytes_total:,} bytes had arrived at {self._shown}."
        self._state = replace(state, error=reason + tail, **known)

    def _write(self, view: memoryview) -> int:
        if not len(view):
            return 0
        try:
            # One piece only when the last one has gone out, so that a stop is a stop.
            if not _ready(self._sock, select.POLLOUT, 0):
                return 0
            written = self._sock.send(view[:PIECE_BYTES])
        except BlockingIOError:
            return 0
        except OSError as e:
            self._fail(f"The connection broke ({e.strerror or e})", reset=True)
            return 0
        self._state = replace(self._state, bytes_written=self._state.bytes_written + written)
        return written

    def _look(self) -> None:
        """Count acknowledgements, then check that the connection was alive when they were counted."""
        unacked = _unacknowledged(self._sock)
        code = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._fail("The printer reset the connection", reset=True)
            return
        self._read()
        if self._state.error or self._half_closed:
            return
        acked = self._state.bytes_written - unacked
        if acked > self._state.bytes_acked:
            self._state = replace(self._state, bytes_acked=acked)

    def _read(self) -> None:
        """Throw away what the printer says here (status comes by SNMP), and notice the end of its side."""
        try:
            for _ in range(64):
                if not self._sock.recv(4096):
                    if self._state.error:
                        pass  # after a reset, reading ends as if it were orderly
                    elif self._half_closed:
                        self._state = replace(self._state, drained=not self._state.closed_by_peer)
                    else:
                        self._state = replace(self._state, closed_by_peer=True)
                    return
        except BlockingIOError:
            return
        except OSError:
            if not self._state.error:
                self._fail("The printer reset the connection", reset=True)

    def _half_close(self) -> None:
        if self._half_closed:
            return
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            if not self._state.error:
                self._fail("The printer reset the connection", reset=True)
        self._half_closed = True

    def _wait(self, seconds: float, *, writing: bool) -> None:
        seconds = min(seconds, max(0.0, self.deadline - time.monotonic()))
        if self._state.closed_by_peer and not writing:
            # The end of its side would wake poll() at once, for ever.
            time.sleep(seconds)
            return
        events = (select.POLLOUT if writing else 0) | (0 if self._state.closed_by_peer else select.POLLIN)
        _ready(self._sock, events, seconds)


def _ready(sock: socket.socket, events: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(sock, events)
    return bool(poll.poll(seconds * 1000))


def _unacknowledged(sock: socket.socket) -> int:
    """Bytes that were written and that the peer's TCP has not acknowledged."""
    if sys.platform == "darwin":
        return sock.getsockopt(socket.SOL_SOCKET, DARWIN_SO_NWRITE)
    return int(struct.unpack("i", ioctl(sock.fileno(), TIOCOUTQ, b"\0\0\0\0"))[0])
