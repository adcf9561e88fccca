"""The processes of compose.yaml, run on this machine: the same commands, with other addresses and private servers.

`make stack` runs them for people, until Ctrl-C; tests and benchmarks use `stack` as a context and start what they need.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from printers.emulator import EmulatedPrinter
from tests.hubs import ROOT, call, environment
from tests.services import (
    MissingService,
    Server,
    accepts,
    create_database,
    dies_with_its_parent,
    free_port,
    program,
    start_postgresql,
    wait_until,
)

START_LIMIT_S = 180
STOP_LIMIT_S = 30
ISSUE = """
from labelhub.accounts.models import ApiToken
token, text = ApiToken.issue("stack", {scopes!r})
# Tests look many times a second.
token.rate_limit_per_minute = 0
token.save(update_fields=["rate_limit_per_minute"])
print(text)
"""
PRINTER = """
[[printer]]
name = "{name}"
model = "{model}"
host = "127.0.0.1"
port = {port}
snmp_port = {snmp_port}
"""


def compose(code: Path = ROOT) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((code / "compose.yaml").read_text(encoding="utf-8"))
    return document


def command_of(service: str, code: Path = ROOT) -> list[str]:
    command: list[str] = compose(code)["services"][service]["command"]
    return command


def with_option(command: list[str], name: str, value: str) -> list[str]:
    """The command with another value for an option that it has."""
    at = command.index(name) + 1
    return [*command[:at], value, *command[at + 1 :]]


def native(command: list[str]) -> list[str]:
    """The program as it lies beside this Python."""
    beside = Path(sys.executable).with_name(command[0])
    return [str(beside if beside.exists() else program(command[0], command[0])), *command[1:]]


@dataclass
class Process:
    service: str
    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def runs(self) -> bool:
        return self.popen.poll() is None

    def catches(self, number: signal.Signals) -> bool:
        """Whether it has got so far as to handle that signal (proc(5), SigCgt)."""
        (mask,) = re.findall(r"^SigCgt:\s+(\w+)", Path(f"/proc/{self.popen.pid}/status").read_text(), re.MULTILINE)
        return bool(int(mask, 16) >> (number - 1) & 1)

    def stop(self, number: signal.Signals = signal.SIGTERM, limit_s: float = STOP_LIMIT_S) -> tuple[int, float]:
        """The exit code, and how long it took."""
        begun = time.monotonic()
        if self.runs:
            self.popen.send_signal(number)
        return self.popen.wait(limit_s), time.monotonic() - begun

    def kill(self) -> None:
        if self.runs:
            self.popen.kill()
        self.popen.wait()


@dataclass
class Stack:
    folder: Path
    database_url: str
    broker_url: str
    postgresql: Server
    redis: Server
    config: Path | None = None
    settings: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    # The checkout that runs.
    code: Path = ROOT

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

    def run(self, *command: str, limit_s: float = 300, code: int = 0) -> str:
        """What it says on its standard output."""
        done = subprocess.run(
            native(list(command)), cwd=self.code, env=self.env, capture_output=True, text=True, timeout=limit_s
        )
        assert done.returncode == code, (command, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def start(self, service: str, name: str = "", settings: dict[str, str] | None = None, **options: str) -> Process:
        command = command_of(service, self.code)
        for option, value in options.items():
            command = with_option(command, f"--{option.replace('_', '-')}", value)
        name = name or service
        log = self.folder / f"{name}.log"
        with log.open("ab") as file:
            # Not in the terminal's group: Ctrl-C there ends them one after the other, not all at once.
            popen = subprocess.Popen(
                [*dies_with_its_parent("KILL"), *native(command)],
                cwd=self.code,
                env=self.env | (settings or {}),
                stdout=file,
                stderr=file,
                process_group=0,
            )
        process = Process(service, name, popen, log)
        self.processes.append(process)
        return process

    def restart_redis(self) -> None:
        """Empty, on the same port."""
        self.redis = start_redis_as_deployed(self.folder / "secrets" / "redis_users", self.redis.port)

    def start_web(self, name: str = "web", port: int | None = None) -> "Web":
        port = port or free_port()
        process = self.start("web", name, host="127.0.0.1", port=str(port))
        web = Web(port, process)
        wait_until(web.lives, f"the start of {name}", limit_s=START_LIMIT_S)
        return web

    def issue_token(self, *scopes: str) -> str:
        return self.run("python", "manage.py", "shell", "--no-imports", "-c", ISSUE.format(scopes=list(scopes))).strip()

    def logs(self) -> str:
        return "\n".join(f"== {each.name}\n{each.log.read_text(errors='replace')}" for each in self.processes)

    def stop(self) -> None:
        """As a deployment does it: what rings first, what answers last; what does not end in time is killed."""
        for service in ("beat", "worker", "web"):
            ending = [each for each in self.processes if each.service == service and each.runs]
            for process in ending:
                process.popen.send_signal(signal.SIGTERM)
            end = time.monotonic() + STOP_LIMIT_S
            for process in ending:
                with suppress(subprocess.TimeoutExpired):
                    process.popen.wait(max(0.1, end - time.monotonic()))


@dataclass
class Web:
    port: int
    process: Process

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def lives(self) -> bool:
        assert self.process.runs, self.process.log.read_text()
        return accepts(self.port) and self.call("GET", "/healthz")[0] == 200

    def call(self, method: str, path: str, body: Any = None, token: str = "", **headers: str) -> tuple[int, Any]:
        return call(self.origin, method, path, body, token, **headers)

    def readiness(self) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", "/readiness")[1]
        return found

    def wait_ready(self, limit_s: float = START_LIMIT_S, *, status: str = "ready") -> dict[str, Any]:
        answer: list[Any] = [None]

        def ready() -> bool:
            answer[0] = self.readiness()
            return bool(answer[0]["status"] == status)

        try:
            wait_until(ready, status, limit_s=limit_s)
        except TimeoutError as error:
            raise AssertionError(answer[0]) from error
        found: dict[str, Any] = answer[0]
        return found


def start_redis_as_deployed(users: Path, port: int | None = None) -> Server:
    """With the command of compose.yaml: no default user, nothing evicted."""
    port = port or free_port()
    command = with_option(command_of("redis"), "--aclfile", str(users))
    executable = program(command[0], "redis-server")
    command = [*dies_with_its_parent("KILL"), executable, *command[1:], "--port", str(port), "--bind", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", process_group=0)
    server = Server(f"redis://127.0.0.1:{port}/0", port, process, users.parent / "redis")
    wait_until(lambda: accepts(port), "Redis's start")
    return server


def configuration(folder: Path, devices: list[EmulatedPrinter]) -> Path:
    """A LABELHUB_CONFIG with these printers, called main/p0, main/p1, …"""
    path = folder / "hub.toml"
    path.write_text(
        "".join(
            PRINTER.format(name=f"p{n}", model=each.model.name, port=each.port, snmp_port=each.snmp_port)
            for n, each in enumerate(devices)
        )
    )
    return path


@contextmanager
def stack(
    folder: Path, *, config: Path | None = None, postgresql: Server | None = None, brought_up: bool = True
) -> Iterator[Stack]:
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
        made = Stack(folder, database, broker, postgresql, redis, config)
        cleaning.callback(lambda: made.redis.stop())
        try:
            if brought_up:
                made.run(*command_of("bring_up"))
            yield made
        finally:
            for process in reversed(made.processes):
                process.kill()


def main() -> None:
    """2 web, 2 workers, beat and two emulated printers, until SIGINT or SIGTERM."""
    port = int(os.environ.get("PORT", "8000"))
    # A shell starts what it puts in the background with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    say = sys.stdout.write
    with tempfile.TemporaryDirectory(prefix="labelhub-stack-") as name, ExitStack() as at_the_end:
        folder = Path(name)
        devices = [
            at_the_end.enter_context(EmulatedPrinter(model, medium, out=folder / "labels" / f"p{n}"))
            for n, (model, medium) in enumerate((("PT-P750W", "tze:12"), ("QL-820NWB", "dk:62red")))
        ]
        made = at_the_end.enter_context(stack(folder, config=configuration(folder, devices)))
        at_the_end.callback(made.stop)
        try:
            for n in (1, 2):
                made.start("worker", f"worker-{n}")
            made.start("beat")
            webs = [made.start_web(f"web-{n}", port + n - 1) for n in (1, 2)]
            webs[0].wait_ready()
            token = made.issue_token("read", "print", "manage")
            password = (folder / "secrets" / "admin_password").read_text()
            say(f"LabelHub runs as compose.yaml says it: {', '.join(each.name for each in made.processes)}.\n")
            for web in webs:
                say(f"  Page       {web.origin}/\n")
            say(f"  Sign in    admin / {password}\n  API token  {token}\n")
            say(f"  PostgreSQL {made.database_url}\n  Redis      {made.broker_url}\n")
            for n in range(len(devices)):
                say(f"  Labels     {folder / 'labels' / f'p{n}'} (main/p{n})\n")
            say(f"  Logs       {folder}/*.log\nCtrl-C stops it, and nothing of it is kept.\n")
            sys.stdout.flush()
            while all(each.runs for each in made.processes):
                time.sleep(0.5)
            ended = [each for each in made.processes if not each.runs]
            sys.exit(f"{ended[0].name} has ended by itself:\n{ended[0].log.read_text(errors='replace')[-3000:]}")
        except KeyboardInterrupt:
            say("Stopping …\n")


if __name__ == "__main__":
    try:
        main()
    except MissingService as error:
        sys.exit(str(error))
