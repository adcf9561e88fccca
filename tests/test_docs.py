"""The pages of docs/ are true: their commands run, their settings and commands exist."""

import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.services import free_port

ROOT = Path(__file__).resolve().parent.parent
README, OPERATIONS = ROOT / "README.md", ROOT / "docs" / "operations.md"
DEPLOYMENT, EMULATOR = ROOT / "docs" / "deployment.md", ROOT / "docs" / "emulator.md"
# Its commands run in tests/labelhub/integrations/test_docs.py.
INTEGRATIONS = ROOT / "docs" / "integrations.md"


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


def test_no_page_has_commands_that_nobody_runs() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert {page for page in pages if commands(page)} == {README, OPERATIONS, DEPLOYMENT, EMULATOR, INTEGRATIONS}


def test_the_commands_of_the_readme_are_targets() -> None:
    assert commands(README) == ["make run", "make test"]
    for command in commands(README):
        subprocess.run([*command.split(), "-n"], cwd=ROOT, check=True, capture_output=True)


def test_the_commands_of_the_deployment_page_run(tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    subprocess.run([shutil.which("bash") or "bash", "-ec", "\n".join(commands(DEPLOYMENT))], cwd=tmp_path, check=True)
    assert {path.name for path in tmp_path.iterdir()} == {"docs", "secrets", "config"}


@pytest.mark.processes
def test_the_command_of_the_emulator_page_runs(tmp_path: Path) -> None:
    (command,) = commands(EMULATOR)
    ports = {"9100": str(free_port()), "1161": str(free_port())}
    words = [ports.get(each, each) for each in shlex.split(command)]
    words[words.index("labels")] = str(tmp_path)
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout is not None
        first = emulator.stdout.readline()
        emulator.send_signal(signal.SIGTERM)
    raw, snmp = ports.values()
    assert first == f"PT-P750W with tze:12: raw port 127.0.0.1:{raw}, SNMP 127.0.0.1:{snmp}, labels in {tmp_path}\n"
    assert emulator.returncode == 0
