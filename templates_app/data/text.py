"""Bytes into text: which encoding a file has, found out without reading it into memory."""

import codecs
import io
from typing import BinaryIO, cast

from django.utils.translation import gettext as _

from templates_app.data.limits import TableRefused

_CHUNK = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    # Before UTF-16, whose mark it starts with.
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
# Control bytes that no text has; tab, line feed, form feed, carriage return and escape do occur.
_BINARY = frozenset(range(32)) - {9, 10, 12, 13, 27}


def decoded(file: BinaryIO) -> tuple[io.TextIOBase, str]:
    """The text, with its line ends as they are, and the encoding's name; raises TableRefused for what is no text."""
    codec, name = _encoding(file)
    file.seek(0)
    return io.TextIOWrapper(io.BufferedReader(_Kept(file)), encoding=codec, newline=""), name


def _encoding(file: BinaryIO) -> tuple[str, str]:
    start = file.read(4096)
    for mark, codec, name in _MARKS:
        if start.startswith(mark):
            if not _decodes(file, codec):
                raise TableRefused(_("The file says that it is %(name)s, but it is not.") % {"name": name})
            return codec, name
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if even + odd > len(start) // 4 and min(even, odd) <= max(even, odd) // 8:
        codec = "utf-16-be" if even > odd else "utf-16-le"
        if _decodes(file, codec):
            return codec, "UTF-16"
    if any(byte in _BINARY for byte in start):
        raise TableRefused(_("This is neither a text file nor an .xlsx workbook."))
    if _decodes(file, "utf-8"):
        return "utf-8", "UTF-8"
    return ("cp1252", "Windows-1252") if _decodes(file, "cp1252") else ("latin-1", "ISO 8859-1")


def _decodes(file: BinaryIO, codec: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class _Kept(io.RawIOBase):
    """An upload as io wants a file; closing the text leaves the upload open for its owner."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        found = self._file.read(len(view))
        view[: len(found)] = found
        return len(found)
