"""The printer watched after it had a label, until it is known what became of that."""

import logging
import time
from itertools import count

from jobs import failpoints
from jobs.attempts import write
from jobs.dispatch import patience
from jobs.dispatch.evidence import Verdict, Watch
from jobs.dispatch.keeping import DATABASE_AWAY, drop_broken_connection, keep_watched
from jobs.dispatch.session import Session, Turn, is_stopping
from jobs.models import Attempt, Phase
from printers import status, transport
from printers.models import Printer
from printers.status import merge

log = logging.getLogger(__name__)


def observe(
    attempt: Attempt, turn: Turn, printer: Printer, watch: Watch, seconds: float, session: Session | None = None
) -> Verdict | None:
    """Ask the printer until it is known what became of the label, or the time is over that it could take."""
    link = session.link if session is not None else None
    began = time.monotonic()
    deadline = began + seconds * patience.SAFETY + patience.WATCH_SLACK_S
    if not watch.listening:
        note_acked(attempt)
        turn.lend()
        # It takes its time even where nobody can see it: the next label would find it busy.
        longest = max(patience.DRAIN_S, seconds * patience.SAFETY)
        while (now := time.monotonic()) < deadline and not is_stopping() and turn.is_mine():
            over = link is None or _is_over(link, watch) or now - began > longest
            if over and now - began > seconds:
                break
            time.sleep(patience.POLLS_S[-1])
        return watch.at_deadline()
    shown, took_s = False, turn.took_s.get(seconds)
    for number in count():
        if number == 1:
            # One that is printed at the first look needs no note of how far it came.
            note_acked(attempt)
        if seconds_to_wait := patience.before_look(number, time.monotonic() - began, took_s):
            turn.lend()
        elif link is not None and link.ended:
            seconds_to_wait = patience.OTHER_END_S
        _wait(link, watch, seconds_to_wait)
        if (number and is_stopping()) or not turn.is_mine():
            return None
        answer = status.quick_answer(printer, patience.POLL_PATIENCE_S)
        reading = merge(answer, printer.model) if answer.ok else None
        elapsed_ms = round((time.monotonic() - began) * 1000)
        watch.see(elapsed_ms, reading)
        if watch.printing_seen and attempt.phase == Phase.BYTES_ACKED:
            note(attempt, Phase.PRINTING_SEEN, "evidence")
        if (verdict := watch.verdict()) is not None:
            if not number:
                failpoints.hit("acked")
            # People see at once what is wrong with it, and whoever probes sees when it is well again.
            if not watch.last_ready or shown:
                keep_watched(printer, answer, reading)
            turn.took_s = {seconds: elapsed_ms / 1000}
            return verdict
        if session is not None and watch.shows_nothing_for_ms > patience.HELD_MS and session.end_strip():
            # With the end of the strip it prints what it held back.
            session.holds, watch.pages = True, watch.pages + 1
        if time.monotonic() > deadline:
            return watch.at_deadline()
        if elapsed_ms - (watch.silent_since_ms or 0) > patience.SHOW_AFTER_MS:
            shown = True
            keep_watched(printer, answer, reading)
    return None


def note_acked(attempt: Attempt) -> None:
    """Whoever finds the label after this worker's death knows by it that the printer has everything."""
    if attempt.phase == Phase.SENDING:
        note(attempt, Phase.BYTES_ACKED, "bytes_acked", "acked_at")
        failpoints.hit("acked")


def _wait(link: transport.Connection | None, watch: Watch, seconds: float) -> None:
    if link is None:
        time.sleep(seconds)
    else:
        _is_over(link, watch, seconds)


def _is_over(link: transport.Connection, watch: Watch, wait_s: float = 0.0) -> bool:
    known = link.look(wait_s)
    watch.drained, watch.closed_early = known.drained, known.closed_by_peer
    return known.drained or known.closed_by_peer or bool(known.error)


def note(attempt: Attempt, phase: Phase, *columns: str) -> None:
    """How far it came. A database that is away for a moment costs this note, not the label's outcome."""
    attempt.phase = phase
    try:
        write(attempt, "phase", *columns)
    except DATABASE_AWAY as error:
        log.warning("Attempt %s could not be noted as %s: %s", attempt.pk, phase, error)
        drop_broken_connection()


def has_printed(pages: int, began: float, watch: Watch, printer: Printer, turn: Turn) -> bool:
    """Wait until it has printed so many: small memories overflow after two or three labels. False: it is not well."""
    until = time.monotonic() + patience.PAGE_S
    while time.monotonic() < until and turn.is_mine() and not is_stopping():
        if watch.listening:
            answer = status.quick_answer(printer, patience.POLL_PATIENCE_S)
            watch.see(round((time.monotonic() - began) * 1000), merge(answer, printer.model) if answer.ok else None)
            if not watch.last_ready:
                return False
            if watch.has_printed(pages):
                break
        time.sleep(patience.POLLS_S[1])
    return True
