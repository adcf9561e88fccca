"""Another app on loopback: a real HTTP server that answers as a test says and remembers what it was asked."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback import Loopback, Quiet

Answer = tuple[int, Any]


@dataclass
class Asked:
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


@dataclass
class App(Loopback):
    """`answers` gives status and body (JSON unless it is bytes) for a request; `raw` takes over the connection."""

    answers: Callable[[Asked], Answer]
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    raw: Callable[[Any], None] | None = None
    asked: list[Asked] = field(default_factory=list)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        app = self

        class Handler(Quiet):
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

        return Handler
