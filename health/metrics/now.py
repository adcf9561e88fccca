"""How things stand now: jobs that are open, printers, live processes. Each a query over what is open or alive."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric

from jobs.models import Heartbeat, Job
from jobs.states import OPEN
from printers.models import Printer, PrinterStatus
from printers.status import printer_state


def numbers_of_now() -> Iterator[Metric]:
    now = timezone.now()
    yield from _jobs(now)
    yield from _printers(now)
    yield from _processes(now)


def names_of_printers() -> dict[str, str]:
    """What the label `printer` says, by id: `site/handle`, as in the API."""
    return {str(each.pk): each.path for each in Printer.objects.select_related("site").only("site__key", "handle")}


def _jobs(now: datetime) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("labelhub_jobs", "Open jobs.", labels=("printer", "state"))
    oldest = GaugeMetricFamily(
        "labelhub_oldest_job_seconds", "Age of the oldest open job in a state.", labels=("printer", "state")
    )
    names = names_of_printers()
    found = Job.objects.filter(state__in=OPEN).order_by().values_list("printer_id", "state")
    for printer, state, count, first in found.annotate(count=Count("pk"), first=Min("created_at")):
        labels = (names.get(str(printer), ""), state)
        jobs.add_metric(labels, count)
        oldest.add_metric(labels, _age(first, now))
    yield jobs
    yield oldest


def _printers(now: datetime) -> Iterator[Metric]:
    label = ("printer",)
    enabled = GaugeMetricFamily("labelhub_printer_enabled", "Whether it may print.", labels=label)
    online = GaugeMetricFamily("labelhub_printer_online", "Whether it answered the last probe.", labels=label)
    stopped = GaugeMetricFamily(
        "labelhub_printer_stopped", "Whether somebody is needed before it prints.", labels=label
    )
    probed = GaugeMetricFamily("labelhub_probe_age_seconds", "Since it was last asked.", labels=label)
    seen = GaugeMetricFamily("labelhub_printer_seen_age_seconds", "Since it last answered.", labels=label)
    for printer in Printer.objects.select_related("site", "status"):
        name, status = (printer.path,), _status(printer)
        enabled.add_metric(name, printer.enabled and not printer.paused)
        stopped.add_metric(name, printer_state(printer, status)[0] == "stopped")
        if status is None or status.captured_at is None:
            continue
        online.add_metric(name, bool(status.online))
        probed.add_metric(name, _age(status.captured_at, now))
        if status.last_seen_at is not None:
            seen.add_metric(name, _age(status.last_seen_at, now))
    yield from (enabled, online, stopped, probed, seen)


def _processes(now: datetime) -> Iterator[Metric]:
    """By role and not by process: names of processes come and go without end."""
    ages = GaugeMetricFamily("labelhub_heartbeat_age_seconds", "Of the latest sign of life.", labels=("role",))
    latest: dict[str, float] = {}
    for role, seen_at in Heartbeat.objects.values_list("role", "seen_at"):
        latest[role] = min(latest.get(role, float("inf")), _age(seen_at, now))
    for role, age in sorted(latest.items()):
        ages.add_metric((role,), age)
    yield ages


def _status(printer: Printer) -> PrinterStatus | None:
    return getattr(printer, "status", None)


def _age(then: datetime, now: datetime) -> float:
    return max(0.0, (now - then).total_seconds())
