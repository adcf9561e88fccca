"""One session with a printer, and the evidence of what got there.

`sendall()` returning proves nothing: a label fits into the kernel's buffer. What can be known is how many bytes the
printer's TCP has acknowledged (SIOCOUTQ), and whether it ended the session cleanly after our half-close.
"""

import select
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fcntl import ioctl
from termios import TIOCOUTQ
from types import TracebackType

from printers.errors import TransportError

# Small pieces, and little in the kernel that was not sent yet: what is stopped then really stops.
PIECE_BYTES = 16 * 1024
# Acknowledgements cannot be waited for by poll(); they are looked at this often.
SHORTEST_STEP_S = 0.001
LONGEST_STEP_S = 0.05
DARWIN_SO_NWRITE = 0x1024

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Sent:
    """What is known of the bytes of one send(), or of the whole connection, and then kept up to date.

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

    def send(
        self, data: bytes, *, on_progress: Progress | None = None, meanwhile: Callable[[], None] | None = None
    ) -> Sent:
        """Write `data` and wait until the printer's TCP has all of it; call it once per label to know about each.

        Returns what is known of these bytes alone; a failure after the connection's first byte is in `.error`, and
        every later send() writes nothing. Raises TransportError (`.sent` False) while no byte ever left.
        `on_progress(acked, total)` hears of every step; `meanwhile` is called once, when all is on its way. An
        exception from either stops the sending.
        """
        state, already = self._state, self._state.bytes_written
        state.bytes_total += len(data)
        view = memoryview(data)
        step = SHORTEST_STEP_S
        told = -1
        while not state.error:
            self._look()
            acked = self._acked_since(already)
            if acked != told:
                told, step = acked, SHORTEST_STEP_S
                if on_progress is not None:
                    on_progress(acked, len(data))
            if state.error or acked == len(data):
                break
            if self._must_stop():
                break
            if len(view) and state.closed_by_peer:
                self._fail("The printer ended the session")
                break
            written = self._write(view)
            view = view[written:]
            if meanwhile is not None and not len(view):
                meanwhile()
                meanwhile = None
            elif not written:
                self._wait(step, writing=bool(len(view)))
                step = min(step * 2, LONGEST_STEP_S)
        if state.error and not state.bytes_written:
            raise failure(state.error)
        return Sent(
            len(data),
            state.bytes_written - already,
            self._acked_since(already),
            state.closed_by_peer,
            state.reset,
            state.drained,
            state.stopped,
            state.error,
        )

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
                    is_ready(self._sock, select.POLLIN, wait_s)
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
        if self._read():
            self._note_end()
        self._sock.close()

    def _acked_since(self, already: int) -> int:
        """Without what earlier calls had sent; they ended fully acknowledged or in an error."""
        return max(0, self._state.bytes_acked - already)

    def _must_stop(self) -> bool:
        if not self._mine():
            self._state.stopped = True
            self._fail("Sending was stopped because this worker's turn at the printer ended")
            return True
        if time.monotonic() >= self.deadline:
            self._fail("The printer stopped taking data before the time for sending was over")
            return True
        return False

    def _mine(self) -> bool:
        return self._still_mine is None or self._still_mine()

    def _fail(self, reason: str, *, reset: bool = False) -> None:
        state = self._state
        state.reset = state.reset or reset
        tail = f"; {state.bytes_acked:,} of {state.bytes_total:,} bytes had arrived at {self._shown}."
        state.error = reason + tail

    def _write(self, view: memoryview) -> int:
        if not len(view):
            return 0
        try:
            # One piece only when the last one has gone out, so that a stop is a stop.
            if not (self._all_acked or is_ready(self._sock, select.POLLOUT, 0)):
                return 0
            written = self._sock.send(view[:PIECE_BYTES])
        except BlockingIOError:
            return 0
        except OSError as e:
            self._fail(f"The connection broke ({e.strerror or e})", reset=True)
            return 0
        self._state.bytes_written += written
        return written

    @property
    def _all_acked(self) -> bool:
        return self._state.bytes_acked == self._state.bytes_written

    def _look(self) -> None:
        """Count acknowledgements, then check that the connection was alive when they were counted."""
        unacked = 0 if self._half_closed or self._all_acked else _unacknowledged(self._sock)
        ended = self._read()
        if self._state.error or ((unacked or self._half_closed or ended is not None) and self._is_broken()):
            return
        if ended:
            self._note_end()
        if not self._half_closed:
            self._state.bytes_acked = max(self._state.bytes_acked, self._state.bytes_written - unacked)

    def _is_broken(self) -> bool:
        """What reading tells by itself, but not at the end of the printer's side, nor of errors that may pass."""
        if self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._fail("The printer reset the connection", reset=True)
            return True
        return False

    def _read(self) -> bool | None:
        """Throw away what the printer says here, status comes by SNMP: whether that has ended, None where it pauses."""
        try:
            for _ in range(64):
                if not self._sock.recv(4096):
                    return True
        except BlockingIOError:
            return None
        except OSError:
            if not self._state.error:
                self._fail("The printer reset the connection", reset=True)
            return None
        return False

    def _note_end(self) -> None:
        """Of the printer's side; after a reset, too, reading ends as if it were orderly."""
        if self._state.error:
            return
        if self._half_closed:
            self._state.drained = not self._state.closed_by_peer
        else:
            self._state.closed_by_peer = True

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
        is_ready(self._sock, events, seconds)


def is_ready(sock: socket.socket, events: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(sock, events)
    return bool(poll.poll(seconds * 1000))


def _unacknowledged(sock: socket.socket) -> int:
    """Bytes that were written and that the peer's TCP has not acknowledged."""
    if sys.platform == "darwin":
        return sock.getsockopt(socket.SOL_SOCKET, DARWIN_SO_NWRITE)
    return int(struct.unpack("i", ioctl(sock.fileno(), TIOCOUTQ, b"\0\0\0\0"))[0])
