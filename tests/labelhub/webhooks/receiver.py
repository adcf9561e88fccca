"""A loopback server that remembers what it was sent, and answers as a test wants."""

import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.loopback import Loopback, Quiet


@dataclass
class Receiver(Loopback):
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    drip_s: float = 0.0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(Quiet):
            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, sent))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    for byte in receiver.body if receiver.drip_s else [receiver.body]:
                        self.wfile.write(bytes([byte]) if isinstance(byte, int) else byte)
                        time.sleep(receiver.drip_s)
                except OSError:
                    pass

            def do_GET(self) -> None:
                receiver.got.append(({}, b"GET"))

        return Handler
