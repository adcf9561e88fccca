"""Stands for `docker compose` in the scripts of docs/deployment: the commands are run, natively, and noted in order.

What a test prepared is told by the environment: DOCKER_FOLDER (notes and processes), DOCKER_PORT (of web), DOCKER_DATA
(the volume), DOCKER_CONFIG, DOCKER_FAILS (a service whose one-shot run ends with 78).
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.services import program
from tests.stack import command_of, native, with_option

FOLDER = Path(os.environ["DOCKER_FOLDER"])
POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
SERVERS = ("web", "worker", "beat")


def main(arguments: list[str]) -> int:
    assert arguments.pop(0) == "compose", arguments
    with (FOLDER / "said").open("a") as notes:
        notes.write(f"{' '.join(arguments)}\n")
    verb, *rest = arguments
    options = [each for each in rest if each.startswith("-")]
    words = [each for each in rest if not each.startswith("-")]
    if verb == "ps":
        sys.stdout.write("0123456789ab\n" if (FOLDER / f"{words[0]}.pid").exists() else "")
    elif verb == "up" and "--no-deps" in options:
        stop(words)
        start(words)
    elif verb == "stop":
        stop(words)
    elif verb in {"exec", "run"}:
        at = rest.index(words[0])
        return run(words[0], rest[at + 1 :] or command_of(words[0]), once=verb == "run")
    else:
        assert verb in {"pull", "build", "up", "logs"}, arguments
    return 0


def run(service: str, command: list[str], *, once: bool) -> int:
    if once and os.environ.get("DOCKER_FAILS") == service:
        return 78
    if service == "postgres":
        # The test's server has the same role and database; where it is stands in PGHOST and PGPORT.
        return subprocess.call([program(command[0], "postgresql", *POSTGRESQL), *command[1:]])
    return subprocess.call(native([inside(each) for each in command]))


def inside(argument: str) -> str:
    """Paths and addresses of the container, as they are here."""
    argument = argument.replace("python manage.py", f"{sys.executable} manage.py")
    for name, here in (("/data", os.environ["DOCKER_DATA"]), ("/config", os.environ["DOCKER_CONFIG"])):
        argument = argument.replace(name, here)
    return argument.replace("127.0.0.1:8000", f"127.0.0.1:{os.environ['DOCKER_PORT']}")


def start(services: list[str]) -> None:
    for service in services:
        command = command_of(service)
        if service == "web":
            command = with_option(with_option(command, "--port", os.environ["DOCKER_PORT"]), "--host", "127.0.0.1")
        with (FOLDER / f"{service}.log").open("ab") as log:
            started = subprocess.Popen(native(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        (FOLDER / f"{service}.pid").write_text(str(started.pid))


def stop(services: list[str]) -> None:
    for service in services:
        note = FOLDER / f"{service}.pid"
        if note.exists():
            pid = int(note.read_text())
            os.kill(pid, signal.SIGTERM)
            with suppress(ProcessLookupError, FileNotFoundError):
                while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    time.sleep(0.05)
            note.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
