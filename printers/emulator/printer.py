"""The emulated printer as tests, the demo and the command see it; every method may be called from any thread."""

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Callable, Sized
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from printers.emulator.device import Device
from printers.emulator.endpoint import SnmpEndpoint
from printers.emulator.engine import Engine
from printers.emulator.faults import Fault, parse_fault
from printers.emulator.listener import Listener
from printers.emulator.loop import SHARED
from printers.emulator.media import Loaded, load, neighbour
from printers.emulator.shelf import Printed, Shelf
from printers.media import Model, find_model

T = TypeVar("T")

# Labels that a long-lived printer remembers; the folder keeps all.
REMEMBERED = 5000


class EmulatedPrinter:
    """A Brother label printer in software: raw port, SNMP, labels as PNG.

    `speed` is relative to the model's own, 0 prints at once; the printing phase lasts `min_phase_s` at least. `port`
    None has no raw port, `port` and `snmp_port` 0 take a free one. `holds` keeps a label that meets an open cover or
    an empty cassette and prints it when that ends; otherwise it is thrown away. `said` is told of every label and
    mishap, in the emulator's thread.

    Raises UnknownModel, UnknownMedium or MediumDoesNotFit here, and OSError from `start` where a port is taken or
    `out` cannot be written.
    """

    def __init__(
        self,
        model: str | Model,
        medium_key: str,
        *,
        host: str = "127.0.0.1",
        port: int | None = 0,
        snmp_port: int = 0,
        out: Path | None = None,
        speed: float = 1.0,
        fault: str | None = None,
        community: str = "public",
        min_phase_s: float = 0.05,
        tape_color: str | None = None,
        text_color: str | None = None,
        holds: bool = False,
        said: Callable[[str], None] | None = None,
    ) -> None:
        self.model = find_model(model) if isinstance(model, str) else model
        self.host = host
        self.out = out
        self._ports = (port, snmp_port)
        self._colors = (tape_color, text_color)
        self._said = said
        self._labels: deque[Printed] = deque(maxlen=REMEMBERED)
        self._mishaps: deque[str] = deque(maxlen=REMEMBERED)
        self._news = threading.Condition()
        self._device = Device(self.model, self._loaded(medium_key), community=community)
        self._usual = self._device.in_it
        self._speed, self._min_phase_s, self._holds = speed, min_phase_s, holds
        self._engine: Engine | None = None
        # Its numbers outlast it.
        self._counts: Engine | None = None
        self._snmp: asyncio.DatagramTransport | None = None
        self.port: int = 0
        self.snmp_port: int = 0
        if fault is not None:
            self._apply(parse_fault(fault))

    def start(self) -> Self:
        shelf = _understandable(lambda: Shelf(self.out), f"The folder {self.out} cannot be used for labels")
        port, snmp_port = self._ports
        listener = None
        if port is not None:
            listener = _understandable(
                lambda: Listener(self.host, port), f"{self.host}, TCP port {port} cannot be used"
            )
        try:
            datagrams = _understandable(
                lambda: _datagram_socket(self.host, snmp_port), f"{self.host}, UDP port {snmp_port} cannot be used"
            )
        except OSError:
            if listener is not None:
                listener.close()
            raise
        self.port = listener.port if listener is not None else 0
        self.snmp_port = datagrams.getsockname()[1]
        # The same ports again, should it be stopped and started.
        self._ports = (listener.port if listener is not None else None, self.snmp_port)
        SHARED.enter()
        try:
            SHARED.run(self._open(shelf, listener, datagrams))
        except OSError:
            datagrams.close()
            if listener is not None:
                listener.close()
            SHARED.leave()
            raise
        return self

    def stop(self) -> None:
        """Switch it off for good; a label that is half printed is lost. Harmless when it does not run."""
        if self._engine is not None:
            SHARED.run(self._close())
            SHARED.leave()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def labels(self) -> list[Printed]:
        """What came out, oldest first."""
        with self._news:
            return list(self._labels)

    @property
    def mishaps(self) -> list[str]:
        """What did not come out, and why: one sentence each."""
        with self._news:
            return list(self._mishaps)

    @property
    def printing(self) -> bool:
        return self._device.printing

    @property
    def has_error(self) -> bool:
        """The LED is red."""
        return self._device.has_error

    @property
    def medium_key(self) -> str:
        return self._device.in_it.medium.key

    @property
    def connections(self) -> int:
        return self._counts.connections if self._counts else 0

    @property
    def most_connections_at_once(self) -> int:
        return self._counts.most_at_once if self._counts else 0

    @property
    def bytes_read(self) -> int:
        return self._counts.bytes_read if self._counts else 0

    @property
    def summary(self) -> str:
        """One line for people: media, phase, errors, faults, labels."""
        device = self._device
        faults = ", ".join(sorted(device.faults)) or "none"
        return f"{device.display}, {self.medium_key}, {device.life_count} labels, faults: {faults}"

    def status_block(self) -> bytes:
        return self._device.block()

    def wait_for_labels(self, count: int, timeout_s: float = 10.0) -> list[Printed]:
        """The labels once there are `count` of them; raises TimeoutError, with the mishaps, where there are not."""
        self._wait_for(self._labels, count, timeout_s)
        return self.labels

    def wait_for_mishaps(self, count: int, timeout_s: float = 10.0) -> list[str]:
        """The mishaps once there are `count` of them; raises TimeoutError where there are not."""
        self._wait_for(self._mishaps, count, timeout_s)
        return self.mishaps

    def _wait_for(self, things: Sized, count: int, timeout_s: float) -> None:
        with self._news:
            if not self._news.wait_for(lambda: len(things) >= count, timeout_s):
                said = f"{len(self._labels)} labels came out; {list(self._mishaps)}"
                raise TimeoutError(f"{len(things)} of {count} after {timeout_s} s: {said}")

    def set_fault(self, mode: str) -> None:
        """Let it happen (see faults.FAULTS); several at once are possible. Raises ValueError for an unknown one."""
        fault = parse_fault(mode)
        self._do(lambda: self._apply(fault))

    def clear_fault(self, name: str | None = None) -> None:
        """End this fault, or all of them; with all of them, somebody has also cleared the red LED."""
        self._do(lambda: self._clear(name))

    def load(self, medium_key: str, *, tape_color: str | None = None, text_color: str | None = None) -> None:
        """Put other media in and close the cover; errors that media cause end."""
        if tape_color or text_color:
            self._colors = (tape_color, text_color)
        loaded = self._loaded(medium_key)
        self._do(lambda: self._put_in(loaded))

    def _loaded(self, medium_key: str) -> Loaded:
        return load(self.model, medium_key, *self._colors)

    def _do(self, change: Callable[[], None]) -> None:
        engine = self._engine
        if engine is None:
            change()
            return

        def changing() -> None:
            change()
            engine.changed()

        SHARED.call(changing)

    def _apply(self, fault: Fault) -> None:
        self._device.faults[fault.name] = fault
        if fault.name == "tape-out":
            self._device.tape_left_mm = fault.number
        elif fault.name == "wrong-media":
            other = self._loaded(fault.text) if fault.text else neighbour(self._usual, self.model)
            self._device.in_it = other

    def _clear(self, name: str | None) -> None:
        device = self._device
        if name is None:
            device.faults.clear()
            device.clear()
        device.faults.pop(name or "", None)
        if name in (None, "wrong-media"):
            device.load(self._usual)
        elif name in ("tape-out", "no-media"):
            device.load(device.in_it)

    def _put_in(self, loaded: Loaded) -> None:
        self._usual = loaded
        self._device.faults.pop("cover-open", None)
        self._device.load(loaded)

    async def _open(self, shelf: Shelf, listener: Listener | None, datagrams: socket.socket) -> None:
        engine = Engine(
            self._device,
            shelf,
            speed=self._speed,
            min_phase_s=self._min_phase_s,
            holds=self._holds,
            came_out=self._came_out,
            went_wrong=self._went_wrong,
        )
        if listener is not None:
            engine.listen(listener)
        self._snmp, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: SnmpEndpoint(self._device), sock=datagrams
        )
        self._engine = self._counts = engine

    async def _close(self) -> None:
        engine, self._engine = self._engine, None
        if self._snmp is not None:
            self._snmp.close()
            self._snmp = None
        if engine is not None:
            await engine.stop()
        # The transport closes its socket in the loop's next round.
        await asyncio.sleep(0)

    def _came_out(self, printed: Printed) -> None:
        with self._news:
            self._labels.append(printed)
            self._news.notify_all()
        if self._said is not None:
            cut = {"full": "cut off", "half": "half-cut", "none": "not cut"}[printed.cut]
            where = printed.png.name if printed.png else f"label {printed.number}"
            self._said(f"{where}: {printed.length_mm:.1f} mm on {printed.medium}, {cut}")

    def _went_wrong(self, reason: str) -> None:
        with self._news:
            self._mishaps.append(reason)
            self._news.notify_all()
        if self._said is not None:
            self._said(reason)


def _understandable(attempt: Callable[[], T], sentence: str) -> T:
    """Raises what the attempt raises as an OSError whose `strerror` is a sentence."""
    try:
        return attempt()
    except OSError as error:
        raise OSError(error.errno, f"{sentence}: {error.strerror}.") from None


def _datagram_socket(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
