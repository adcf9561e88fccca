"""Private servers for tests: on free ports, in their own folders, gone with the process that started them."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

START_LIMIT_S = 30


class MissingService(Exception):
    """A server that these tests need is not installed; the sentence says which package has it."""


def services_wanted() -> bool:
    return os.environ.get("LABELHUB_TEST_SERVICES") == "1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(holds: Callable[[], bool], what: str, *, limit_s: float = START_LIMIT_S, every_s: float = 0.02) -> None:
    deadline = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {limit_s} s")
        time.sleep(every_s)


def program(name: str, package: str, *folders: Path) -> str:
    path = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ["PATH"], "/usr/sbin"]))
    if path is None:
        raise MissingService(f"{name} is missing: install Debian's {package}")
    return path


def dies_with_its_parent(signal_name: str) -> list[str]:
    """To stand before a command: even tests that are killed leave nothing behind."""
    return ["setpriv", "--pdeathsig", signal_name] if shutil.which("setpriv") else []


@dataclass
class Server:
    url: str
    port: int
    process: subprocess.Popen[bytes]
    folder: Path = field(default_factory=Path)
    again: Callable[[], subprocess.Popen[bytes]] | None = None

    def restart(self) -> None:
        """With what it has kept: sessions are cut off, as by an operator's fast restart."""
        assert self.again is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(START_LIMIT_S)
        self.process = self.again()
        wait_until(self.answers, "its start")

    def answers(self) -> bool:
        return _answers(self.port)

    def revive(self) -> None:
        """As a supervisor does: once more, if it has ended by itself."""
        assert self.again is not None
        if self.process.poll() is not None:
            self.process = self.again()

    def stop(self) -> None:
        if self.process.poll() is None:
            # PostgreSQL waits for its clients on TERM, not on INT; Redis takes both alike.
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_postgresql(
    port: int | None = None, *, within: Path | None = None, more: Mapping[str, str] | None = None
) -> Server:
    """An empty cluster without fsync; the URL names a database `labelhub`. `more` are settings of its own."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    initdb, postgres = (program(name, "postgresql", *binaries) for name in ("initdb", "postgres"))
    folder = Path(tempfile.mkdtemp(prefix="labelhub-postgresql-", dir=within))
    data, become = folder / "data", []
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        become = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    subprocess.run(
        [*become, initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=folder,
        env=environment,
    )
    port = port or free_port()
    options = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "timezone": "UTC",
        **(more or {}),
    }
    # INT is PostgreSQL's fast shutdown.
    command = [
        *become,
        *dies_with_its_parent("INT"),
        postgres,
        "-D",
        str(data),
        *(f"--{name}={value}" for name, value in options.items()),
    ]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, env=environment
        )

    server = Server(f"postgresql://postgres@127.0.0.1:{port}/labelhub", port, start(), folder, start)
    try:
        wait_until(lambda: _answers(port), "PostgreSQL's start")
    except BaseException:
        server.stop()
        raise
    create_database(server, "labelhub")
    return server


def create_database(server: Server, name: str) -> str:
    """An empty database beside the others; returns its URL."""
    import psycopg

    with psycopg.connect(f"postgresql://postgres@127.0.0.1:{server.port}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"postgresql://postgres@127.0.0.1:{server.port}/{name}"


def _answers(port: int) -> bool:
    import psycopg

    try:
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def start_redis(port: int | None = None) -> Server:
    """Keeps nothing on disk; refuses to evict, as the deployment's does."""
    redis_server = program("redis-server", "redis-server")
    port = port or free_port()
    process = subprocess.Popen(
        [
            *dies_with_its_parent("KILL"),
            redis_server,
            *("--port", str(port)),
            *("--bind", "127.0.0.1"),
            *("--save", ""),
            *("--appendonly", "no"),
            *("--maxmemory-policy", "noeviction"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    server = Server(f"redis://127.0.0.1:{port}/0", port, process, Path(tempfile.mkdtemp(prefix="labelhub-redis-")))
    try:
        wait_until(lambda: accepts(port), "Redis's start")
    except BaseException:
        server.stop()
        raise
    return server
