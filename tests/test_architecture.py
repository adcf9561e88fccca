import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("labelhub", "health", "jobs", "templates_app", "printers")


def sources() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def test_rooms_look_down_never_up() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_object_identifier_outside_of_snmp() -> None:
    allowed = (ROOT / "printers" / "snmp", ROOT / "printers" / "emulator")
    knowing = [
        str(path.relative_to(ROOT))
        for path in sources()
        if "1.3.6.1" in path.read_text() and not any(path.is_relative_to(each) for each in allowed)
    ]
    assert knowing == []


@pytest.mark.parametrize("library", ["ptouch", "brother_ql", "usb"])
def test_the_product_does_not_import_its_oracles(library: str) -> None:
    importing = re.compile(rf"^\s*(import|from) {library}\b", re.MULTILINE)
    assert [path.name for path in sources() if importing.search(path.read_text())] == []


def test_only_one_module_opens_printing_sockets() -> None:
    opening = re.compile(r"\bsocket\.(create_connection|socket)\(")
    # The last is a UDP socket that sends nothing: it tells which address of this machine leads to a network.
    allowed = {"printers/transport/connecting.py", "labelhub/embedded.py", "printers/scan.py"}
    found = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if opening.search(path.read_text()) and "emulator" not in path.parts and "snmp" not in path.parts
    }
    assert found <= allowed, found - allowed


def test_every_test_folder_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert sorted(str(folder) for folder in folders if not (folder / "__init__.py").exists()) == []
