"""How long a printer is waited for, and what a label should take."""

from printers.media import Medium, Model, canvas_for
from printers.raster import Raster

# PT printers sleep; the first connection may be slow.
CONNECT_S = 10.0
# Beside the time that printing takes: a printer may stop reading while it prints.
SEND_SLACK_S = 15.0
WATCH_SLACK_S = 10.0
CUT_S = 1.5
# The blank at the head of a job is 22.5 mm on PT, less on QL.
HEAD_FEED_MM = 25.0
SAFETY = 1.5
# After all bytes were acknowledged, how long the printer may take to end its side.
DRAIN_S = 10.0
# Where the outcome is known already, how much longer it may take.
CLOSE_S = 1.0
COOL_DOWN_S = 1.0
# Between the copies of a label, how long it may take until the one before is printed.
PAGE_S = 10.0
# How long the end of a printer's side may take to get here.
EARLY_END_S = 0.01
# A printer that shows no sign of a page for so long waits for the next one.
HELD_MS = 3000
POLL_PATIENCE_S = 0.5
# A turn that has had its connection to the database for longer than that gives it to whoever waits for one: to hand it
# on between threads costs as much as a statement.
LEND_S = 0.5
# A label that takes longer is shown as being printed, a printer that is silent for longer as being away.
SHOW_AFTER_MS = 2000
# Four times a second, quicker at first: a short label is over soon.
POLLS_S = (0.0, 0.03, 0.05, 0.1, 0.15, 0.25)


def tape_mm(model: Model, medium: Medium, raster: Raster, copies: int) -> float:
    """What the copies of this label take of the tape, without the blank at the head."""
    return copies * (raster.length_mm + 2 * canvas_for(model, medium).margin_mm)


def printing_seconds(model: Model, medium: Medium, raster: Raster, copies: int) -> float:
    """What the copies of this label should take at the model's rated speed."""
    length = HEAD_FEED_MM + tape_mm(model, medium, raster, copies)
    return length / model.speed_mm_s + copies * CUT_S
