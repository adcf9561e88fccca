"""What Celery calls. Each may be lost, repeated, or run beside itself."""

from uuid import UUID

from celery import shared_task

from labelhub.webhooks import queue
from labelhub.webhooks.models import Webhook


@shared_task(name="webhooks.ring", ignore_result=True)
def ring() -> None:
    if not Webhook.objects.filter(enabled=True).exists():
        return
    queue.fan_out()
    for webhook_id in queue.due():
        # Each in a task of its own: one that does not answer holds up nobody else.
        send_due.delay(str(webhook_id))


@shared_task(name="webhooks.send_due", ignore_result=True)
def send_due(webhook_id: str) -> None:
    queue.send_due(UUID(webhook_id))


@shared_task(name="webhooks.tidy", ignore_result=True)
def tidy() -> None:
    queue.tidy()
