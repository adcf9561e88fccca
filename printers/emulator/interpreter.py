"""Raster commands into pages, as strict as no real printer is.

A real one prints something when a stream is wrong; this one says what is wrong. Rules are those of Brother's "Raster
Command Reference"; where the public encoders ptouch and brother_ql leave something out, and real printers still
print, it is let through here.
"""

from collections.abc import Callable, Iterator

from PIL import Image, ImageOps

from printers import brother_status as status
from printers.emulator import commands
from printers.emulator.commands import CommandReader, StreamError
from printers.emulator.information import FIRST_PAGE, LAST_PAGE, PrintInformation, wrong_media
from printers.emulator.media import Loaded
from printers.emulator.packbits import unpack
from printers.emulator.pages import Cut, Lines, Page
from printers.media import Model
from printers.raster import Raster

AUTO_CUT, MIRROR = 0x40, 0x80
DRAFT, HALF_CUT, NO_CHAIN, SPECIAL_TAPE, HIGH_RESOLUTION, NO_BUFFER_CLEARING = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
TWO_COLOUR, CUT_AT_END = 0x01, 0x08
PT_EXPANDED = DRAFT | HALF_CUT | NO_CHAIN | SPECIAL_TAPE | HIGH_RESOLUTION | NO_BUFFER_CLEARING
QL_EXPANDED = TWO_COLOUR | CUT_AT_END | HIGH_RESOLUTION
BLACK, RED = 0x01, 0x02
PT_LEAST_MARGIN, QL_LEAST_MARGIN = 14, 35
LARGEST_MARGIN_MM = 127.5


class Interpreter:
    """One session's stream. `loaded` is asked whenever media matter: they may change while it runs."""

    def __init__(self, model: Model, loaded: Callable[[], Loaded]) -> None:
        self._model = model
        self._pt = model.family == "pt"
        self._loaded = loaded
        # A PackBits line is never longer than one byte per 128 more than it stands for; twice that is generous.
        self._reader = CommandReader(longest_line=model.bytes_per_line * 2 + 2)
        self._blank = bytes(model.bytes_per_line)
        self._initialised = False
        self._pages = 0
        self._reset()
        # Most of what comes are lines of one colour, one after the other: so many of them are expected.
        self._due = 0
        self._plain = (commands.PT_LINE if self._pt else commands.QL_LINE, commands.EMPTY_LINE)
        self._handlers: dict[bytes, Callable[[bytes], None]] = {
            commands.NOTIFY: self._notify,
            commands.PRINT_INFORMATION: self._print_information,
            commands.VARIOUS: self._various,
            commands.CUT_EVERY: self._cut_every_n,
            commands.EXPANDED: self._expanded,
            commands.MARGIN: self._margin,
            commands.COMPRESSION: self._compression,
        }
        self._lines_of: dict[bytes, Callable[[bytes, int], None]] = {
            commands.PT_LINE: self._pt_line,
            commands.QL_LINE: self._ql_line,
            commands.COLOUR_LINE: self._colour_line,
            commands.EMPTY_LINE: self._empty_line,
        }

    def feed(self, data: bytes) -> Iterator[Page]:
        """The pages that `data` completes, one at a time; raises StreamError at the first thing that is wrong.

        The caller prints a page before it asks for the next, and gives up the session after an error.
        """
        for code, payload, times in self._reader.feed(data):
            if times <= self._due and code in self._plain and (self._pt or not payload or payload[0] == 0):
                self._due -= times
                self._lines.black += (self._unpacked(payload[2:]) if payload else self._blank) * times
                continue
            page = self._execute(code, payload, times)
            self._due = self._lines_due()
            if page is not None:
                yield page

    @property
    def unfinished(self) -> bool:
        """Something came that was not printed: the sender left in the middle."""
        return self._reader.unfinished or self._lines.count > 0

    def _lines_due(self) -> int:
        """How many lines of one colour would be accepted now, whatever is in them."""
        if not self._initialised or self._invalidated or not self._raster_mode or self._two_colour:
            return 0
        if self._information is None or self._packed is None:
            return 0
        return self._information.lines - self._lines.count

    def _reset(self) -> None:
        self._raster_mode = not self._model.mode_command
        self._information: PrintInformation | None = None
        self._packed: bool | None = None if self._model.compression else False
        self._flags = 0
        self._various_flags = 0
        self._cut_every = 1
        self._margin_dots: int | None = None
        self._invalidated = False
        self._lines = Lines(self._model.bytes_per_line)

    def _execute(self, code: bytes, payload: bytes, times: int) -> Page | None:
        if (add_lines := self._lines_of.get(code)) is not None:
            self._check_ready(code)
            add_lines(payload, times)
        elif code == commands.INVALIDATE:
            self._invalidated = self._lines.count > 0
        elif code == commands.INITIALISE:
            if self._pages:
                raise StreamError("ESC @ inside an open chain: the page before it was no last page")
            self._reset()
            self._initialised = True
        elif code == commands.MODE:
            if payload != b"\1":
                raise StreamError(f"mode {payload.hex()} is not raster mode")
            self._raster_mode = True
        elif code == commands.STATUS:
            pass  # No answer: on the network nothing useful comes back.
        else:
            self._check_ready(code)
            if code in (commands.PRINT, commands.PRINT_AND_FEED):
                return self._print(last=code == commands.PRINT_AND_FEED)
            if self._lines.count:
                raise StreamError(f"{code.hex(' ')} between raster lines")
            self._handlers[code](payload)
        return None

    def _check_ready(self, code: bytes) -> None:
        if not self._initialised:
            raise StreamError(f"{code.hex(' ')} before ESC @ (initialise)")
        if self._invalidated:
            raise StreamError("zeros between raster lines")
        if not self._raster_mode:
            raise StreamError(f"{code.hex(' ')} outside raster mode (ESC i a 01)")

    def _notify(self, payload: bytes) -> None:
        if payload[0] > 1:
            raise StreamError(f"status notification {payload.hex()}")

    def _print_information(self, payload: bytes) -> None:
        information = PrintInformation.read(payload)
        if information.page != FIRST_PAGE and not self._pages:
            raise StreamError("the first page of a job says that it is not the first")
        if not information.lines:
            raise StreamError("print information for 0 raster lines")
        information.check(self._loaded(), pt=self._pt)
        self._information = information

    def _various(self, payload: bytes) -> None:
        if payload[0] & ~(AUTO_CUT | MIRROR):
            raise StreamError(f"unknown bits in ESC i M {payload.hex()}")
        self._various_flags = payload[0]

    def _cut_every_n(self, payload: bytes) -> None:
        if not payload[0]:
            raise StreamError("cut every 0 labels")
        self._cut_every = payload[0]

    def _expanded(self, payload: bytes) -> None:
        flags = payload[0]
        if flags & ~(PT_EXPANDED if self._pt else QL_EXPANDED):
            raise StreamError(f"unknown bits in ESC i K {payload.hex()}")
        if not self._pt and flags & TWO_COLOUR and not self._model.two_colour:
            raise StreamError(f"two colours on a {self._model.name}, which has one")
        if flags & HIGH_RESOLUTION and not self._model.high_resolution:
            raise StreamError(f"high resolution on a {self._model.name}, which has none")
        self._flags = flags

    def _margin(self, payload: bytes) -> None:
        self._margin_dots = int.from_bytes(payload, "little")

    def _compression(self, payload: bytes) -> None:
        if payload not in (b"\0", b"\2"):
            raise StreamError(f"compression mode {payload.hex()}")
        if payload == b"\2" and not self._model.compression:
            raise StreamError(f"compression on a {self._model.name}, which has none")
        self._packed = payload == b"\2"

    def _pt_line(self, payload: bytes, times: int) -> None:
        if not self._pt:
            raise StreamError(f"a PT raster line (G) on a {self._model.name}")
        self._add(payload[2:], times)

    def _ql_line(self, payload: bytes, times: int) -> None:
        if self._pt:
            raise StreamError(f"a QL raster line (g) on a {self._model.name}")
        if payload[0]:
            raise StreamError(f"raster line g {payload[:2].hex(' ')}")
        if self._two_colour:
            raise StreamError("a one-colour raster line in two-colour mode")
        self._add(payload[2:], times)

    def _colour_line(self, payload: bytes, _times: int) -> None:
        if not self._two_colour:
            raise StreamError("a two-colour raster line in one-colour mode")
        if payload[0] != (RED if self._waits_for_red else BLACK):
            raise StreamError(f"colour {payload[0]:02x} out of turn")
        if payload[0] == RED:
            self._lines.red += self._unpacked(payload[2:])
        else:
            self._check_room()
            self._lines.black += self._unpacked(payload[2:])

    def _empty_line(self, _: bytes, times: int) -> None:
        if self._waits_for_red:
            raise StreamError("an empty line where a red one is due")
        self._check_room(times)
        self._lines.black += self._blank * times
        if self._two_colour:
            self._lines.red += self._blank * times

    def _add(self, data: bytes, times: int) -> None:
        self._check_room(times)
        self._lines.black += self._unpacked(data) * times

    @property
    def _two_colour(self) -> bool:
        return not self._pt and bool(self._flags & TWO_COLOUR)

    @property
    def _waits_for_red(self) -> bool:
        return self._two_colour and len(self._lines.red) < len(self._lines.black)

    def _check_room(self, times: int = 1) -> None:
        if self._information is None:
            raise StreamError("a raster line without print information (ESC i z)")
        if self._packed is None:
            raise StreamError("a raster line without a compression mode (M)")
        if self._lines.count + times > self._information.lines:
            raise StreamError(f"more raster lines than the {self._information.lines} announced")

    def _unpacked(self, data: bytes) -> bytes:
        size = self._model.bytes_per_line
        if self._packed:
            try:
                return unpack(data, size)
            except ValueError as error:
                raise StreamError(f"raster line {self._lines.count + 1}: {error}") from None
        if len(data) != size:
            raise StreamError(f"raster line {self._lines.count + 1} has {len(data)} bytes instead of {size}")
        return data

    def _print(self, *, last: bool) -> Page:
        information, lines = self._information, self._lines
        if information is None:
            raise StreamError("print without a page")
        if self._waits_for_red or lines.count != information.lines:
            raise StreamError(f"{lines.count} raster lines where {information.lines} were announced")
        if information.page == LAST_PAGE and not last:
            raise StreamError("the page that said that it is the last ends with 0c (more follow)")
        loaded = self._loaded()
        # It may have been changed since the page began.
        information.check(loaded, pt=self._pt)
        self._check_length(loaded)
        number = self._pages + 1
        page = Page(
            raster=self._raster(loaded),
            cut=self._cut(number, last=last),
            number=number,
            last=last,
            margin_mm=self._checked_margin(loaded),
            mirrored=bool(self._various_flags & MIRROR),
            medium_key=loaded.medium.key,
        )
        self._pages = 0 if last else number
        self._information = None
        self._lines = Lines(self._model.bytes_per_line)
        return page

    @property
    def _high(self) -> int:
        return 2 if self._flags & HIGH_RESOLUTION else 1

    def _check_length(self, loaded: Loaded) -> None:
        count = self._lines.count
        least, most = loaded.min_lines * self._high, loaded.max_lines * self._high
        if count > most:
            raise StreamError(f"{count} raster lines, at most {most} fit", error2=status.BUFFER_FULL)
        if count < least:
            raise StreamError(f"{count} raster lines, a label on {loaded.medium.title} has {least} or more")

    def _raster(self, loaded: Loaded) -> Raster:
        planes = [self._lines.picture(self._lines.black, loaded.first_pin, loaded.pins)]
        if self._two_colour:
            if not loaded.medium.two_colour:
                raise wrong_media(f"two colours on {loaded.medium.title}, which has one")
            planes.append(self._lines.picture(self._lines.red, loaded.first_pin, loaded.pins))
        elif loaded.medium.two_colour:
            # Whoever does not ask for black on the black/red roll gets red.
            planes.insert(0, Image.new("1", planes[0].size, 255))
        if self._various_flags & MIRROR:
            planes = [ImageOps.flip(plane) for plane in planes]
        dpi = self._model.dpi
        return Raster(planes[0], planes[1] if len(planes) > 1 else None, dpi * self._high, dpi)

    def _cut(self, number: int, *, last: bool) -> Cut:
        if self._model.cuts_only_compressed and not self._packed:
            return "none"
        if self._various_flags & AUTO_CUT and number % self._cut_every == 0:
            return "full"
        # On a PT bit 3 says "no chain", on a QL "cut at end": either way the last label is cut off.
        if last and self._flags & CUT_AT_END:
            return "full"
        if self._pt and self._flags & HALF_CUT and not last:
            return "half" if self._model.half_cut else "none"
        return "none"

    def _checked_margin(self, loaded: Loaded) -> float:
        dpi = self._model.dpi * (self._high if self._pt else 1)
        if self._margin_dots is None:
            return loaded.margin_mm
        mm = self._margin_dots / dpi * 25.4
        least = PT_LEAST_MARGIN if self._pt else QL_LEAST_MARGIN if not loaded.medium.length_mm else 0
        if self._margin_dots < least or mm > LARGEST_MARGIN_MM:
            raise StreamError(f"a margin of {self._margin_dots} dots ({mm:.1f} mm)")
        return mm
