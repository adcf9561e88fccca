"""P-touch raster commands.

Brother "Raster Command Reference" PT-E550W/P750W/P710BT v1.02 and PT-P900 series v1.02; names of commands as there.
"""

from collections.abc import Sequence

import numpy as np

from printers.drivers.base import BrotherDriver, Job, Position
from printers.drivers.raster_lines import SIZE, encoded, head_lines
from printers.errors import OptionNotSupported
from printers.media import placement
from printers.raster import Raster

INITIALIZE = b"\x1b@"
RASTER_MODE = b"\x1bia\x01"
NOTIFY = b"\x1bi!\x00"
PRINT_INFORMATION = b"\x1biz"
VARIOUS_MODE = b"\x1biM"
CUT_EVERY = b"\x1biA"
ADVANCED_MODE = b"\x1biK"
MARGIN = b"\x1bid"
COMPRESSION = b"M"
EMPTY_LINE = b"Z"
# G and the size in two bytes, little-endian, of which the second is never needed.
HEADS = ((0x47, SIZE, 0),)

KIND_VALID, WIDTH_VALID, RECOVER = 0x02, 0x04, 0x80
AUTO_CUT, MIRROR = 0x40, 0x80
HALF_CUT, NO_CHAIN, HIGH_RESOLUTION = 0x04, 0x08, 0x40
UNPACKED, PACKED = 0x00, 0x02
FIRST_PAGE, MIDDLE_PAGE, LAST_PAGE = 0, 1, 2

# Zero lets the printer tell laminated from other tapes itself; which of them lies in it nobody has to know.
MEDIA_TYPES = {"tze": 0x00, "hse2": 0x11, "hse3": 0x17}
MARGIN_MM = (2, 127)


class BrotherPt(BrotherDriver):
    # Every job begins with the blank between print head and cutter: 22.5 mm.
    chains = True

    def check_own(self, job: Job) -> None:
        model, options = job.model, job.options
        if options.half_cut and options.cut_every > 1:
            raise OptionNotSupported("A half-cut strip is cut off at its end only: choose half-cut or “cut every”.")
        cuts = options.auto_cut is not False or options.half_cut or options.cuts_at_end
        if model.cuts_only_compressed and options.compress is False and cuts:
            raise OptionNotSupported(f"The {model.name} cuts only when lines are sent compressed.")
        if options.margin_mm is not None and not MARGIN_MM[0] <= options.margin_mm <= MARGIN_MM[1]:
            raise OptionNotSupported(
                f"A margin of {options.margin_mm:g} mm is not possible on a {model.name}; "
                f"it is {MARGIN_MM[0]} to {MARGIN_MM[1]} mm."
            )

    def start(self, job: Job) -> bytes:
        start = bytes(job.model.invalidate_bytes) + INITIALIZE
        if not is_strip(job):
            return start
        # With auto-cut on, each page of a chain would be cut off whatever the half-cut bit says.
        various = VARIOUS_MODE + bytes([MIRROR if job.options.mirror else 0])
        return start + RASTER_MODE + NOTIFY + various + advanced_mode(job, half_cut=True, chain=True) + margin(job)

    def commands(self, raster: Raster, job: Job, position: Position) -> bytes:
        information = print_information(job, raster.lines, position)
        if is_strip(job):
            ends = position.last and job.options.cuts_at_end
            return (advanced_mode(job, half_cut=True, chain=False) if ends else b"") + information + compression(job)
        return (
            RASTER_MODE
            + information
            + cutting(job)
            + advanced_mode(job, half_cut=half_cuts(job), chain=not job.options.cuts_at_end)
            + margin(job)
            + compression(job)
        )

    def lines(self, rasters: Sequence[Raster], job: Job) -> list[bytes]:
        images, counts = [raster.black for raster in rasters], [raster.lines for raster in rasters]
        lines = head_lines(images, placement(job.model, job.medium).left, job.model.pins)[:, np.newaxis]
        return encoded(lines, counts, HEADS, EMPTY_LINE, compress=job.compresses)


def is_strip(job: Job) -> bool:
    model, options = job.model, job.options
    if job.alone or not model.half_cut:
        return False
    if options.half_cut is None:
        return options.auto_cut is None and options.cut_every == 1
    return options.half_cut


def half_cuts(job: Job) -> bool:
    if job.options.half_cut is None:
        return job.model.half_cut and job.alone and job.options.auto_cut is not False
    return job.options.half_cut


def print_information(job: Job, lines: int, position: Position) -> bytes:
    page = FIRST_PAGE if position.first else LAST_PAGE if position.last else MIDDLE_PAGE
    return (
        PRINT_INFORMATION
        + bytes([RECOVER | WIDTH_VALID | KIND_VALID, MEDIA_TYPES[job.medium.kind], job.medium.width_code, 0])
        + lines.to_bytes(4, "little")
        + bytes([page, 0])
    )


def cutting(job: Job) -> bytes:
    auto_cut = job.options.auto_cut is not False
    flags = (AUTO_CUT if auto_cut else 0) | (MIRROR if job.options.mirror else 0)
    return VARIOUS_MODE + bytes([flags]) + (CUT_EVERY + bytes([job.options.cut_every]) if auto_cut else b"")


def advanced_mode(job: Job, *, half_cut: bool, chain: bool) -> bytes:
    flags = (HALF_CUT if half_cut else 0) | (0 if chain else NO_CHAIN)
    return ADVANCED_MODE + bytes([flags | (HIGH_RESOLUTION if job.options.high_resolution else 0)])


def margin(job: Job) -> bytes:
    # Counted in lines, so that high resolution has twice as many.
    return MARGIN + (job.margin_dots * (2 if job.options.high_resolution else 1)).to_bytes(2, "little")


def compression(job: Job) -> bytes:
    # Said even when it is off: some printers keep it over ESC @, and a stale mode prints blank tape.
    return COMPRESSION + bytes([PACKED if job.compresses else UNPACKED])
