"""Its own process without a database: it must work before anything is set up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from printers.brother_status import build_block
from printers.snmp import oids
from tests.printers.agents import PT, QL, SWITCH, Agent, NetSnmp

ROOT = Path(__file__).resolve().parents[2]


def _probe(port: int, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "probe", "127.0.0.1", "--snmp-port", str(port), *more],
        env={
            **os.environ,
            "LABELHUB_DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3",
            "LABELHUB_DATA_DIR": "/nowhere",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_works() -> None:
    with Agent(PT) as agent:
        done = _probe(agent.port)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("PT-P750W: Ready. Loaded: 12 mm")
    for fact in ("12mm, laminated", "black on white", "17", "status-block, SNMP v2c"):
        assert fact in done.stdout


def test_json_has_the_shape_of_the_api() -> None:
    with Agent(QL) as agent:
        done = _probe(agent.port, "--json")
    seen = json.loads(done.stdout)
    assert done.returncode == 0
    assert (seen["model"], seen["online"], seen["state"], seen["reasons"]) == ("QL-820NWB", True, "idle", [])
    assert (seen["tape_loaded"], seen["error_state"], seen["source"]) == ("62mm x 29mm", None, "status-block")
    assert seen["media"]["type"] == "die-cut"
    assert seen["captured_at"].endswith("Z")


def test_a_printer_that_needs_a_person() -> None:
    with Agent({**PT, oids.STATUS_BLOCK: build_block(series=0x30, model_code=0x68, error2=0x10)}) as agent:
        done = _probe(agent.port)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "PT-P750W: Cover open. Close the cover."


def test_snmp_is_off() -> None:
    done = _probe(9)
    assert done.returncode == 1
    assert "Switch SNMP on in the printer's web page" in done.stdout
    assert "Editor Lite" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_wrong_community() -> None:
    with Agent(PT) as agent:
        done = _probe(agent.port, "--community", "geheim", "--timeout", "0.5")
    assert done.returncode == 1
    assert "community" in done.stdout
    assert "geheim" not in done.stdout


def test_a_wrong_community_of_a_device_without_public() -> None:
    with Agent(PT, community=b"geheim") as agent:
        done = _probe(agent.port, "--timeout", "0.3")
    assert done.returncode == 1
    assert "its community name is another than the hub's" in done.stdout


def test_one_that_is_asleep_is_woken_and_asked_again() -> None:
    # Three packets are lost: the question, and two more at half time.
    with Agent(PT, lose=3) as agent:
        done = _probe(agent.port, "--timeout", "0.5")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("PT-P750W: Ready.")


def test_one_that_stays_silent_may_be_off_asleep_or_a_usb_drive() -> None:
    with Agent(PT, deaf=True) as agent:
        done = _probe(agent.port, "--timeout", "0.3")
    assert done.returncode == 1
    for cause in ("switched off or asleep", "Network > Protocol > SNMP", "Editor Lite"):
        assert cause in done.stdout


def test_a_silent_one_in_json() -> None:
    with Agent(PT, deaf=True) as agent:
        done = _probe(agent.port, "--json", "--timeout", "0.3")
    seen = json.loads(done.stdout)
    assert (done.returncode, seen["online"], seen["model"]) == (1, False, None)
    assert "did not answer" in seen["last_error"]


def test_no_printer() -> None:
    with Agent(SWITCH) as agent:
        done = _probe(agent.port)
    assert done.returncode == 1
    assert "it calls itself “ProCurve Switch 2810-24G”" in done.stdout


@pytest.mark.parametrize("more", [("--timeout", "0"), ("--snmp-port", "70000")])
def test_bad_options_are_sentences(more: tuple[str, str]) -> None:
    done = _probe(9, *more)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: ")


@pytest.mark.services
def test_net_snmp_as_a_printer(tmp_path: Path) -> None:
    with NetSnmp(QL, tmp_path) as agent:
        done = _probe(agent.port)
    assert done.stdout.splitlines()[-1].startswith("QL-820NWB: Ready. Loaded: 62 × 29 mm")
