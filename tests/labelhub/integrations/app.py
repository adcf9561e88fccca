"""Another app on loopback: a real HTTP server that answers as a test says and remembers what it was asked."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, Any]


@dataclass
class Asked:
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


@dataclass
class App:
    """`answers` gives status and body (JSON unless it is bytes) for a request; `raw` takes over the connection."""

    answers: Callable[[Asked], Answer]
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    raw: Callable[[Any], None] | None = None
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Self:
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                asked = Asked(
                    parts.path, parse_qs(parts.query), {name.lower(): text for name, text in self.headers.items()}
                )
                app.asked.append(asked)
                if app.raw is not None:
                    with suppress(OSError):
                        app.raw(self.wfile)
                    self.close_connection = True
                    return
                status, body = app.answers(asked)
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, text in (
                    {"content-type": app.kind, "content-length": str(len(content))} | app.headers
                ).items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"
