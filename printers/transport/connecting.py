"""To a printer's port, where one may be, and without waiting where nobody answers."""

import errno
import os
import select
import socket
import time
from collections.abc import Callable

from printers.errors import AddressRefused
from printers.networks import check_address, is_literal
from printers.transport.connection import Connection, failure, is_ready

# A printer that is awake takes a connection within that.
AT_ONCE_S = 0.02


def connect(
    host: str,
    port: int,
    *,
    deadline: float,
    still_mine: Callable[[], bool] | None = None,
    before_wait: Callable[[], None] | None = None,
) -> Connection:
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
            if not is_ready(sock, select.POLLOUT, min(AT_ONCE_S, max(deadline - time.monotonic(), 0.001))):
                if before_wait is not None:
                    before_wait()
                if not is_ready(sock, select.POLLOUT, max(deadline - time.monotonic(), 0.001)):
                    raise TimeoutError
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
    except BaseException:
        sock.close()
        raise
    return sock
