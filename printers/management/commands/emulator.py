import contextlib
import os
import select
import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from printers.emulator import FAULTS, EmulatedPrinter
from printers.errors import HubError

HELP = "a fault to set it, clear, clear FAULT, load MEDIUM, status, faults, quit"


class Command(BaseCommand):
    help = "A Brother label printer in software: raw port, SNMP, and a PNG for each label that comes out."
    requires_system_checks: list[str] = []  # it needs no database and no hub

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--model", required=True, help="PT-P750W, QL-820NWB, …")
        parser.add_argument("--media", required=True, help="12 (its 12 mm tape or roll), 29x90, hse:11.7, dk:62red, …")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=_port, default=9100, help="raw TCP port (9100; 0 takes a free one)")
        parser.add_argument("--snmp-port", type=_port, default=1161, help="SNMP port, UDP (1161; 0 takes a free one)")
        parser.add_argument("--community", default="public", help="SNMP community (public)")
        parser.add_argument("--out", type=Path, required=True, help="folder for labels: 0001.png …, labels.jsonl")
        parser.add_argument("--fault", action="append", default=[], metavar="MODE", help=f"one of {', '.join(FAULTS)}")
        parser.add_argument("--speed", type=_speed, default=1.0, help="times the model's own (1); 0 prints at once")
        parser.add_argument("--tape-color", help="white, clear, yellow, … (tape printers: white)")
        parser.add_argument("--text-color", help="black, red, white, … (tape printers: black)")
        parser.add_argument("--hold", action="store_true", help="keep a label that meets an error until it is cleared")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            printer = EmulatedPrinter(
                options["model"],
                options["media"],
                host=options["host"],
                port=options["port"],
                snmp_port=options["snmp_port"],
                out=options["out"],
                speed=options["speed"],
                community=options["community"],
                tape_color=options["tape_color"],
                text_color=options["text_color"],
                holds=options["hold"],
                said=self._say,
            )
            for mode in options["fault"]:
                printer.set_fault(mode)
        except (HubError, ValueError) as error:
            raise CommandError(str(error)) from None
        with _signals() as wake:
            try:
                printer.start()
            except OSError as error:
                raise CommandError(error.strerror) from None
            try:
                ports = f"raw port {printer.host}:{printer.port}, SNMP {printer.host}:{printer.snmp_port}"
                self._say(f"{printer.model.name} with {printer.medium_key}: {ports}, labels in {options['out']}")
                self._say(f"Type {HELP}. Ctrl-C ends it.")
                self._obey(printer, wake)
            finally:
                printer.stop()

    def _obey(self, printer: EmulatedPrinter, wake: int) -> None:
        """Lines from standard input until a signal, `quit`; its end alone ends nothing."""
        rest, listening = b"", True
        while True:
            foreground = listening and _may_read(sys.stdin)
            ready, _, _ = select.select([wake, *([0] if foreground else [])], [], [], 1.0)
            if wake in ready:
                return
            if 0 in ready:
                data = os.read(0, 4096)
                listening = bool(data)
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    if line.strip() == b"quit":
                        return
                    self._do(printer, line.decode(errors="replace").strip())

    def _do(self, printer: EmulatedPrinter, line: str) -> None:
        verb, _, argument = line.partition(" ")
        try:
            if not line:
                return
            if verb == "clear":
                printer.clear_fault(argument.strip() or None)
                self._say("cleared")
            elif verb == "load":
                printer.load(argument.strip())
                self._say(f"{printer.medium_key} is loaded")
            elif verb == "status":
                self._say(printer.summary)
            elif verb == "faults":
                self._say("\n".join(f"{name:14}{what}" for name, what in FAULTS.items()))
            elif verb == "help":
                self._say(HELP)
            else:
                printer.set_fault(line)
                self._say(f"{line} from now on")
        except (HubError, ValueError) as error:
            self._say(str(error))

    def _say(self, text: str) -> None:
        # Labels go on coming out when nobody reads along any more.
        with contextlib.suppress(OSError):
            print(text, flush=True)


@contextlib.contextmanager
def _signals() -> Iterator[int]:
    """A descriptor that becomes readable when the process is asked to end."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    wakeup = signal.set_wakeup_fd(writing)
    asked_to_end = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: None) for number in asked_to_end]
    try:
        yield reading
    finally:
        for number, handler in zip(asked_to_end, before, strict=True):
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        os.close(reading)
        os.close(writing)


def _may_read(stream: Any) -> bool:
    """A background job that reads its terminal would be stopped by it."""
    if stream is None or stream.closed:
        return False
    return not os.isatty(0) or os.tcgetpgrp(0) == os.getpgrp()


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"a port is a number from 0 to 65535, not “{text}”")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed < float("inf"):
        raise ArgumentTypeError(f"a speed is a number from 0 on, not “{text}”")
    return speed
