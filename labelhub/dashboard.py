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
        Job.objects.visible_to(caller).filter(state__in=AT_THE_DEVICE).values_list("printer_id", "state", "id")[:ENOUGH]
    )
    # A card shows one label of each; the others are only counted, and not read as a whole.
    first: dict[tuple[UUID, bool], UUID] = {}
    for printer_id, state, job_id in busy:
        first.setdefault((printer_id, state == State.STOPPED), job_id)
    count = visible_to(caller).count()
    printers = _first_printers(caller, count, {printer_id for printer_id, asks in first if asks})
    shown = [printer.id for printer in printers]
    at_devices = Job.objects.select_related("template_version__template").in_bulk(
        [job_id for (printer_id, _asks), job_id in first.items() if printer_id in shown]
    )
    counts = Job.objects.filter(state__in=OPEN, printer__in=shown).order_by()
    waiting = dict(counts.values_list("printer").annotate(n=Count("id")))
    held = waiting_media(caller)
    cards = []
    for printer in printers:
        waits = held.get(printer.id, [])
        card = printer_card(printer, needed=medium_or_none(waits[0].medium) if waits else None)
        card.media_waits = [each.words for each in waits]
        card.waiting = waiting.get(printer.id, 0)
        card.asking = at_devices.get(first.get((printer.id, True)))
        card.current = at_devices.get(first.get((printer.id, False)))
        cards.append(card)
    recent = list(Job.objects.visible_to(caller).select_related("printer", "template_version__template")[:RECENT])
    return Overview(cards, count, recent, sum(state == State.STOPPED for _printer, state, _job in busy))


def _first_printers(caller: Caller, count: int, asking: set[UUID]) -> list[Printer]:
    """In their usual order as long as all are shown."""
    printers = visible_to(caller).select_related("site", "status")
    if count <= MOST_PRINTERS:
        return list(printers)
    has_work = Exists(Job.objects.filter(printer=OuterRef("pk"), state__in=[*OPEN, State.PROCESSING]))
    needs_somebody = ~Q(stop_reasons=[]) | Q(status__state="stopped") | Q(status__online=False)
    turn = Case(When(id__in=asking, then=0), When(needs_somebody, then=1), When(has_work, then=2), default=3)
    return list(printers.order_by(turn, "site__key", "name", "id")[:FIRST_PRINTERS])
