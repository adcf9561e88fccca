"""The last release and this version side by side, as two checkouts: while a deployment replaces processes, and back."""

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from printers.emulator import EmulatedPrinter
from tests.faults.invariants import check_invariants_of
from tests.faults.test_schema import newer
from tests.hubs import ROOT
from tests.services import Server, create_database, program, wait_until
from tests.stack import START_LIMIT_S, Process, Stack, Web, command_of, configuration, stack

pytestmark = [pytest.mark.services, pytest.mark.processes, pytest.mark.fault(27)]

POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True)
    if done.returncode:
        pytest.fail(
            f"This test needs the whole history, a clone that is neither shallow nor an archive: {done.stderr!r}"
        )
    return done.stdout


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last commit that has no migration newer than the release's."""
    files = sorted({f"*/migrations/{where.split()[1]}.py" for where, _operation in newer()})
    commits = git("rev-list", "--topo-order", "HEAD", "--", *files).decode().split()
    assert commits, "no commit brought the migrations"
    folder = tmp_path_factory.mktemp("released")
    subprocess.run(["tar", "-x", "-C", folder], input=git("archive", f"{commits[-1]}^"), check=True)
    assert not [name for name in files if list(folder.glob(name)) + list(folder.glob(f"*/{name}"))]
    return folder


@pytest.fixture
def device() -> Iterator[EmulatedPrinter]:
    with EmulatedPrinter("PT-P750W", "tze:12", speed=0) as running:
        yield running


@pytest.fixture
def old(tmp_path: Path, postgresql: Server, device: EmulatedPrinter, released: Path) -> Iterator[Stack]:
    """The release, brought up by itself."""
    config = configuration(tmp_path, [device])
    with stack(tmp_path / "stack", config=config, postgresql=postgresql, brought_up=False) as made:
        made = replace(made, code=released)
        made.run(*command_of("bring_up"))
        yield made


def prints(web: Web, token: str, number: int) -> None:
    fields = {"name": "Two versions", "id": f"V-{number}", "url": "https://inv.invalid"}
    body = {"printer": "main/p0", "template": "asset-tag-12", "fields": fields}
    code, answer = web.call("POST", "/api/print", body, token)
    assert code == 202, answer
    job = answer["jobs"][0]["id"]

    def outcome() -> str:
        # A token may ask some hundred times a minute.
        time.sleep(0.3)
        code, answer = web.call("GET", f"/api/jobs/{job}", token=token)
        assert code == 200, answer
        return str(answer["outcome"])

    wait_until(lambda: outcome() == "confirmed", f"label {number}", limit_s=START_LIMIT_S)


def workers_of(web: Web) -> int:
    return int(web.readiness()["checks"]["print_queue"]["metric"].get("workers", 0))


def errors(process: Process) -> list[str]:
    return [line for line in process.log.read_text().splitlines() if " ERROR " in line or " CRITICAL " in line]


def test_the_release_prints_on_the_new_schema_and_back_on_its_own(old: Stack, device: EmulatedPrinter) -> None:
    token = old.issue_token("read", "print")
    old_worker, old_web = old.start("worker", "old-worker"), old.start_web("old-web")
    prints(old_web, token, 0)
    backup = old.folder / "labelhub.dump"
    subprocess.run([postgres("pg_dump"), "-Fc", "-f", backup, old.database_url], check=True)

    new = replace(old, code=ROOT)
    new.run(*command_of("bring_up"))
    prints(old_web, token, 1)
    # Both at once, as it is while web and worker are recreated one after the other.
    new_web = new.start_web("new-web")
    # A worker does not hear how a web process of another release rings: then it is the sweep that finds the label.
    new.start("beat")
    prints(new_web, token, 2)
    new_worker = new.start("worker", "new-worker")
    wait_until(lambda: workers_of(new_web) == 2, "the new worker", limit_s=START_LIMIT_S)
    for number in range(3, 7):
        prints((old_web, new_web)[number % 2], token, number)
    assert old_worker.stop()[0] == 0
    prints(old_web, token, 7)
    assert check_invariants_of(old.database_url, [device]) == {"completed confirmed": 8}
    assert len(device.labels) == 8
    assert [line for each in (old_worker, old_web.process, new_worker) for line in errors(each)] == []
    old.stop()

    # Rolled back: not on the new schema, but on the backup.
    refused = old.start("worker", "refused-worker")
    assert refused.popen.wait(START_LIMIT_S) == os.EX_CONFIG
    assert "newer than this version" in refused.log.read_text()
    back = replace(old, database_url=create_database(old.postgresql, f"back-{os.getpid()}"))
    subprocess.run([postgres("pg_restore"), "-d", back.database_url, "--exit-on-error", backup], check=True)
    back.run(*command_of("bring_up"))
    back.start("worker", "back-worker")
    prints(back.start_web("back-web"), token, 8)
    assert len(device.labels) == 9


def postgres(name: str) -> str:
    return program(name, "postgresql", *POSTGRESQL)
