"""What Celery calls. Each may be lost, repeated, or run beside itself."""

from uuid import UUID

from celery import shared_task

from jobs import heartbeats, pools
from jobs import sweep as sweeping
from jobs.dispatch import drain


@shared_task(name="jobs.tasks.ring", ignore_result=True)
def ring(printer_id: str) -> None:
    pooled = pools.gather(UUID(printer_id))
    drain(UUID(printer_id))
    if pooled:
        pools.hand_over(UUID(printer_id))


@shared_task(name="jobs.tasks.sweep", ignore_result=True)
def sweep() -> None:
    sweeping.sweep()


@shared_task(name="jobs.tasks.clean_up", ignore_result=True)
def clean_up() -> None:
    sweeping.clean_up()


@shared_task(name="jobs.tasks.heartbeat", ignore_result=True)
def heartbeat() -> None:
    """A beat rang, and a worker heard it."""
    heartbeats.beat(heartbeats.BEAT, "beat")
