"""The support bundle: what somebody who helps from afar needs to know, and nothing that is nobody's business.

It is built from what is allowed to be in it. Labels, people, addresses of people, tokens, communities and host names
are left out; then every secret that this hub knows is looked for in the text once more.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from health.readiness import overall
from health.running import run_checks
from jobs.models import Attempt, Heartbeat, Job, State
from labelhub.about.facts import packages, settings_in_effect, versions
from labelhub.integrations.configuration import integrations
from labelhub.webhooks.models import Webhook
from printers.instants import rfc3339
from printers.models import Event, Printer, Total
from printers.networks import is_literal
from printers.status import printer_state

MOST_EVENTS, MOST_JOBS = 500, 100
# Of an event only this: messages that people wrote or that name them stay here.
TOLD = frozenset(
    {
        "from", "to", "reasons", "outcome", "attempt", "bytes", "changed", "online", "state", "error_state",
        "tape_loaded", "priority", "medium",
    }
)  # fmt: skip
HIDDEN = "[removed]"
LEAST_SECRET = 4
USUAL = frozenset({"public", "labelhub", "admin", "localhost"})
README = """A support bundle of LabelHub, made {now}.

versions.json   of the hub and of what it runs on
settings.json   what the environment sets; of secrets only that they are set
readiness.json  what the hub checks of itself
printers.json   the printers and what they said last
jobs.json       how many jobs there are, and the latest that did not simply come out
events.jsonl    the latest of the log
counts.json     workers, totals
packages.json   libraries

Not in it: what labels say, pictures, names of people, addresses, passwords, tokens, SNMP communities, host names.
"""


def support_bundle() -> bytes:
    """A zip archive."""
    hide = _hider()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _files():
            archive.writestr(name, hide(text))
    return out.getvalue()


def _files() -> Iterator[tuple[str, str]]:
    yield "README.txt", README.format(now=rfc3339(timezone.now()))
    yield "versions.json", _json(versions())
    yield "settings.json", _json(settings_in_effect())
    checks = run_checks()
    # Their public words: the private ones name hosts and files.
    yield (
        "readiness.json",
        _json(
            {
                "status": overall(checks),
                "checks": {
                    name: {"status": each.status, "detail": each.detail, "metric": dict(each.metric)}
                    for name, each in checks.items()
                },
            }
        ),
    )
    yield "printers.json", _json([_printer(each) for each in Printer.objects.select_related("site", "status")])
    yield "jobs.json", _json(_jobs())
    events = Event.objects.order_by("-id")[:MOST_EVENTS]
    yield "events.jsonl", "".join(json.dumps(_event(each), ensure_ascii=False) + "\n" for each in reversed(events))
    yield "counts.json", _json(_counts())
    yield "packages.json", _json([asdict(each) for each in packages()])


def _printer(printer: Printer) -> dict[str, Any]:
    state, reasons = printer_state(printer, getattr(printer, "status", None))
    told: dict[str, Any] = {
        name: getattr(printer, name)
        for name in (
            "model", "port", "snmp_port", "media", "enabled", "paused", "source", "error_policy", "calibration",
            "stop_reasons",
        )
    }  # fmt: skip
    told |= {"id": str(printer.id), "address": printer.host if is_literal(printer.host) else "a name"}
    told |= {"state": state, "reasons": reasons, "usual_community": printer.snmp_community == "public"}
    if (status := getattr(printer, "status", None)) is not None:
        told["status"] = {
            name: getattr(status, name)
            for name in (
                "online", "state", "reasons", "error_state", "media_key", "media_width_mm", "media_length_mm",
                "media_type", "tape_color", "text_color", "model_seen", "life_count", "source", "sources", "failures",
                "last_error", "note",
            )
        }  # fmt: skip
        told["status"] |= {"captured_at": _instant(status.captured_at), "last_seen_at": _instant(status.last_seen_at)}
    return told


def _jobs() -> dict[str, Any]:
    counts = Job.objects.order_by().values_list("state", "outcome").annotate(n=Count("id"))
    odd = Job.objects.exclude(state=State.COMPLETED, outcome="confirmed").exclude(state=State.CANCELED)
    latest = list(odd.order_by("-created_at")[:MOST_JOBS])
    attempts: dict[Any, list[dict[str, Any]]] = {}
    for each in Attempt.objects.filter(job__in=latest).order_by("number"):
        attempts.setdefault(each.job_id, []).append(
            {
                "number": each.number,
                "phase": each.phase,
                "outcome": each.outcome,
                "reasons": each.reasons,
                "bytes_total": each.bytes_total,
                "bytes_acked": each.bytes_acked,
                "evidence": each.evidence,
                **{
                    name: _instant(getattr(each, name)) for name in ("started_at", "barrier_at", "acked_at", "ended_at")
                },
            }
        )
    return {
        "counts": [{"state": state, "outcome": outcome, "jobs": n} for state, outcome, n in counts],
        "latest": [
            {
                "id": str(job.id),
                "printer": str(job.printer_id),
                "template": job.template_key,
                "medium": job.medium,
                "copies": job.copies,
                "options": job.options,
                "state": job.state,
                "outcome": job.outcome,
                "reasons": job.reasons,
                "deaths": job.deaths,
                **{name: _instant(getattr(job, name)) for name in ("created_at", "started_at", "finished_at")},
                "attempts": attempts.get(job.id, []),
            }
            for job in latest
        ],
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": rfc3339(event.at),
        "kind": event.kind,
        "printer": str(event.printer_id) if event.printer_id else None,
        "job": str(event.job_id) if event.job_id else None,
        "by": event.actor if event.actor == "hub" else "somebody",
        "data": {name: value for name, value in event.data.items() if name in TOLD},
    }


def _counts() -> dict[str, Any]:
    return {
        "heartbeats": [
            {"role": each.role, "started_at": _instant(each.started_at), "seen_at": _instant(each.seen_at)}
            for each in Heartbeat.objects.all()
        ],
        "totals": [[each.name, each.subject, each.label, each.value] for each in Total.objects.order_by("name")],
    }


def _hider() -> Any:
    """Takes every secret that this hub knows out of a text, wherever it came from."""
    known = set(_secrets()) - USUAL
    words = sorted((each for each in known if len(each) >= LEAST_SECRET), key=len, reverse=True)
    if not words:
        return lambda text: text
    pattern = re.compile("|".join(re.escape(each) for each in words))
    return lambda text: pattern.sub(HIDDEN, text)


def _secrets() -> Iterable[str]:
    yield from (settings.SECRET_KEY, settings.TOKEN_PEPPER, settings.ADMIN_PASSWORD, settings.ADMIN_EMAIL)
    yield from (settings.PROXY_SECRET, settings.OIDC_CLIENT_SECRET, settings.DATABASE_URL, settings.BROKER_URL)
    yield str(settings.DATABASES["default"].get("PASSWORD") or "")
    yield from Printer.objects.values_list("snmp_community", flat=True)
    yield from (host for host in Printer.objects.values_list("host", flat=True) if not is_literal(host))
    yield from Webhook.objects.values_list("secret", flat=True)
    for each in integrations().values():
        yield from (each.token, each.webhook_secret, urlsplit(each.url).hostname or "")


def _instant(value: Any) -> str | None:
    return None if value is None else rfc3339(value)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n"
