"""What the printer showed after it had all bytes, and what that proves. No sockets, no clock, no database."""

from dataclasses import dataclass, field
from typing import Any

from jobs.models import Outcome
from jobs.states import OUTCOME_UNKNOWN, PRINTED, QUEUED_IN_DEVICE
from printers.status import Reading

MOST_ENTRIES = 40
# A printer that leaves the session open has to be at rest for so long: it may be printing somebody else's label first.
AT_REST_MS = 2000
# No printer is up again sooner; a lost packet or two are over by then.
SWITCHED_MS = 2000


@dataclass(frozen=True, slots=True)
class Verdict:
    """`device` are the printer-state-reasons that stop the printer, empty where it is well."""

    outcome: Outcome
    reasons: tuple[str, ...]
    message: str
    device: tuple[str, ...] = ()


@dataclass
class Watch:
    """Observations of one label (in `pages` copies) since its first byte.

    `life_before` is the printer's label counter before, None where it has none. `listening`: it answered by SNMP
    before the label was sent. `drained` becomes True when the printer has read all and ended its session. `ours`: it
    has printed a label of this session before, so that nobody else's comes between.
    """

    pages: int
    life_before: int | None
    listening: bool
    ours: bool = False
    drained: bool = False
    closed_early: bool = False
    printing_seen: bool = False
    # It was silent for so long after it had begun to print that it may have been switched off and on again.
    lost_sight: bool = False
    last: Reading | None = None
    silent_since_ms: int | None = None
    at_rest_since_ms: int | None = None
    last_seen_ms: int = 0
    entries: list[dict[str, Any]] = field(default_factory=list)

    def see(self, at_ms: int, reading: Reading | None) -> None:
        """None is silence."""
        if reading is None:
            if self.silent_since_ms is None:
                self.silent_since_ms = at_ms
            return
        if self.printing_seen and self.silent_since_ms is not None:
            self.lost_sight = self.lost_sight or at_ms - self.silent_since_ms >= SWITCHED_MS
        self.silent_since_ms = None
        self.listening = True
        self.printing_seen = self.printing_seen or reading.printing
        if self.last is None or _shown(self.last) != _shown(reading):
            self.note(at_ms, reading)
        if reading.printing or not reading.ready:
            self.at_rest_since_ms = None
        elif self.at_rest_since_ms is None:
            self.at_rest_since_ms = at_ms
        self.last, self.last_seen_ms = reading, at_ms

    def note(self, at_ms: int, reading: Reading) -> None:
        if len(self.entries) >= MOST_ENTRIES:
            self.entries.pop()
        self.entries.append(
            {
                "at_ms": at_ms,
                "hex": reading.block.hex() if reading.block else "",
                "state": reading.state,
                "life": reading.life_count,
            }
        )

    @property
    def last_ready(self) -> bool:
        return self.last is None or self.last.ready

    @property
    def printed_since(self) -> int:
        """Labels that its counter has counted; 0 where it has none."""
        if self.life_before is None or self.last is None or self.last.life_count is None:
            return 0
        return max(0, self.last.life_count - self.life_before)

    @property
    def counts(self) -> bool:
        """Whether its counter was read before, and now."""
        return self.life_before is not None and self.last is not None and self.last.life_count is not None

    def has_printed(self, pages: int) -> bool:
        """Whether the first so many are printed, as far as it shows that: by its counter, else that it has rested."""
        if self.counts:
            return self.printed_since >= pages
        return self.printing_seen and self.at_rest_since_ms is not None

    @property
    def shows_nothing_for_ms(self) -> int:
        """How long it has been well and at rest, and has not shown any sign of the label; 0 where it has."""
        if self.printing_seen or self.printed_since or self.at_rest_since_ms is None:
            return 0
        return self.last_seen_ms - self.at_rest_since_ms

    def verdict(self) -> Verdict | None:
        """What is known for certain; None while there is more to see."""
        reading = self.last
        if reading is None or self.silent_since_ms is not None:
            return None
        if not reading.ready:
            what = ", ".join(reading.error_state) or ", ".join(reading.reasons)
            return Verdict(
                Outcome.UNKNOWN,
                (OUTCOME_UNKNOWN, *reading.reasons),
                f"The printer reported an error while it had this label: {what}. Look whether the label came out.",
                reading.reasons,
            )
        if reading.printing:
            return None
        if not (self.drained or self.ours) and self.last_seen_ms - (self.at_rest_since_ms or 0) < AT_REST_MS:
            return None
        if self.printed_since >= self.pages or (self.was_seen_to_end and self.printed_since == 0):
            return _confirmed()
        return None

    @property
    def was_seen_to_end(self) -> bool:
        """It printed and came to rest; where it was out of sight in between, and has a counter, that has to tell."""
        return self.printing_seen and not (self.lost_sight and self.counts)

    def at_deadline(self) -> Verdict:
        """What is known when the time is over that this label could take."""
        if (verdict := self.verdict()) is not None:
            return verdict
        reading = self.last
        if self.listening and (reading is None or self.silent_since_ms is not None):
            return _unknown("The printer stopped answering after it had got the label.")
        if reading is not None and reading.printing:
            return _unknown("The printer was still printing when the time for this label was over.")
        if self.printing_seen and not self.was_seen_to_end:
            return _unknown("The printer fell silent while it printed, and its counter has not counted all of it.")
        if self.printing_seen:
            # Its counter counts in its own way; that it printed and came to rest without an error is what proves it.
            return _confirmed()
        if self.closed_early:
            return _unknown("The printer ended the session before it had got everything.")
        if not self.drained:
            return _unknown("The printer took the label and showed no sign of printing it.")
        if self.listening:
            return _sent("The printer has all of the label; it was not seen printing.")
        return _sent("The printer has all of the label; it does not answer by SNMP, so nobody can say more.")


def _confirmed() -> Verdict:
    return Verdict(Outcome.CONFIRMED, (PRINTED,), "")


def _sent(message: str) -> Verdict:
    return Verdict(Outcome.SENT, (QUEUED_IN_DEVICE,), message)


def _unknown(message: str) -> Verdict:
    return Verdict(Outcome.UNKNOWN, (OUTCOME_UNKNOWN,), f"{message} Look whether it came out.")


def _shown(reading: Reading) -> tuple[object, ...]:
    return reading.block, reading.state, reading.life_count
