"""What Celery calls. Each may be lost, repeated, or run beside itself."""

from uuid import UUID

from celery import shared_task

from jobs import heartbeats
from jobs import sweep as sweeping
from jobs.porter import serve


@shared_task(name="jobs.tasks.ring", ignore_result=True)
def ring(printer_id: str) -> None:
    """As releases before this one ring, while they run beside it; now it is rung by `printers.bell`."""
    serve(UUID(printer_id))


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
