"""A bare HTTP client: a library would cost as much as the answer."""

import socket


def connected(port: int) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), timeout=60)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def exchange(link: socket.socket, request: bytes, status: int) -> None:
    """One request, and its whole answer. Raises RuntimeError where that has another status."""
    link.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += link.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 %d" % status):
        raise RuntimeError(answer.decode(errors="replace"))
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += link.recv(65536)
