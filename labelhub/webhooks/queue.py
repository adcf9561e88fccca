"""From the event log to deliveries, and from deliveries to the wire. All of it is in the database: whatever dies, the
next round goes on. Any number of rounds may run at once."""

import json
import random
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from labelhub.events import as_json
from labelhub.webhooks.models import Delivery, Webhook
from labelhub.webhooks.sending import NotDelivered, send
from printers.instants import rfc3339
from printers.models import Event, EventQuerySet
from printers.stream import GRACE_S

CHUNK = 500
# A worker that dies while it sends leaves the delivery to the others after this.
CLAIM_S = 60
# How long one round works for one webhook before others have their turn.
ROUND_S = 20.0
# Before the second try, the third …; after the last one it is a dead letter. About three days in all.
BACKOFF_S = (5, 30, 120, 600, 1800, 7200, 18000, 36000, 50400, 72000, 72000)
JITTER = 0.2
KEPT = timedelta(days=7)
DEAD_KEPT = timedelta(days=90)


def fan_out() -> int:
    """A delivery for each new event that a webhook wants; gives how many are new."""
    return sum(_fan_out(webhook) for webhook in Webhook.objects.filter(enabled=True))


def _fan_out(webhook: Webhook) -> int:
    # On PostgreSQL a lower id may be committed after a higher one, so the newest are looked through again and again.
    settled = timezone.now() - timedelta(seconds=GRACE_S)
    made = 0
    there = Delivery.objects.filter(webhook=webhook, event_id=OuterRef("pk"))
    new = _wanted(webhook, Event.objects.filter(~Exists(there), id__gt=webhook.position)).order_by("id")
    last = Event.objects.filter(id__gt=webhook.position, at__lt=settled).order_by("-id").values_list("id").first()
    while events := list(new[:CHUNK]):
        Delivery.objects.bulk_create([_delivery(webhook, event) for event in events], ignore_conflicts=True)
        made += len(events)
    if last is not None:
        Webhook.objects.filter(pk=webhook.pk, position__lt=last[0]).update(position=last[0])
    return made


def _wanted(webhook: Webhook, events: EventQuerySet) -> EventQuerySet:
    """`job.completed`, or `job.*`; no kinds at all means every one."""
    if not webhook.kinds:
        return events
    wanted = Q(kind__in=webhook.kinds)
    for kind in webhook.kinds:
        if kind.endswith(".*"):
            wanted |= Q(kind__startswith=kind[:-1])
    return events.filter(wanted)


def _delivery(webhook: Webhook, event: Event) -> Delivery:
    body = {"type": event.kind, "timestamp": rfc3339(event.at), "data": as_json(event)}
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Delivery(webhook=webhook, event_id=event.id, kind=event.kind, body=text)


def due() -> list[UUID]:
    """The webhooks that have something to send now."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=timezone.now(), webhook__enabled=True)
    return list(waiting.order_by().values_list("webhook_id", flat=True).distinct())


def send_due(webhook_id: UUID) -> int:
    """Send what is due of one webhook, until one fails or the round is over; gives how many arrived."""
    arrived, begun = 0, time.monotonic()
    while time.monotonic() - begun < ROUND_S:
        delivery = claim(webhook_id)
        if delivery is None or not attempt(delivery):
            # Where one fails the next would: the others wait for the next round, not for their timeouts.
            return arrived
        arrived += 1
    return arrived


def claim(webhook_id: UUID) -> Delivery | None:
    """The oldest delivery that is due, taken from every other worker by a conditional UPDATE."""
    now = timezone.now()
    waiting = Delivery.objects.filter(
        webhook_id=webhook_id, webhook__enabled=True, state=Delivery.State.WAITING, next_at__lte=now
    )
    for delivery in waiting.select_related("webhook").order_by("next_at", "event_id")[:10]:
        mine = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING, next_at=delivery.next_at)
        until = now + timedelta(seconds=CLAIM_S)
        if mine.update(next_at=until, tries=delivery.tries + 1):
            delivery.tries, delivery.next_at = delivery.tries + 1, until
            return delivery
    return None


def attempt(delivery: Delivery) -> bool:
    try:
        status = send(delivery)
    except NotDelivered as error:
        _failed(delivery, error)
        return False
    _keep(delivery, state=Delivery.State.DELIVERED, status=status, error="", ended_at=timezone.now())
    return True


def _failed(delivery: Delivery, error: NotDelivered) -> None:
    said = {"status": error.status, "error": str(error)[:2000]}
    if delivery.tries > len(BACKOFF_S):
        _keep(delivery, state=Delivery.State.DEAD, ended_at=timezone.now(), **said)
        return
    wait = BACKOFF_S[delivery.tries - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
    _keep(delivery, next_at=timezone.now() + timedelta(seconds=wait), **said)


def _keep(delivery: Delivery, **values: object) -> None:
    # Only by whoever still has the try: another one may have been made meanwhile.
    Delivery.objects.filter(pk=delivery.pk, tries=delivery.tries, next_at=delivery.next_at).update(**values)


def send_again(deliveries: QuerySet[Delivery]) -> int:
    """Give dead letters all their tries again."""
    return deliveries.filter(state=Delivery.State.DEAD).update(
        state=Delivery.State.WAITING, tries=0, next_at=timezone.now(), ended_at=None
    )


def tidy(now: datetime | None = None) -> int:
    """Forget what arrived long ago."""
    now = now or timezone.now()
    old = Q(state=Delivery.State.DELIVERED, ended_at__lt=now - KEPT)
    old |= Q(state=Delivery.State.DEAD, ended_at__lt=now - DEAD_KEPT)
    gone = 0
    while found := list(Delivery.objects.filter(old).values_list("pk", flat=True)[:CHUNK]):
        gone += Delivery.objects.filter(pk__in=found).delete()[0]
    return gone
