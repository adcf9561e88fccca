"""Labels that wait for a tape that is not loaded, together per printer and tape: which one to insert, for how many."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Min, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs.models import Job
from jobs.states import HELD, MEDIA_NEEDED
from printers.callers import Caller
from printers.cards import medium_or_none
from printers.words import medium_words, tape_words

MOST = 1000


@dataclass(frozen=True, slots=True)
class MediaWait:
    """`labels` with their copies; `people` and scripts who asked for them; colours where a pool wants them."""

    printer_id: UUID
    medium: str
    tape_color: str
    text_color: str
    jobs: int
    labels: int
    people: int
    since: datetime

    @property
    def tape(self) -> str:
        medium = medium_or_none(self.medium)
        if medium is None:
            return self.medium
        if self.tape_color and self.text_color:
            return tape_words(medium, self.tape_color, self.text_color)
        return medium_words(medium)

    @property
    def words(self) -> str:
        """“Insert 12 mm tape, black on white: 14 labels, 3 people.”"""
        labels = ngettext("%(n)d label", "%(n)d labels", self.labels) % {"n": self.labels}
        people = ngettext("%(n)d person", "%(n)d people", self.people) % {"n": self.people}
        return _("Insert %(tape)s: %(labels)s, %(people)s.") % {"tape": self.tape, "labels": labels, "people": people}


def waiting_media(caller: Caller, printer_id: UUID | None = None) -> dict[UUID, list[MediaWait]]:
    """By printer, what has waited longest first; one query."""
    held = Job.objects.visible_to(caller).filter(state=HELD, reasons=[MEDIA_NEEDED])
    if printer_id is not None:
        held = held.filter(printer_id=printer_id)
    rows = (
        held.order_by()
        .values("printer_id", "medium", tape=F("pool__tape_color"), text=F("pool__text_color"))
        .annotate(jobs=Count("id"), labels=Sum("copies"), people=Count("requested_by", distinct=True))
        .annotate(since=Min("created_at"))
        .order_by("since", "medium")
    )
    found: dict[UUID, list[MediaWait]] = defaultdict(list)
    columns = ("printer_id", "medium", "tape", "text", "jobs", "labels", "people", "since")
    for printer, medium, tape, text, *rest in rows.values_list(*columns)[:MOST]:
        found[printer].append(MediaWait(printer, medium, tape or "", text or "", *rest))
    return found
