"""QL raster commands.

Brother "Raster Command Reference" QL-800/810W/820NWB v1.01 and QL-1100 series; names of commands as there.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from printers.drivers.base import BrotherDriver, Job, Position
from printers.drivers.raster_lines import SIZE, Head, encoded, head_lines
from printers.errors import OptionNotSupported
from printers.media import placement
from printers.raster import WHITE_DOT, Raster

INITIALIZE = b"\x1b@"
RASTER_MODE = b"\x1bia\x01"
STATUS_REQUEST = b"\x1biS"
PRINT_INFORMATION = b"\x1biz"
VARIOUS_MODE = b"\x1biM"
CUT_EVERY = b"\x1biA"
EXPANDED_MODE = b"\x1biK"
MARGIN = b"\x1bid"
COMPRESSION = b"M"
# g, 0 and the size in one byte; in two colours w, 1 for black or 2 for red, and the size.
HEADS: tuple[Head, ...] = ((0x67, 0, SIZE),)
COLOUR_HEADS: tuple[Head, ...] = ((0x77, 1, SIZE), (0x77, 2, SIZE))

KIND_VALID, WIDTH_VALID, LENGTH_VALID, QUALITY, RECOVER = 0x02, 0x04, 0x08, 0x40, 0x80
AUTO_CUT = 0x40
TWO_COLOUR, CUT_AT_END, HIGH_RESOLUTION = 0x01, 0x08, 0x40
UNPACKED, PACKED = 0x00, 0x02
FIRST_PAGE, OTHER_PAGE = 0, 1

# The references have 4A and 4B; every QL takes these, which the field has used for ten years.
CONTINUOUS, DIE_CUT = 0x0A, 0x0B
MARGIN_DOTS = (35, 1500)


class BrotherQl(BrotherDriver):
    # The cutter is at the head: nothing would be saved, and a job that is whole has no end that could fail to come.
    chains = False

    def check_own(self, job: Job) -> None:
        model, medium, options = job.model, job.medium, job.options
        if options.chain:
            raise OptionNotSupported(f"Chain printing is for PT models; a {model.name} always feeds its labels out.")
        if options.mirror:
            raise OptionNotSupported(f"A {model.name} cannot mirror what it prints.")
        if options.margin_mm is None:
            return
        if medium.length_mm:
            raise OptionNotSupported(f"A margin cannot be chosen on {medium.title}: their feed is fixed.")
        if not MARGIN_DOTS[0] <= job.margin_dots <= MARGIN_DOTS[1]:
            raise OptionNotSupported(
                f"A margin of {options.margin_mm:g} mm is not possible on a {model.name}; it is 3 to 127 mm."
            )

    def start(self, job: Job) -> bytes:
        # Before the zeros too: a printer left in another command mode takes them for something else.
        mode = RASTER_MODE if job.model.mode_command else b""
        return mode + bytes(job.model.invalidate_bytes) + INITIALIZE + mode + STATUS_REQUEST

    def commands(self, raster: Raster, job: Job, position: Position) -> bytes:
        return (
            print_information(job, raster.lines, position)
            + cutting(job)
            + expanded_mode(job)
            + margin(job)
            + compression(job)
        )

    def lines(self, rasters: Sequence[Raster], job: Job) -> list[bytes]:
        left, pins = placement(job.model, job.medium).left, job.model.pins
        lines, heads = head_lines([raster.black for raster in rasters], left, pins)[:, np.newaxis], HEADS
        if job.medium.two_colour:
            # Without red the red lines are sent empty: on this roll a label in one colour would come out red.
            red = np.zeros_like(lines)
            if any(raster.red is not None for raster in rasters):
                reds = [raster.red or Image.new("1", raster.black.size, WHITE_DOT) for raster in rasters]
                red = head_lines(reds, left, pins)[:, np.newaxis]
            # Where both burn it is red, as in the picture that people see before.
            lines, heads = np.concatenate([lines & ~red, red], axis=1), COLOUR_HEADS
        return encoded(lines, [raster.lines for raster in rasters], heads, compress=job.compresses)


def print_information(job: Job, lines: int, position: Position) -> bytes:
    medium = job.medium
    kind = DIE_CUT if medium.length_mm else CONTINUOUS
    return (
        PRINT_INFORMATION
        + bytes([RECOVER | QUALITY | LENGTH_VALID | WIDTH_VALID | KIND_VALID, kind])
        + bytes([medium.width_code, medium.length_code])
        + lines.to_bytes(4, "little")
        + bytes([FIRST_PAGE if position.first else OTHER_PAGE, 0])
    )


def cutting(job: Job) -> bytes:
    if not job.model.auto_cut or job.options.auto_cut is False:
        return b""
    return VARIOUS_MODE + bytes([AUTO_CUT]) + CUT_EVERY + bytes([job.options.cut_every])


def expanded_mode(job: Job) -> bytes:
    if not job.model.expanded_mode:
        return b""
    flags = (TWO_COLOUR if job.medium.two_colour else 0) | (CUT_AT_END if job.options.cuts_at_end else 0)
    return EXPANDED_MODE + bytes([flags | (HIGH_RESOLUTION if job.options.high_resolution else 0)])


def margin(job: Job) -> bytes:
    return MARGIN + job.margin_dots.to_bytes(2, "little")


def compression(job: Job) -> bytes:
    # Said even when it is off, by every model that has it: a stale mode prints blank labels.
    return COMPRESSION + bytes([PACKED if job.compresses else UNPACKED]) if job.model.compression else b""
