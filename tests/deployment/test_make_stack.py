import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.hubs import ROOT, call, environment
from tests.services import accepts, free_port, wait_until

pytestmark = [pytest.mark.services, pytest.mark.processes]


def test_it_prints_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "said"
    with log.open("w") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "tests.stack"],
            cwd=ROOT,
            env=environment(PORT=str(port)),
            stdout=out,
            stderr=out,
        )
    try:
        wait_until(lambda: "Ctrl-C stops it" in log.read_text() or running.poll() is not None, "its start", limit_s=120)
        said = log.read_text()
        assert running.poll() is None, said
        pages = re.findall(r"Page +(\S+)/$", said, re.M)
        (token,) = re.findall(r"API token +(\S+)$", said, re.M)
        fields = {"name": "Drill", "id": "A-1042", "url": "https://inv.invalid/a/1042"}
        body = {"printer": "main/p0", "template": "asset-tag-12", "fields": fields}
        code, answer = call(pages[0], "POST", "/api/print", body, token)
        assert code == 202, answer
        (job,) = answer["jobs"]
        # Taken by one web process, printed by a worker, told by the other.
        wait_until(
            lambda: call(pages[1], "GET", f"/api/jobs/{job['id']}", token=token)[1]["outcome"] == "confirmed", "it"
        )
        folder = Path(re.findall(r"Logs +(\S+)/", said)[0])
        assert len(list((folder / "labels" / "p0").glob("*.png"))) == 1
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(60)
    assert running.returncode == 0, log.read_text()
    assert not any(accepts(each) for each in (port, port + 1))
    assert not folder.exists()
    assert not _processes_of(folder)


def _processes_of(folder: Path) -> list[str]:
    """Command lines that name the folder; given a moment to go."""
    end = time.monotonic() + 5
    while True:
        found = []
        for each in Path("/proc").glob("[0-9]*/environ"):
            try:
                if str(folder).encode() in each.read_bytes():
                    found.append(each.parent.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.1)
