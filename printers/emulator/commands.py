"""Bytes, in whatever pieces they arrive, into raster commands.

Written from Brother's "Raster Command Reference" (PT-E550W/P750W/P710BT v1.02, PT-P900 v1.02, QL-800 v1.01, QL-1100),
and from nothing that encodes: this is the other side.
"""

import re
from collections.abc import Iterator

from printers.brother_status import COMMUNICATION_ERROR

INVALIDATE = b"\0"
INITIALISE = b"\x1b@"
MODE = b"\x1bia"
NOTIFY = b"\x1bi!"
PRINT_INFORMATION = b"\x1biz"
VARIOUS = b"\x1biM"
CUT_EVERY = b"\x1biA"
EXPANDED = b"\x1biK"
MARGIN = b"\x1bid"
STATUS = b"\x1biS"
COMPRESSION = b"M"
PT_LINE = b"G"
QL_LINE = b"g"
COLOUR_LINE = b"w"
EMPTY_LINE = b"Z"
PRINT = b"\x0c"
PRINT_AND_FEED = b"\x1a"

PAYLOADS = {
    INITIALISE: 0,
    MODE: 1,
    NOTIFY: 1,
    PRINT_INFORMATION: 10,
    VARIOUS: 1,
    CUT_EVERY: 1,
    EXPANDED: 1,
    MARGIN: 2,
    STATUS: 0,
    COMPRESSION: 1,
    EMPTY_LINE: 0,
    PRINT: 0,
    PRINT_AND_FEED: 0,
}
LINES = frozenset({PT_LINE, QL_LINE, COLOUR_LINE})
REPEATED = frozenset({PT_LINE, QL_LINE, EMPTY_LINE})

_ZEROS = re.compile(rb"\0+")


class StreamError(Exception):
    """The stream cannot be printed: `reason` for people, and the bits that the status block then shows."""

    def __init__(self, reason: str, *, error1: int = 0, error2: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.error1 = error1
        self.error2 = error2 if error1 or error2 else COMMUNICATION_ERROR


# Code, payload, and how often: the same raster line one after the other, as most lines of a label are.
Command = tuple[bytes, bytes, int]


class CommandReader:
    """Keeps at most one unfinished command; a raster line longer than `longest_line` bytes is refused by its header."""

    def __init__(self, longest_line: int) -> None:
        self._longest_line = longest_line
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Command]:
        """The commands that `data` completes; raises StreamError at the first that is none.

        A run of zeros is one, and so is one of the same raster line.
        """
        buffer, start = self._rest + data, 0
        self._rest = b""
        size, longest = len(buffer), self._longest_line
        while True:
            code = buffer[start : start + 1]
            if code in LINES:
                if start + 3 > size:
                    break
                length = buffer[start + 2] if code != PT_LINE else buffer[start + 1] | buffer[start + 2] << 8
                if not 0 < length <= longest:
                    raise StreamError(f"a raster line of {length} bytes")
                body, end = start + 1, start + 3 + length
            elif (found := self._next(buffer, start)) is not None:
                code, body, end = found
            else:
                break
            if end > size:
                break
            payload, times = buffer[body:end], 1
            if code in REPEATED:
                line = buffer[start:end]
                while buffer.startswith(line, end):
                    end, times = end + len(line), times + 1
            yield code, payload, times
            start = end
        self._rest = buffer[start:]

    @property
    def unfinished(self) -> bool:
        return bool(self._rest)

    def _next(self, buffer: bytes, start: int) -> tuple[bytes, int, int] | None:
        """The code of what is no raster line, and where its payload begins and ends."""
        if zeros := _ZEROS.match(buffer, start):
            return INVALIDATE, zeros.end(), zeros.end()
        code = self._code(buffer, start)
        if code is None:
            return None
        body = start + len(code)
        return code, body, body + PAYLOADS[code]

    def _code(self, buffer: bytes, start: int) -> bytes | None:
        for length in (1, 2, 3):
            code = buffer[start : start + length]
            if code in PAYLOADS:
                return code
            if len(code) < length:
                return None
            if code not in (b"\x1b", b"\x1bi"):
                break
        raise StreamError(f"unknown command {code.hex(' ')}")
