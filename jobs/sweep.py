"""What keeps the queue going when messages are lost and workers die. Every part may run twice, and at any time."""

import logging
import time
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from jobs import artifacts, pools, queue
from jobs.doorbell import USABLE, ring
from jobs.lease import held_leases
from jobs.models import WAITS, Batch, Heartbeat, IdempotencyKey, Job, Outcome, Pool, PrinterLease
from jobs.states import EXPIRED, HELD, MEDIA_NEEDED, NOT_READY, PENDING, PROCESSING, TERMINAL
from jobs.tables import forget_tables
from printers import totals
from printers.models import Event, Printer
from printers.status import ask_soon, loaded_medium

log = logging.getLogger(__name__)

CHUNK = 500
# As long as each kind of history may take of an hour; the rest waits for the next one.
PART_S = 300.0
# Images are drawn again from what the job kept; they need not be stored as long as its history.
ARTIFACT_DAYS = 7
FORGET_HEARTBEAT = timedelta(days=1)
TOO_LATE = "It was not printed in time; it is not wanted any more."


def sweep() -> None:
    """Expire, and wake a worker for every printer whose jobs could go on and that nobody works for."""
    expire()
    totals.sum_up()
    pools.hand_over_all()
    watch_printers()
    for printer_id in printers_to_ring():
        ring(printer_id)


def watch_printers() -> None:
    """Somebody may be at one right now, to change the cassette, close the cover or switch it on: labels that wait for
    that are to go within seconds. Nobody is in such a hurry with a printer that no label waits for.
    """
    here = Job.objects.filter(WAITS, printer_id=OuterRef("pk")).order_by()
    stopped = Printer.objects.filter(Exists(here), enabled=True, paused=False).exclude(stop_reasons=[])
    if waiting := set(stopped.values_list("pk", flat=True)) | _whose_media_are_waited_for():
        ask_soon(*waiting)


def _whose_media_are_waited_for() -> set[UUID]:
    held = Job.objects.filter(state=HELD, reasons=[MEDIA_NEEDED], printer__enabled=True)
    waiting = set(held.order_by().values_list("printer_id", flat=True).distinct())
    if waiting:
        for pool in Pool.objects.filter(Exists(held.filter(pool=OuterRef("pk")))):
            waiting |= set(pools.members_of(pool).filter(enabled=True).values_list("pk", flat=True))
    return waiting


def clean_up() -> None:
    """Forget history and images that are old enough."""
    forget_heartbeats()
    for part in (forget_jobs, forget_events, forget_keys, partial(forget_tables, CHUNK)):
        end = time.monotonic() + PART_S
        while part() == CHUNK and time.monotonic() < end:
            pass
    forget_images()


def expire(now: datetime | None = None) -> int:
    """Give up waiting jobs whose time is over."""
    due = Job.objects.filter(state__in=[PENDING, HELD], expires_at__lte=now or timezone.now())
    return sum(queue.abort(job, None, [EXPIRED], TOO_LATE) for job in due.order_by("expires_at")[:CHUNK])


def printers_to_ring() -> list[UUID]:
    """Printers with something to do: jobs that wait, that wait for what is there now, or that a dead worker left."""
    now = timezone.now()
    waiting = Job.objects.waiting(now).filter(printer_id=OuterRef("pk")).order_by()
    left = Job.objects.filter(printer_id=OuterRef("pk"), state=PROCESSING)
    strip = PrinterLease.objects.filter(printer_id=OuterRef("pk")).exclude(open_strip="")
    pausing = PrinterLease.objects.filter(printer_id=OuterRef("pk"), not_before__gt=Now())
    wanted = Printer.objects.filter((USABLE & (Exists(waiting) | Exists(strip)) & ~Exists(pausing)) | Exists(left))
    found = dict.fromkeys(wanted.order_by("pk").values_list("pk", flat=True))
    found |= dict.fromkeys(_printers_with_releasable_jobs(now))
    busy = held_leases(found)
    return [printer_id for printer_id in found if printer_id not in busy]


def _printers_with_releasable_jobs(now: datetime) -> list[UUID]:
    held = Job.objects.filter(state=HELD)
    found: list[UUID] = []
    for printer in Printer.objects.select_related("status").filter(Exists(held.filter(printer_id=OuterRef("pk")))):
        medium = loaded_medium(printer, getattr(printer, "status", None))
        for job in held.filter(printer=printer).only("reasons", "medium", "not_before")[:CHUNK]:
            fits = job.reasons == [MEDIA_NEEDED] and medium is not None and job.medium == medium.key
            rested = job.reasons == [NOT_READY] and job.not_before is not None and job.not_before <= now
            if fits or rested:
                found.append(printer.pk)
                break
    return found


def forget_jobs(now: datetime | None = None) -> int:
    """Old history, some rows at a time. What is open or unknown stays for ever."""
    before = (now or timezone.now()) - timedelta(days=settings.JOB_RETENTION_DAYS)
    old = Job.objects.filter(state__in=TERMINAL, finished_at__lt=before).exclude(outcome=Outcome.UNKNOWN)
    ids = list(old.order_by("finished_at").values_list("pk", flat=True)[:CHUNK])
    batches = set(Job.objects.filter(pk__in=ids).exclude(batch=None).values_list("batch_id", flat=True))
    Job.objects.filter(pk__in=ids).delete()
    Batch.objects.filter(pk__in=batches, jobs=None).delete()
    return len(ids)


def forget_events(now: datetime | None = None) -> int:
    """The log ages like the history; what it says of a job stays as long as the job."""
    before = (now or timezone.now()) - timedelta(days=settings.JOB_RETENTION_DAYS)
    of_kept_job = Exists(Job.objects.filter(pk=OuterRef("job_id")))
    old = Event.objects.filter(at__lt=before).exclude(of_kept_job)
    ids = list(old.order_by("at").values_list("pk", flat=True)[:CHUNK])
    Event.objects.filter(pk__in=ids).delete()
    return len(ids)


def forget_keys(now: datetime | None = None) -> int:
    before = (now or timezone.now()) - timedelta(days=settings.JOB_RETENTION_DAYS)
    ids = list(IdempotencyKey.objects.filter(created_at__lt=before).values_list("pk", flat=True)[:CHUNK])
    IdempotencyKey.objects.filter(pk__in=ids).delete()
    return len(ids)


def forget_images(age: timedelta = timedelta(days=ARTIFACT_DAYS)) -> int:
    """Images that nobody used for so long, but for jobs that may still need theirs."""
    old, gone = artifacts.older_than(age.total_seconds()), 0
    for start in range(0, len(old), CHUNK):
        chunk = old[start : start + CHUNK]
        needed = ~Q(state__in=TERMINAL) | Q(outcome=Outcome.UNKNOWN)
        kept = set(Job.objects.filter(needed, artifact__in=chunk).values_list("artifact", flat=True))
        for sha256 in set(chunk) - kept:
            artifacts.forget(sha256)
            gone += 1
    return gone


def forget_heartbeats() -> int:
    return Heartbeat.objects.filter(seen_at__lt=timezone.now() - FORGET_HEARTBEAT).delete()[0]
