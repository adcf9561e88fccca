"""What the clock rings for. A lost message costs a round, a second one finds nothing to do: cheap, not durable.

Printers are rung by `printers.bell`.
"""

import logging
import os
from typing import Any

import django
from celery import Celery, signals
from django.conf import settings

# `celery -A labelhub …` comes here first.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelhub.settings")
# labelhub/startup.py checks what a server depends on. Celery would run all of Django's checks and drop what they find.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

log = logging.getLogger(__name__)

SWEEP_S, HEARTBEAT_S, CLEAN_UP_S = 2.0, 10.0, 3600.0
WEBHOOKS_S = 2.0
# A printer that waits for a person is asked again every other second (printers/tasks.py takes only those that are due).
PROBE_RING_S = 1.0


def _ring(task: str, every_s: float) -> dict[str, Any]:
    # A message that waited longer than that has been overtaken by the next one.
    return {"task": task, "schedule": every_s, "options": {"expires": 2 * every_s}}


IN_MEMORY = {"polling_interval": 0.01}
OVER_A_NETWORK = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "socket_keepalive": True,
    # A doorbell may be lost, so that Redis need not keep those that are being answered: four commands less for each.
    "ack_emulation": False,
}

app = Celery("labelhub")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_transport_options=IN_MEMORY if settings.BROKER_URL.startswith("memory:") else OVER_A_NETWORK,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # One quick try more, then whoever rang goes on: the sweep finds the job.
    task_publish_retry=True,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1},
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=False,
    worker_pool="threads",
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    # Above the longest send of one label, so that a deployment does not cut one in half.
    worker_soft_shutdown_timeout=60,
    enable_utc=True,
    timezone=settings.TIME_ZONE,
    beat_scheduler="labelhub.beat:Schedule",
    beat_schedule={
        "sweep": _ring("jobs.tasks.sweep", SWEEP_S),
        "probe": _ring("printers.tasks.probe_due", PROBE_RING_S),
        "heartbeat": _ring("jobs.tasks.heartbeat", HEARTBEAT_S),
        "clean up": _ring("jobs.tasks.clean_up", CLEAN_UP_S),
        "webhooks": _ring("webhooks.ring", WEBHOOKS_S),
        "tidy webhooks": _ring("webhooks.tidy", CLEAN_UP_S),
        "tidy accounts": _ring("accounts.tidy", CLEAN_UP_S),
    },
)
app.autodiscover_tasks(["jobs", "printers", "labelhub.webhooks", "labelhub.accounts"])


@signals.setup_logging.connect
def keep_djangos_logging(**_: object) -> None:
    """That somebody listens to this signal is what stops Celery from configuring logging again."""


@signals.worker_init.connect
@signals.beat_init.connect
def start_as_server(sender: object, **_: object) -> None:
    # The embedded worker lives in a process that has brought everything up already.
    if not getattr(sender, "embedded", False):
        django.setup()
        from celery.apps import worker

        from labelhub.startup import prepare_or_exit, settle

        prepare_or_exit()
        settle()
        # At its end the worker would print to the terminal what it does.
        worker.safe_say = lambda said, *_: log.info("%s", said)  # type: ignore[attr-defined]


@signals.worker_ready.connect
def live(sender: Any, **_: object) -> None:
    from jobs.heartbeats import Pulse
    from jobs.porter import Porter

    Pulse().start()
    Porter(sender.pool.executor, sender.pool.limit).start()


@signals.worker_ready.connect
def sweep_at_once(**_: object) -> None:
    """What waited while no worker lived is found now, not at the next beat."""
    for task in ("jobs.tasks.heartbeat", "jobs.tasks.sweep", "printers.tasks.probe_due"):
        app.send_task(task)
