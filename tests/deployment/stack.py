"""The processes of compose.yaml, run on this machine: the same commands, with other addresses and private servers."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.hubs import environment
from tests.services import Server, accepts, create_database, free_port, program, start_postgresql, wait_until

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 90
ISSUE = """
from labelhub.accounts.models import ApiToken
print(ApiToken.issue("stack", {scopes!r})[1])
"""


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return document


def command_of(service: str) -> list[str]:
    command: list[str] = compose()["services"][service]["command"]
    return command


def with_option(command: list[str], name: str, value: str) -> list[str]:
    """The command with another value for an option that it has."""
    at = command.index(name) + 1
    return [*command[:at], value, *command[at + 1 :]]


@dataclass
class Process:
    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    def stop(self, number: signal.Signals = signal.SIGTERM, limit_s: float = 30) -> tuple[int, float]:
        """The exit code, and how long it took."""
        begun = time.monotonic()
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.popen.wait(limit_s), time.monotonic() - begun

    def kill(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()


@dataclass
class Stack:
    folder: Path
    database_url: str
    broker_url: str
    redis: Server
    config: Path | None = None
    settings: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        secrets = self.folder / "secrets"
        (secrets / "database_url").write_text(self.database_url)
        (secrets / "broker_url").write_text(self.broker_url)
        return environment(
            DJANGO_SETTINGS_MODULE="labelhub.settings",
            LABELHUB_DATA_DIR=str(self.folder / "data"),
            LABELHUB_DATABASE_URL_FILE=str(secrets / "database_url"),
            LABELHUB_BROKER_URL_FILE=str(secrets / "broker_url"),
            LABELHUB_SECRET_KEY_FILE=str(secrets / "secret_key"),
            LABELHUB_ADMIN_PASSWORD_FILE=str(secrets / "admin_password"),
            # Emulated printers live on loopback.
            LABELHUB_DEMO="1",
            **({"LABELHUB_CONFIG": str(self.config)} if self.config else {}),
            **self.settings,
        )

    def run(self, *command: str, limit_s: float = 120) -> str:
        done = subprocess.run(
            native(list(command)), cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=limit_s
        )
        assert done.returncode == 0, (command, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def start(self, service: str, name: str = "", **options: str) -> Process:
        command = command_of(service)
        for option, value in options.items():
            command = with_option(command, f"--{option.replace('_', '-')}", value)
        name = name or service
        log = self.folder / f"{name}.log"
        with log.open("ab") as file:
            popen = subprocess.Popen(native(command), cwd=ROOT, env=self.env, stdout=file, stderr=file)
        process = Process(name, popen, log)
        self.processes.append(process)
        return process

    def restart_redis(self) -> None:
        """Empty, on the same port."""
        self.redis = start_redis_as_deployed(self.folder / "secrets" / "redis_users", self.redis.port)

    def start_web(self, name: str = "web") -> "Web":
        port = free_port()
        process = self.start("web", name, host="127.0.0.1", port=str(port))
        web = Web(port, process)
        wait_until(web.lives, f"the start of {name}", limit_s=START_LIMIT_S)
        return web

    def issue_token(self, *scopes: str) -> str:
        return self.run("python", "manage.py", "shell", "--no-imports", "-c", ISSUE.format(scopes=list(scopes))).strip()

    def logs(self) -> str:
        return "\n".join(f"== {each.name}\n{each.log.read_text(errors='replace')}" for each in self.processes)


@dataclass
class Web:
    port: int
    process: Process

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def lives(self) -> bool:
        assert self.process.popen.poll() is None, self.process.log.read_text()
        return accepts(self.port) and self.call("GET", "/healthz")[0] == 200

    def call(self, method: str, path: str, body: Any = None, token: str = "", **headers: str) -> tuple[int, Any]:
        """Status and JSON, or text."""
        request = urllib.request.Request(self.origin + path, method=method)
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

    def wait_ready(self, limit_s: float = START_LIMIT_S, *, status: str = "ready") -> dict[str, Any]:
        answer: list[Any] = [None]

        def ready() -> bool:
            answer[0] = self.call("GET", "/readiness")[1]
            return bool(answer[0]["status"] == status)

        try:
            wait_until(ready, status, limit_s=limit_s)
        except TimeoutError as error:
            raise AssertionError(answer[0]) from error
        found: dict[str, Any] = answer[0]
        return found


def _content(kind: str, body: bytes) -> Any:
    return json.loads(body) if "json" in kind else body.decode()


def native(command: list[str]) -> list[str]:
    """The program as it lies beside this Python."""
    beside = Path(sys.executable).with_name(command[0])
    return [str(beside if beside.exists() else program(command[0], command[0])), *command[1:]]


def start_redis_as_deployed(users: Path, port: int | None = None) -> Server:
    """With the command of compose.yaml: no default user, nothing evicted."""
    port = port or free_port()
    command = with_option(command_of("redis"), "--aclfile", str(users))
    command = [program(command[0], "redis-server"), *command[1:], "--port", str(port), "--bind", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    server = Server(f"redis://127.0.0.1:{port}/0", port, process, users.parent / "redis")
    wait_until(lambda: accepts(port), "Redis's start")
    return server


@contextmanager
def stack(folder: Path, *, config: Path | None = None, postgresql: Server | None = None) -> Iterator[Stack]:
    """Servers, secrets and a database that was brought up; processes are started by the caller, and stopped here."""
    folder.mkdir(parents=True, exist_ok=True)
    secrets = folder / "secrets"
    subprocess.run([shutil.which("sh") or "sh", ROOT / "docs/deployment/make_secrets.sh", secrets], check=True)
    with ExitStack() as cleaning:
        if postgresql is None:
            postgresql = start_postgresql()
            cleaning.callback(postgresql.stop)
        redis = start_redis_as_deployed(secrets / "redis_users")
        broker = (secrets / "broker_url").read_text().replace("@redis:6379", f"@127.0.0.1:{redis.port}")
        database = create_database(postgresql, f"labelhub-{os.urandom(4).hex()}")
        made = Stack(folder, database, broker, redis, config)
        cleaning.callback(lambda: made.redis.stop())
        try:
            made.run(*command_of("bring_up"))
            yield made
        finally:
            for process in reversed(made.processes):
                process.kill()
