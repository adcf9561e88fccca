"""What the dashboard shows, in a number of queries that does not grow with the number of printers or jobs."""

from collections import Counter
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, Q, When

from jobs.media_wait import waiting_media
from jobs.models import Job, State
from printers.callers import Caller
from printers.cards import PrinterCard, medium_or_none, printer_card
from printers.lookup import visible_to
from printers.models import Printer
from printers.words import Words

RECENT = 8
# A page is looked at, not searched: of more printers only the first are shown that need somebody or have work.
MOST_PRINTERS, FIRST_PRINTERS = 50, 24
# A queue of thousands must not make the dashboard slow; what stands first is what a person can act on.
ENOUGH = 200
WORST_FIRST = ("error", "warn", "ask", "off", "busy", "ok")
OPEN = (State.PENDING, State.HELD)
AT_THE_DEVICE = (State.PROCESSING, State.STOPPED)


@dataclass(frozen=True, slots=True)
class Overview:
    """`printers` is how many there are, also those that have no card here."""

    cards: list[PrinterCard]
    printers: int
    recent: list[Job]
    asking: int

    @property
    def states(self) -> list[tuple[Words, int]]:
        """How many printers are how, the worst first; none where the cards are not all, or only one."""
        if not 1 < len(self.cards) == self.printers:
            return []
        counts = Counter(replace(card.words, action="") for card in self.cards)
        return sorted(counts.items(), key=lambda each: (WORST_FIRST.index(each[0].tone), -each[1]))


def overview(caller: Caller) -> Overview:
    busy = list(
        Job.objects.visible_to(caller)
        .filter(state__in=AT_THE_DEVICE)
        .select_related("template_version__template")[:ENOUGH]
    )
    printers = _first_printers(caller, {job.printer_id for job in busy if _asks(job)})
    shown = [printer.id for printer in printers]
    counts = Job.objects.filter(state__in=OPEN, printer__in=shown).order_by()
    waiting = dict(counts.values_list("printer").annotate(n=Count("id")))
    held = waiting_media(caller)
    cards = []
    for printer in printers:
        waits = held.get(printer.id, [])
        card = printer_card(printer, needed=medium_or_none(waits[0].medium) if waits else None)
        card.media_waits = [each.words for each in waits]
        card.waiting = waiting.get(printer.id, 0)
        mine = [job for job in busy if job.printer_id == printer.id]
        card.asking = [job for job in mine if _asks(job)]
        card.current = next((job for job in mine if not _asks(job)), None)
        cards.append(card)
    count = visible_to(caller).count() if len(cards) == FIRST_PRINTERS else len(cards)
    recent = list(Job.objects.visible_to(caller).select_related("printer", "template_version__template")[:RECENT])
    return Overview(cards, count, recent, sum(map(_asks, busy)))


def _first_printers(caller: Caller, asking: set[UUID]) -> list[Printer]:
    """In their usual order as long as all are shown."""
    printers = visible_to(caller).select_related("site", "status")
    first = list(printers[: MOST_PRINTERS + 1])
    if len(first) <= MOST_PRINTERS:
        return first
    has_work = Exists(Job.objects.filter(printer=OuterRef("pk"), state__in=[*OPEN, State.PROCESSING]))
    needs_somebody = ~Q(stop_reasons=[]) | Q(status__state="stopped") | Q(status__online=False)
    turn = Case(When(id__in=asking, then=0), When(needs_somebody, then=1), When(has_work, then=2), default=3)
    return list(printers.order_by(turn, "site__key", "name", "id")[:FIRST_PRINTERS])


def _asks(job: Job) -> bool:
    return job.state == State.STOPPED
