"""What the printer is at this moment: its media, errors, phase and counters. No sockets, no clock."""

from printers import brother_status as status
from printers.emulator.commands import StreamError
from printers.emulator.faults import Fault
from printers.emulator.media import Loaded
from printers.media import Model

IDLE, PRINTING, OTHER = 3, 4, 1
CODES = {key: codes for codes, key in reversed(status.MODEL_CODES.items())}
NO_PAPER, DOOR_OPEN, JAMMED, SERVICE = 0x40, 0x08, 0x04, 0x01


class Device:
    def __init__(self, model: Model, loaded: Loaded, *, community: str = "public") -> None:
        self.model = model
        self.community = community.encode()
        self.in_it = loaded
        self.faults: dict[str, Fault] = {}
        self.printing = False
        self.life_count = 0
        self.tape_left_mm: float | None = None
        self._error1 = 0
        self._error2 = 0

    def loaded(self) -> Loaded | None:
        """What the printer knows to be in it: nothing while the cover is open."""
        if "cover-open" in self.faults or "no-media" in self.faults:
            return None
        return self.in_it

    def load(self, loaded: Loaded) -> None:
        """New media, cover closed again; media errors end."""
        self.in_it = loaded
        self.tape_left_mm = None
        for name in ("no-media", "tape-out", "wrong-media"):
            self.faults.pop(name, None)
        self._error1 &= ~(status.NO_MEDIA | status.END_OF_MEDIA)
        self._error2 &= ~status.REPLACE_MEDIA

    def latch(self, error: StreamError) -> None:
        """The LED turns red and stays so until somebody clears it."""
        self._error1 |= error.error1
        self._error2 |= error.error2

    def clear(self) -> None:
        self._error1 = self._error2 = 0

    @property
    def error1(self) -> int:
        empty = status.NO_MEDIA if "no-media" in self.faults else 0
        return self._error1 | empty | (status.CUTTER_JAM if "jam" in self.faults else 0)

    @property
    def error2(self) -> int:
        return self._error2 | (status.COVER_OPEN if "cover-open" in self.faults else 0)

    @property
    def has_error(self) -> bool:
        return bool(self.error1 or self.error2)

    @property
    def error_text(self) -> str:
        return ", ".join(status.parse_block(self.block()).error_names)

    def block(self) -> bytes:
        loaded = self.loaded()
        series, model_code = CODES.get(self.model.key, (0x30, 0x00))
        return status.build_block(
            series=series,
            model_code=model_code,
            error1=self.error1,
            error2=self.error2,
            width_mm=loaded.medium.width_code if loaded else 0,
            media_type=loaded.type_code if loaded else 0,
            length_mm=loaded.medium.length_code if loaded else 0,
            status_type=2 if self.has_error else 0,
            phase=1 if self.printing else 0,
            tape_color=loaded.tape_color if loaded else 0,
            text_color=loaded.text_color if loaded else 0,
            other={6: 0x04, 14: 0x03} if self.model.key == "ql-820nwb" else None,
        )

    @property
    def printer_status(self) -> int:
        """hrPrinterStatus (RFC 2790)."""
        if self.has_error:
            return OTHER
        return PRINTING if self.printing else IDLE

    @property
    def detected_errors(self) -> bytes:
        """hrPrinterDetectedErrorState (RFC 2790), two octets."""
        first = 0
        if self.error1 & (status.NO_MEDIA | status.END_OF_MEDIA):
            first |= NO_PAPER
        if self.error2 & status.COVER_OPEN:
            first |= DOOR_OPEN
        if self.error1 & status.CUTTER_JAM:
            first |= JAMMED
        if self.has_error and not first:
            first = SERVICE
        return bytes((first, 0))

    @property
    def media_name(self) -> str:
        loaded = self.loaded()
        return loaded.name if loaded else ""

    @property
    def display(self) -> str:
        if not self.has_error:
            return "PRINTING" if self.printing else "READY"
        if self.error2 & status.COVER_OPEN:
            return "COVER OPEN"
        medium = "TAPE" if self.model.family == "pt" else "ROLL"
        if self.error1 & status.NO_MEDIA:
            return f"NO {medium}"
        if self.error1 & status.END_OF_MEDIA:
            return f"END OF {medium}"
        if self.error1 & status.CUTTER_JAM:
            return "CUTTER JAM"
        if self.error2 & status.REPLACE_MEDIA:
            return f"WRONG {medium}"
        return "ERROR"
