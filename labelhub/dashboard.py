"""What the dashboard shows, in a number of queries that does not grow with the number of printers or jobs."""

from collections import Counter
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Count

from jobs.media_wait import waiting_media
from jobs.models import Job, State
from printers.callers import Caller
from printers.cards import PrinterCard, medium_or_none, printer_card
from printers.lookup import visible_to
from printers.words import Words

RECENT = 8
# A queue of thousands must not make the dashboard slow; what stands first is what a person can act on.
ENOUGH = 200
WORST_FIRST = ("error", "warn", "ask", "off", "busy", "ok")
OPEN = (State.PENDING, State.HELD)
AT_THE_DEVICE = (State.PROCESSING, State.STOPPED)


@dataclass(frozen=True, slots=True)
class Overview:
    cards: list[PrinterCard]
    recent: list[Job]
    asking: int

    @property
    def states(self) -> list[tuple[Words, int]]:
        """How many printers are how, the worst first."""
        counts = Counter(replace(card.words, action="") for card in self.cards)
        return sorted(counts.items(), key=lambda each: (WORST_FIRST.index(each[0].tone), -each[1]))


def overview(caller: Caller) -> Overview:
    printers = list(visible_to(caller).select_related("site", "status"))
    counts = Job.objects.filter(state__in=OPEN).order_by().values_list("printer").annotate(n=Count("id"))
    waiting: Counter[UUID] = Counter()
    for printer_id, count in counts:
        waiting[printer_id] = count
    held = waiting_media(caller)
    busy = list(Job.objects.filter(state__in=AT_THE_DEVICE).select_related("template_version__template")[:ENOUGH])
    cards = []
    for printer in printers:
        waits = held.get(printer.id, [])
        card = printer_card(printer, needed=medium_or_none(waits[0].medium) if waits else None)
        card.media_waits = [each.words for each in waits]
        card.waiting = waiting[printer.id]
        mine = [job for job in busy if job.printer_id == printer.id]
        card.asking = [job for job in mine if _asks(job)]
        card.current = next((job for job in mine if not _asks(job)), None)
        cards.append(card)
    recent = list(Job.objects.visible_to(caller).select_related("printer", "template_version__template")[:RECENT])
    return Overview(cards, recent, sum(len(card.asking) for card in cards))


def _asks(job: Job) -> bool:
    return job.state == State.STOPPED
