"""What a sender says about a page before its lines."""

from dataclasses import dataclass

from printers.brother_status import BUFFER_FULL, REPLACE_MEDIA
from printers.emulator.commands import StreamError
from printers.emulator.media import Loaded

KIND_VALID, WIDTH_VALID, LENGTH_VALID, QUALITY, RECOVER = 0x02, 0x04, 0x08, 0x40, 0x80
FIRST_PAGE, LAST_PAGE = 0, 2


@dataclass(frozen=True, slots=True)
class PrintInformation:
    """`ESC i z`: what the sender believes to be loaded, and how many lines it will send."""

    flags: int
    media_type: int
    width: int
    length: int
    lines: int
    page: int

    @classmethod
    def read(cls, payload: bytes) -> "PrintInformation":
        flags, media_type, width, length = payload[:4]
        if flags & ~(KIND_VALID | WIDTH_VALID | LENGTH_VALID | QUALITY | RECOVER):
            raise StreamError(f"print information with unknown flags {flags:02x}")
        if payload[8] > LAST_PAGE or payload[9]:
            raise StreamError(f"print information that ends in {payload[8:].hex(' ')}")
        return cls(flags, media_type, width, length, int.from_bytes(payload[4:8], "little"), payload[8])

    def check(self, loaded: Loaded, *, pt: bool) -> None:
        """Raises StreamError where other media are meant than those that are loaded."""
        title, medium = loaded.medium.title, loaded.medium
        # ptouch calls the media type valid and sends 00; PT printers then take what is loaded.
        any_type = pt and self.media_type == 0
        if self.flags & KIND_VALID and not any_type and self.media_type not in loaded.accepted_types:
            raise wrong_media(f"media type {self.media_type:02x}, but {title} is loaded")
        if self.flags & WIDTH_VALID and self.width != medium.width_code:
            raise wrong_media(f"media {self.width} mm wide, but {title} is loaded")
        if self.flags & LENGTH_VALID and self.length != medium.length_code:
            raise wrong_media(f"media {self.length} mm long, but {title} is loaded")
        # High resolution may still be asked for after this command.
        if self.lines > 2 * loaded.max_lines:
            raise StreamError(f"{self.lines} raster lines are too many", error2=BUFFER_FULL)


def wrong_media(reason: str) -> StreamError:
    return StreamError(reason, error2=REPLACE_MEDIA)
