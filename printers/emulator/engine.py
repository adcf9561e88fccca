"""The printer at work: one session after another on the raw port, and the time that printing takes."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from printers.brother_status import END_OF_MEDIA, SYSTEM_ERROR
from printers.emulator.commands import StreamError
from printers.emulator.device import Device
from printers.emulator.faults import Fault
from printers.emulator.interpreter import Interpreter
from printers.emulator.listener import Listener, slam
from printers.emulator.pages import Page
from printers.emulator.shelf import Printed, Shelf

PIECE = 65536
# What may lie unread in the printer's memory before it stops reading.
MEMORY = 512 * 1024
WAITING_CONNECTIONS = 8
# Between cutter and print head; every chain of a PT begins with it.
PT_HEAD_TO_CUTTER_MM = 22.5
FROZEN = ("hang", "zero-window", "unreachable")


class Stopped(Exception):
    """The device is in no state to print: a cause outside the stream, which ends when that ends."""


class PowerLost(Exception):
    """Somebody pulled the plug in the middle of a label."""


class Engine:
    """Runs in one event loop. `most_at_once` is how many connections it ever saw open at the same time."""

    def __init__(
        self,
        device: Device,
        shelf: Shelf,
        *,
        speed: float,
        min_phase_s: float,
        holds: bool,
        came_out: Callable[[Printed], None],
        went_wrong: Callable[[str], None],
    ) -> None:
        self.device = device
        self._shelf = shelf
        self._speed = speed
        self._min_phase_s = min_phase_s
        self._holds = holds
        self._came_out = came_out
        self._went_wrong = went_wrong
        self._listener: Listener | None = None
        self._port_mode = ""
        self._sessions: set[asyncio.Task[None]] = set()
        self._open: set[socket.socket] = set()
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._jobs = 0
        # False while a label that was printed is still behind the cutter: the next one needs no blank before it.
        self._fed_out = True
        self.connections = 0
        self.most_at_once = 0
        self.bytes_read = 0

    def listen(self, listener: Listener) -> None:
        self._listener = listener
        self.changed()

    async def stop(self) -> None:
        self._set_port("refuse")
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def changed(self) -> None:
        """A fault came or went: wake whoever waits, and open, close or hide the port."""
        self._news.set()
        self._news = asyncio.Event()
        faults = self.device.faults
        if "off" in faults:
            self.device.printing = False
            for session in self._sessions:
                session.cancel()
        if "off" in faults or "refuse" in faults:
            self._set_port("refuse")
        elif "unreachable" in faults:
            self._set_port("vanish")
        else:
            self._set_port("narrow" if "zero-window" in faults else "open")

    def _set_port(self, mode: str) -> None:
        if self._listener is None or mode == self._port_mode:
            return
        self._accept_more(False)
        self._port_mode = mode
        if mode == "refuse":
            self._listener.refuse()
        elif mode == "vanish":
            self._listener.vanish()
        else:
            self._listener.open(smallest_window=mode == "narrow")
            self._accept_more(True)

    def _accept_more(self, wanted: bool) -> None:
        loop = asyncio.get_running_loop()
        if self._listener is None:
            return
        if wanted and self._port_mode in ("open", "narrow") and len(self._sessions) < WAITING_CONNECTIONS:
            loop.add_reader(self._listener.socket, self._accept)
        else:
            loop.remove_reader(self._listener.socket)

    def _accept(self) -> None:
        if self._listener is None:
            return
        try:
            connection, _ = self._listener.socket.accept()
        except OSError:
            return
        connection.setblocking(False)
        session = asyncio.get_running_loop().create_task(self._serve(connection))
        self._sessions.add(session)
        session.add_done_callback(self._gone)
        self.connections += 1
        self._open.add(connection)
        self.most_at_once = max(self.most_at_once, len(self._open))
        self._accept_more(True)

    def _gone(self, session: asyncio.Task[None]) -> None:
        self._sessions.discard(session)
        # A bug in here must not look like a printer that is busy.
        if not session.cancelled() and (error := session.exception()) is not None:
            self._went_wrong(f"the emulator failed: {error!r}")
        self._accept_more(True)

    async def _serve(self, connection: socket.socket) -> None:
        try:
            # One at a time; who comes second is connected and waits unread, as with the real ones.
            async with self._turn:
                await self._session(connection)
        except PowerLost:
            slam(connection)
            self.device.faults.pop("power-off", None)
            self.device.faults["off"] = Fault("off")
            self._went_wrong("the power went off in the middle of a label")
            self.changed()
        except asyncio.CancelledError:
            slam(connection)
        finally:
            connection.close()
            self._open.discard(connection)

    async def _session(self, connection: socket.socket) -> None:
        inbox: asyncio.Queue[bytes] = asyncio.Queue(maxsize=MEMORY // PIECE)
        receiving = asyncio.create_task(self._receive(connection, inbox))
        interpreter = Interpreter(self.device.model, lambda: self.device.in_it)
        held: Page | None = None
        try:
            while data := await inbox.get():
                for page in interpreter.feed(data):
                    if held is not None:
                        await self._print(held)
                    held = page if "holds-pages" in self.device.faults and not page.last else None
                    if held is None:
                        await self._print(page)
            if held is not None:
                self._went_wrong("the sender left without the page that the one before it waits for")
            if interpreter.unfinished:
                self._went_wrong("the sender left in the middle of a label; nothing of it is printed")
        except (StreamError, Stopped) as error:
            if isinstance(error, StreamError):
                self.device.latch(error)
            self._went_wrong(f"{error}; the rest of this connection is thrown away")
            while await inbox.get():
                pass
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    async def _receive(self, connection: socket.socket, inbox: asyncio.Queue[bytes]) -> None:
        """Network into memory until the sender closes; closes at once then, whatever is still to be printed."""
        received, dumb = 0, False
        try:
            while data := await self._read(connection):
                received += len(data)
                self.bytes_read += len(data)
                reset = self.device.faults.get("reset")
                if reset is not None and received >= reset.number:
                    slam(connection)
                    break
                if "half-close" in self.device.faults and not dumb:
                    dumb = True
                    connection.shutdown(socket.SHUT_WR)
                if not dumb:
                    await inbox.put(data)
        except OSError:
            pass
        connection.close()
        self._open.discard(connection)
        await inbox.put(b"")

    async def _read(self, connection: socket.socket) -> bytes:
        loop = asyncio.get_running_loop()
        while any(name in self.device.faults for name in FROZEN):
            await self._news.wait()
        if slow := self.device.faults.get("slow"):
            await asyncio.sleep(0.05)
            return await loop.sock_recv(connection, max(1, int(slow.number / 20)))
        return await loop.sock_recv(connection, PIECE)

    async def _print(self, page: Page) -> None:
        device = self.device
        while device.has_error and self._holds:
            await self._news.wait()
        if device.has_error:
            raise Stopped(f"not printed: {device.error_text}")
        blank = PT_HEAD_TO_CUTTER_MM if self._fed_out and page.number == 1 and device.model.family == "pt" else 0.0
        tape_mm = page.raster.length_mm + 2 * page.margin_mm + blank
        device.printing = True
        try:
            await self._feed(tape_mm)
            if page.number == 1:
                self._jobs += 1
            try:
                printed = self._shelf.put(page, job=self._jobs, tape_mm=tape_mm, model=device.model.name)
            except OSError as error:
                raise StreamError(f"the label cannot be kept: {error}", error2=SYSTEM_ERROR) from None
            device.life_count += 1
            self._fed_out = page.last and page.cut == "full"
            self._came_out(printed)
        finally:
            device.printing = False

    async def _feed(self, tape_mm: float) -> None:
        """Let the tape run; raises StreamError where it ends, Stopped, or PowerLost."""
        device = self.device
        seconds = tape_mm / device.model.speed_mm_s / self._speed if self._speed else 0.0
        seconds = max(seconds, self._min_phase_s)
        left = device.tape_left_mm
        if "power-off" in device.faults:
            await self._run(seconds / 2)
            raise PowerLost
        if left is not None and tape_mm > left:
            await self._run(seconds * left / tape_mm)
            device.tape_left_mm = 0.0
            raise StreamError(f"the media ended {left:.1f} mm into the label", error1=END_OF_MEDIA)
        await self._run(seconds)
        if left is not None:
            device.tape_left_mm = left - tape_mm

    async def _run(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (rest := end - loop.time()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), rest)
            if self.device.has_error:
                raise Stopped(f"stopped while printing: {self.device.error_text}")
