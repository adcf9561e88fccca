"""The pages of docs/ are true: their commands run, their settings and commands exist."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OPERATIONS = ROOT / "docs" / "operations.md"


def commands(page: Path) -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.processes
def test_every_command_of_the_operations_page_runs(tmp_path: Path) -> None:
    # A folder that looks like the repository, so that the page's relative paths hold and nothing is left behind.
    for name in ("manage.py", "labelhub", "printers", "templates_app", "jobs", "health", "static", "tests", ".venv"):
        (tmp_path / name).symlink_to(ROOT / name)
    script = "\n".join(["set -e", *commands(OPERATIONS)])
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LABELHUB_", "DJANGO_"))}
    if not (ROOT / ".venv").exists():
        pytest.fail("the page's commands need .venv: run the tests by `make test`")
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "jobs" in done.stdout
    assert len(commands(OPERATIONS)) >= 9
