"""The raw port, with the ways in which a printer can be out of reach."""

import contextlib
import socket
import struct

BACKLOG = 8


class Listener:
    """A bound port that can stop listening and come back without ever being anybody else's.

    A port that is bound and does not listen refuses; one whose queue is full drops what knocks, as a host does that is
    not there. Raises OSError where the port cannot be had.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._knocking: list[socket.socket] = []
        self.socket = self._bound(port)
        self.port: int = self.socket.getsockname()[1]

    def open(self, *, smallest_window: bool = False) -> None:
        self.refuse()
        # The window of a connection is that of its listener; the kernel makes the smallest possible of this 1.
        if smallest_window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self.socket.listen(BACKLOG)

    def refuse(self) -> None:
        self.close()
        self.socket = self._bound(self.port)

    def vanish(self) -> None:
        self.refuse()
        self.socket.listen(0)
        for _ in range(2):
            knocking = socket.socket(self.socket.family, socket.SOCK_STREAM)
            knocking.setblocking(False)
            with contextlib.suppress(OSError):
                knocking.connect(self.socket.getsockname())
            self._knocking.append(knocking)

    def close(self) -> None:
        for knocking in self._knocking:
            knocking.close()
        self._knocking.clear()
        self.socket.close()

    def _bound(self, port: int) -> socket.socket:
        bound = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET, socket.SOCK_STREAM)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.setblocking(False)
            bound.bind((self._host, port))
        except OSError:
            bound.close()
            raise
        return bound


def slam(connection: socket.socket) -> None:
    """Close with a reset instead of a farewell."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
