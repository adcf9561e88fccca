"""What this hub needs to serve, as an ordered list of small functions. Each reads, none changes anything."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from celery import current_app
from django.conf import settings
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from health.schema import running_problem
from jobs.epoch import SENTENCE, held_since
from jobs.models import Heartbeat, Job, State
from printers.configuration import load_configuration
from printers.models import Printer
from printers.stream import subscribers
from templates_app.models import Template

Status = Literal["ok", "stale", "fail", "skipped"]

SEEN_OK_S, SEEN_STALE_S = 90, 600
# Three beats of jobs.tasks.heartbeat.
ALIVE_S = 35
WAITING_STALE_S = 300


@dataclass(frozen=True)
class Checked:
    """`detail` is for everybody; `private` says more, with hosts and names, to whom that is shown."""

    status: Status
    detail: str
    metric: Mapping[str, float | int] = field(default_factory=dict)
    private: str = ""


def database() -> Checked:
    begun = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return Checked("ok", "The database answers.", {"latency_ms": round((time.monotonic() - begun) * 1000, 2)})


def migrations() -> Checked:
    lacks, newer = running_problem()
    if lacks:
        return Checked("fail", "The database lacks migrations of this version.", private=lacks)
    if newer:
        # After `bring_up` of the next release and before its processes stand, these go on.
        return Checked("stale", "A newer version has migrated the database; replace this process.", private=newer)
    return Checked("ok", "The database is at the head of the migrations.")


def template_seed() -> Checked:
    count = Template.objects.count()
    if not count:
        return Checked("fail", "There is not one template; run “manage.py bring_up”.", {"templates": 0})
    return Checked("ok", f"There are {count} templates.", {"templates": count})


def printer_runtime() -> Checked:
    configuration = load_configuration()
    if not configuration.path:
        return Checked("skipped", "There is no configuration file.")
    broken = [entry.error for entry in configuration.printers if entry.error]
    sentences = [*configuration.problems, *broken]
    metric = {"configured": len(configuration.printers), "broken": len(broken)}
    if not configuration.readable:
        return Checked("fail", "The configuration file cannot be read.", metric, " ".join(sentences))
    if broken:
        detail = f"{len(broken)} of {len(configuration.printers)} configured printers cannot work as configured."
        return Checked("fail", detail, metric, " ".join(sentences))
    detail = f"{len(configuration.printers)} printers are configured."
    return Checked("ok", detail, metric, " ".join([detail, *sentences]))


def printer_db_sync() -> Checked:
    wanted = {entry.id: entry.where for entry in load_configuration().printers}
    if not wanted:
        return Checked("skipped", "No printer is configured in a file.")
    there = set(Printer.objects.filter(id__in=wanted).values_list("id", flat=True))
    missing = [where for printer_id, where in wanted.items() if printer_id not in there]
    metric = {"configured": len(wanted), "missing": len(missing)}
    if missing:
        detail = f"{len(missing)} of {len(wanted)} configured printers have no row; run “manage.py bring_up”."
        return Checked("fail", detail, metric, f"{detail} Missing: {', '.join(missing)}.")
    return Checked("ok", "Every configured printer has its row.", metric)


def snmp_discovery() -> Checked:
    """By the last *successful* answer of each: an attempt that failed does not make a printer fresh."""
    now = timezone.now()
    # Columns and not objects: there may be a thousand printers, and probes come every few seconds.
    columns = ("id", "site__key", "handle", "status__last_seen_at")
    ages: dict[str, float] = {}
    for printer_id, site, handle, seen in Printer.objects.filter(enabled=True).order_by().values_list(*columns):
        path = f"{site}/{handle}" if handle else str(printer_id)
        ages[path] = (now - seen).total_seconds() if seen else float("inf")
    if not ages:
        return Checked("skipped", "There is no enabled printer.")
    lost = sorted(path for path, age in ages.items() if age >= SEEN_STALE_S)
    late = sorted(path for path, age in ages.items() if SEEN_OK_S <= age < SEEN_STALE_S)
    known = [age for age in ages.values() if age != float("inf")]
    metric: dict[str, float | int] = {"printers": len(ages), "lost": len(lost), "late": len(late)}
    if known:
        metric["oldest_answer_s"] = round(max(known), 1)
    if lost:
        detail = f"{len(lost)} of {len(ages)} printers have not answered for {SEEN_STALE_S // 60} minutes."
        return Checked("fail", detail, metric, f"{detail} {', '.join(lost)}.")
    if late:
        detail = f"{len(late)} of {len(ages)} printers have not answered for {SEEN_OK_S} s."
        return Checked("stale", detail, metric, f"{detail} {', '.join(late)}.")
    return Checked("ok", "Every enabled printer has answered lately.", metric)


def print_queue() -> Checked:
    now = timezone.now()
    alive = dict.fromkeys(("worker", "beat"), 0)
    for role in Heartbeat.objects.filter(seen_at__gt=now - timedelta(seconds=ALIVE_S)).values_list("role", flat=True):
        alive[role] = alive.get(role, 0) + 1
    # A printer that was stopped or paused lets its jobs wait on purpose.
    oldest = (
        Job.objects.waiting(now)
        .filter(state=State.PENDING, printer__enabled=True, printer__paused=False, printer__stop_reasons=[])
        .order_by("created_at")
        .values_list("created_at", flat=True)
        .first()
    )
    waited = (now - oldest).total_seconds() if oldest else 0.0
    metric = {"workers": alive["worker"], "beats": alive["beat"], "oldest_waiting_s": round(waited, 1)}
    if held_since() is not None:
        return Checked("fail", SENTENCE, metric)
    if not alive["worker"]:
        return Checked("fail", f"No worker has been alive for {ALIVE_S} s: nothing is printed.", metric)
    if not alive["beat"]:
        return Checked("fail", f"No beat has been alive for {ALIVE_S} s: nothing is probed or swept.", metric)
    if waited > WAITING_STALE_S:
        return Checked("stale", f"The oldest label has waited for {waited:.0f} s.", metric)
    return Checked("ok", "Workers and beat are alive.", metric)


def sse_bus() -> Checked:
    count, most = subscribers()
    metric = {"subscribers": count, "limit": most}
    if count >= most:
        return Checked("fail", "No more event streams are taken; pages poll instead.", metric)
    return Checked("ok", f"{count} event streams are open.", metric)


def broker() -> Checked:
    if settings.BROKER_URL.startswith("memory:"):
        return Checked("skipped", "The broker is this process itself.")
    begun = time.monotonic()
    try:
        with current_app.connection_for_write() as link:
            link.ensure_connection(max_retries=1, timeout=1)
    except (BrokerError, OSError) as error:
        return Checked("fail", "The broker does not answer: labels wait for the next sweep.", private=str(error))
    return Checked("ok", "The broker answers.", {"latency_ms": round((time.monotonic() - begun) * 1000, 2)})


CHECKS: dict[str, Callable[[], Checked]] = {
    check.__name__: check
    for check in (
        database,
        migrations,
        template_seed,
        printer_runtime,
        printer_db_sync,
        snmp_discovery,
        print_queue,
        sse_bus,
        broker,
    )
}
CRITICAL = frozenset({"database", "migrations", "template_seed"})
LIMIT_S = 1.5


def overall(found: Mapping[str, Checked]) -> str:
    """`not-ready` where this process cannot serve, `degraded` where a part of the whole is not well, else `ready`."""
    if any(name in CRITICAL and each.status == "fail" for name, each in found.items()):
        return "not-ready"
    return "ready" if all(each.status in {"ok", "skipped"} for each in found.values()) else "degraded"
