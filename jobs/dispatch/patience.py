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
# After we ended ours: most printers end theirs within that, and then the first look already tells everything.
OTHER_END_S = 0.02
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
# Where the label before took as long: nothing is asked until shortly before that, and then often, for a while.
EARLY_S, OFTEN_S, OFTEN_FOR_S, LONGEST_S = 0.06, 0.03, 0.3, 0.5


def before_look(number: int, since_s: float, took_s: float | None) -> float:
    """Seconds until a printer is looked at again: for the how manieth time, how long after it had all of the label.

    `took_s`: what the label before took that should take as long; None where there was none. At rated speed a printer
    waits for the next label, while whoever watches it is still waiting for the next look.
    """
    usual = POLLS_S[min(number, len(POLLS_S) - 1)]
    if took_s is None or number < 2 or since_s > took_s - EARLY_S + OFTEN_FOR_S:
        return usual
    return min(max(took_s - EARLY_S - since_s, OFTEN_S), LONGEST_S)


def tape_mm(model: Model, medium: Medium, raster: Raster, copies: int) -> float:
    """What the copies of this label take of the tape, without the blank at the head."""
    return copies * (raster.length_mm + 2 * canvas_for(model, medium).margin_mm)


def printing_seconds(model: Model, medium: Medium, raster: Raster, copies: int) -> float:
    """What the copies of this label should take at the model's rated speed."""
    length = HEAD_FEED_MM + tape_mm(model, medium, raster, copies)
    return length / model.speed_mm_s + copies * CUT_S
