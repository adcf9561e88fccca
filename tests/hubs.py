"""Real hub processes for tests: each on its own folder and port, stopped at the end."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.services import free_port

ROOT = Path(__file__).parent.parent
START_LIMIT_S = 60


def environment(**more: str) -> dict[str, str]:
    """Without the LABELHUB_ variables of this test run."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LABELHUB_", "DJANGO_"))}
    return {**clean, "PYTHONUNBUFFERED": "1", **more}


def manage(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@dataclass
class Hub:
    """`manage.py hub`; use it as a context."""

    data: Path
    port: int = field(default_factory=free_port)
    demo: bool = True
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] = field(init=False)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def out(self) -> str:
        return self.log.read_text()

    @property
    def log(self) -> Path:
        return self.data.parent / f"{self.data.name}.log"

    def __enter__(self) -> Self:
        arguments = ["--port", str(self.port), "--data", str(self.data), *(["--demo"] if self.demo else [])]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "hub", *arguments],
                cwd=ROOT,
                env=environment(**self.env),
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )
        try:
            self.wait_for("Ctrl-C stops it")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def wait_for(self, text: str, limit_s: float = START_LIMIT_S) -> None:
        deadline = time.monotonic() + limit_s
        while text not in self.out:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"“{text}” was not said; exit code {self.process.poll()}:\n{self.out}")
            time.sleep(0.05)

    def said(self, title: str) -> str:
        """What the terminal says behind a title such as `API token`."""
        found = re.search(rf"^  {title} +(.+)$", self.out, re.MULTILINE)
        assert found, self.out
        return found[1]

    def stop(self, number: signal.Signals = signal.SIGTERM, limit_s: float = 15) -> tuple[int, float]:
        """The exit code, and how long it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(limit_s), time.monotonic() - begun

    def call(self, method: str, path: str, body: Any = None, token: str = "", **headers: str) -> tuple[int, Any]:
        return call(self.origin, method, path, body, token, **headers)


def call(origin: str, method: str, path: str, body: Any = None, token: str = "", **headers: str) -> tuple[int, Any]:
    """Status and JSON (or bytes)."""
    request = urllib.request.Request(origin + path, method=method)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, _content(response.headers.get("Content-Type", ""), response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _content(error.headers.get("Content-Type", ""), error.read())


def _content(kind: str, body: bytes) -> Any:
    return json.loads(body) if "json" in kind else body
