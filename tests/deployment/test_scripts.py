"""docs/deployment/deploy.sh, backup.sh and restore.sh as they stand, on a real PostgreSQL and real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from printers.emulator import EmulatedPrinter
from tests.hubs import ROOT, call
from tests.services import Server, free_port, wait_until
from tests.stack import Stack, configuration, stack

pytestmark = [pytest.mark.services, pytest.mark.processes]

FIELDS = {"name": "Drill", "id": "A-1042", "url": "https://inv.invalid/a/1042"}
TEMPLATE = """
key = "deployed"
title = "Deployed"
media = "tze:12"
[[elements]]
kind = "text"
text = "Deployed"
"""


@dataclass
class Site:
    """A folder that looks like the repository, as somebody who deploys has it."""

    folder: Path
    made: Stack
    port: int

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def script(self, name: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        env = self.made.env | {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.made.postgresql.port),
            "DOCKER_FOLDER": str(self.folder / "docker"),
            "DOCKER_PORT": str(self.port),
            "DOCKER_DATA": str(self.made.folder / "data"),
            "DOCKER_CONFIG": str(self.folder / "config"),
            **more,
        }
        return subprocess.run(
            [self.folder / "docs/deployment" / name, *arguments],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=240,
        )

    def docker_said(self) -> list[str]:
        """What docker was asked since the last time."""
        notes = self.folder / "docker" / "said"
        said = notes.read_text().splitlines()
        notes.write_text("")
        return said


@pytest.fixture
def device() -> Iterator[EmulatedPrinter]:
    with EmulatedPrinter("PT-P750W", "tze:12", speed=0) as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, postgresql: Server, device: EmulatedPrinter) -> Iterator[Site]:
    folder = tmp_path / "site"
    for name in ("bin", "docker", "config/templates"):
        (folder / name).mkdir(parents=True)
    (folder / "config/templates/deployed.toml").write_text(TEMPLATE)
    for name in (
        "manage.py",
        "labelhub",
        "printers",
        "templates_app",
        "jobs",
        "health",
        "docs",
        "tests",
        "compose.yaml",
    ):
        (folder / name).symlink_to(ROOT / name)
    docker = folder / "bin" / "docker"
    docker.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.deployment.docker "$@"\n')
    docker.chmod(0o755)
    with psycopg.connect(f"postgresql://postgres@127.0.0.1:{postgresql.port}/postgres", autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS labelhub WITH (FORCE)")
        server.execute("DROP ROLE IF EXISTS labelhub")
        server.execute("CREATE ROLE labelhub SUPERUSER LOGIN")
        server.execute("CREATE DATABASE labelhub OWNER labelhub")
    (tmp_path / "stack").mkdir()
    config = configuration(tmp_path / "stack", [device])
    with stack(tmp_path / "stack", config=config, postgresql=postgresql, brought_up=False) as made:
        made.database_url = f"postgresql://labelhub@127.0.0.1:{postgresql.port}/labelhub"
        yield Site(folder, made, free_port())
        for note in (folder / "docker").glob("*.pid"):
            with suppress(ProcessLookupError):
                os.kill(int(note.read_text()), signal.SIGKILL)


@pytest.mark.fault(24)
def test_deploy_back_up_and_restore(site: Site, device: EmulatedPrinter) -> None:
    # A new version whose bring_up refuses: nothing is started.
    refused = site.script("deploy.sh", DOCKER_FAILS="bring_up")
    assert refused.returncode == 78, refused.stderr
    assert site.docker_said()[-1] == "run --rm -T bring_up"

    done = site.script("deploy.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert site.docker_said() == [
        "pull --ignore-buildable",
        "build --pull",
        "ps -q web",
        "up -d --wait postgres redis",
        "run --rm -T bring_up",
        "up -d --no-deps web worker beat",
        "exec -T web python manage.py wait_ready http://127.0.0.1:8000 --tries 60",
        "exec -T web sh -c python manage.py register /config/templates/*.toml",
    ]
    token = site.made.issue_token("read", "print", "manage")

    def state(job: str) -> str:
        return str(call(site.origin, "GET", f"/api/jobs/{job}", token=token)[1]["state"])

    def submit(**body: object) -> str:
        code, answer = call(site.origin, "POST", "/api/print", {"printer": "main/p0", **body}, token)
        assert code == 202, answer
        return str(answer["jobs"][0]["id"])

    # What was registered prints.
    first = submit(template="deployed")
    wait_until(lambda: state(first) == "completed", "the label")

    # The same again, with a label that waits: it is backed up before anything else.
    assert call(site.origin, "POST", "/api/printers/main/p0/pause", token=token)[0] == 200
    waiting = submit(template="asset-tag-12", fields=FIELDS)
    done = site.script("deploy.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    said = site.docker_said()
    assert [said.index(each) for each in sorted(said, key=_order)] == sorted(range(len(said)))
    (backup,) = (site.folder / "backups").iterdir()
    assert {path.name for path in backup.iterdir()} == {"labelhub.dump", "artifacts.tar"}
    assert state(waiting) == "pending"
    assert call(site.origin, "POST", "/api/printers/main/p0/resume", token=token)[0] == 200
    wait_until(lambda: state(waiting) == "completed", "the label")
    assert len(device.labels) == 2

    # What is no backup changes nothing.
    (site.folder / "torn").mkdir()
    (site.folder / "torn/labelhub.dump").write_bytes((backup / "labelhub.dump").read_bytes()[:20_000])
    assert site.script("restore.sh", "torn").returncode != 0
    assert site.script("restore.sh", "nothing").returncode == 1

    done = site.script("restore.sh", str(backup))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "release_after_restore" in done.stdout
    wait_until(lambda: "restored" in str(_readiness(site)), "the web process")
    call(site.origin, "POST", "/api/printers/main/p0/resume", token=token)
    assert (state(first), state(waiting)) == ("completed", "pending-held")
    new = submit(template="deployed")
    with pytest.raises(TimeoutError):
        wait_until(lambda: state(new) != "pending", "a label", limit_s=6)
    assert len(device.labels) == 2
    assert call(site.origin, "POST", f"/api/jobs/{waiting}/cancel", token=token)[0] == 200
    site.made.run("python", "manage.py", "release_after_restore")
    wait_until(lambda: state(new) == "completed", "the label")
    assert len(device.labels) == 3


def _order(said: str) -> int:
    """Back up, bring up, start, wait, register."""
    wanted = (
        *("pull", "build", "ps", "exec -T postgres pg_dump", "run --rm --no-deps -T worker", "up -d --wait"),
        *("run --rm -T bring_up", "up -d --no-deps", "exec -T web python manage.py wait_ready", "exec -T web sh"),
    )
    (found,) = [n for n, each in enumerate(wanted) if said.startswith(each)]
    return found


def _readiness(site: Site) -> object:
    try:
        return call(site.origin, "GET", "/readiness")[1]
    except OSError:
        return None


def test_a_version_that_does_not_get_ready_fails_the_deployment(site: Site) -> None:
    # No worker hears anything without its broker.
    site.made.redis.stop()
    done = site.script("deploy.sh", TRIES="20")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "[fail] broker" in done.stderr
    assert "roll back" in done.stderr
    said = site.docker_said()
    assert said[-1] == "logs --tail 50 web worker beat"
