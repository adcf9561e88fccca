import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from printers.emulator import EmulatedPrinter
from printers.raster import Raster
from tests.printers.emulator.streams import PT_START, picture, pt_page, send

ROOT = Path(__file__).resolve().parents[3]
JOB = PT_START + pt_page(Raster(picture(64, 70)))


@contextmanager
def running(out: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], EmulatedPrinter]]:
    command = [sys.executable, "manage.py", "emulator", "--port", "0", "--snmp-port", "0", "--out", str(out), *options]
    environment = os.environ | {"LABELHUB_DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            ports = re.search(r"raw port 127\.0\.0\.1:(\d+), SNMP 127\.0\.0\.1:(\d+)", said)
            assert ports is not None, said
            there = EmulatedPrinter("pt-p710bt", "12")
            there.port, there.snmp_port = int(ports[1]), int(ports[2])
            process.stdout.readline()
            yield process, there
        finally:
            process.kill()


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_works(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, "--model", "PT-P710BT", "--media", "12", "--speed", "0") as (process, there):
        assert process.stdout is not None
        send(there, JOB)
        assert process.stdout.readline() == "0001.png: 9.0 mm on tze:12, cut off\n"
        assert Raster.from_png((tmp_path / "0001.png").read_bytes()).lines == 64
        process.send_signal(number)
        assert process.wait(5) == 0


@pytest.mark.processes
def test_obeys_its_standard_input(tmp_path: Path) -> None:
    with running(tmp_path, "--model", "PT-P710BT", "--media", "12", "--fault", "cover-open") as (process, _):
        assert process.stdin is not None
        assert process.stdout is not None
        said = []
        for line in ("status", "clear cover-open", "load 24", "status", "tape-out=x", "tape-out=5", "status"):
            process.stdin.write(line + "\n")
            process.stdin.flush()
            said.append(process.stdout.readline().strip())
        process.stdin.write("quit\n")
        process.stdin.flush()
        assert process.wait(5) == 0
    assert said == [
        "COVER OPEN, tze:12, 0 labels, faults: cover-open",
        "cleared",
        "tze:24 is loaded",
        "READY, tze:24, 0 labels, faults: none",
        "The fault tape-out takes a number from 0 on, not “x”.",
        "tape-out=5 from now on",
        "READY, tze:24, 0 labels, faults: tape-out",
    ]


def refusal(out: Path, *options: str) -> str:
    usual = ["--port", "0", "--snmp-port", "0", "--out", str(out)]
    with pytest.raises(CommandError) as refused:
        call_command("emulator", *usual, *options)
    return str(refused.value)


def test_unknown_model(tmp_path: Path) -> None:
    said = refusal(tmp_path, "--model", "PT-P750X", "--media", "12")
    assert "PT-P750X" in said
    assert "PT-P750W" in said


def test_unknown_medium(tmp_path: Path) -> None:
    assert "13" in refusal(tmp_path, "--model", "PT-P750W", "--media", "13")


def test_medium_that_does_not_fit(tmp_path: Path) -> None:
    said = refusal(tmp_path, "--model", "PT-P750W", "--media", "36")
    assert said.startswith("A PT-P750W cannot take 36 mm tape")


def test_unknown_fault(tmp_path: Path) -> None:
    said = refusal(tmp_path, "--model", "PT-P750W", "--media", "12", "--fault", "hangs")
    assert said.startswith("There is no fault called “hangs”. Did you mean hang?")


def test_unknown_colour(tmp_path: Path) -> None:
    said = refusal(tmp_path, "--model", "PT-P750W", "--media", "12", "--tape-color", "plaid")
    assert said.startswith("No tape has the colour “plaid”.")


@pytest.mark.parametrize(("option", "value"), [("--port", "70000"), ("--snmp-port", "x"), ("--speed", "-1")])
def test_values_that_are_none(tmp_path: Path, option: str, value: str) -> None:
    said = refusal(tmp_path, "--model", "PT-P750W", "--media", "12", option, value)
    assert f"not “{value}”" in said


def test_ports_in_use(tmp_path: Path) -> None:
    with EmulatedPrinter("pt-p750w", "12") as printer:
        said = refusal(tmp_path, "--model", "PT-P750W", "--media", "12", "--port", str(printer.port))
        assert said == f"127.0.0.1, TCP port {printer.port} cannot be used: Address already in use."
        said = refusal(tmp_path, "--model", "PT-P750W", "--media", "12", "--snmp-port", str(printer.snmp_port))
        assert said == f"127.0.0.1, UDP port {printer.snmp_port} cannot be used: Address already in use."


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    said = refusal(tmp_path / "out", "--model", "PT-P750W", "--media", "12")
    assert said == f"The folder {tmp_path / 'out'} cannot be used for labels: File exists."
