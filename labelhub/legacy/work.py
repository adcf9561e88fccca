"""Batches and jobs: what was printed, or waits to be."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.models import Batch, Job
from labelhub.legacy.designs import content_template
from labelhub.legacy.ledger import ALREADY, Ledger
from labelhub.legacy.source import document, identity, table_of
from labelhub.legacy.translate import job_options, job_state, template_key
from printers.models import Event

CHUNK = 1000


def import_batches(ledger: Ledger) -> None:
    existing = set(Batch.objects.values_list("id", flat=True))
    for row in ledger.rows("print_batches"):
        batch_id, listed = identity(row["id"]), document(row["job_ids"])
        if batch_id is None:
            ledger.skip("print_batches", f"“{row['id']}” is no id")
            continue
        jobs = [job for job in map(identity, listed) if job] if isinstance(listed, list) else []
        ledger.batch_of.update({job: (batch_id, place) for place, job in enumerate(jobs)})
        if batch_id in existing:
            ledger.skip("print_batches", ALREADY)
            continue
        Batch.objects.create(
            id=batch_id,
            printer_id=ledger.known_printer(row["printer_id"]),
            total=len(jobs),
            requested_by=str(row["created_by"])[:160],
            created_at=ledger.source.instant(row, "created_at") or timezone.now(),
        )
        ledger.report.of("print_batches").written += 1


def import_jobs(ledger: Ledger) -> None:
    for rows in _chunks(ledger.rows("jobs")):
        ids = [identity(row["id"]) for row in rows]
        existing = set(Job.objects.filter(id__in=[i for i in ids if i]).values_list("id", flat=True))
        jobs = []
        for job_id, row in zip(ids, rows, strict=True):
            printer_id = ledger.known_printer(row["printer_id"])
            if job_id is None or job_id in existing:
                ledger.skip("jobs", ALREADY if job_id else f"“{row['id']}” is no id")
            elif printer_id is None:
                ledger.skip("jobs", f"“{row['printer_id']}” is no printer's id")
            else:
                existing.add(job_id)
                jobs.append(_job(ledger, job_id, printer_id, row))
        Job.objects.bulk_create(jobs)
        Event.objects.bulk_create(
            Event(
                kind="job.imported",
                at=job.finished_at or job.created_at,
                printer_id=job.printer_id,
                job_id=job.id,
                batch_id=job.batch_id,
                actor="import",
                data={"to": job.state, "reasons": job.reasons, "legacy": (job.legacy or {}).get("state")},
            )
            for job in jobs
        )
        ledger.report.of("jobs").written += len(jobs)


def _job(ledger: Ledger, job_id: UUID, printer_id: UUID, row: dict[str, Any]) -> Job:
    payload, started = table_of(row["payload"]), ledger.source.instant(row, "started_at")
    state, reasons, outcome, message = job_state(str(row["state"]), started=started is not None)
    copies, options = job_options(payload, ledger.model_of(printer_id))
    key = str(row["template_key"] or "")
    template = ledger.templates.get(template_key(key)) if key else content_template(ledger, payload)
    version = template.current if template else None
    updated = ledger.source.instant(row, "updated_at")
    created = ledger.source.instant(row, "created_at") or started or updated or timezone.now()
    token_id = identity(row["api_key_id"]) if row.get("api_key_id") else None
    batch_id, position = ledger.batch_of.get(job_id, (None, 0))
    label = payload.get("label_data")
    error = str(row["error"] or "")
    return Job(
        id=job_id,
        batch_id=batch_id,
        position=position,
        printer_id=printer_id,
        template_version=version,
        template_key=(key or (template.key if template else ""))[:120],
        fields=label if isinstance(label, dict) else {},
        copies=copies,
        options=options,
        medium=ledger.medium_of(printer_id, version) if version else "",
        state=state,
        reasons=reasons,
        message=" ".join(filter(None, (message, f"The old hub said: {error}" if error else ""))),
        outcome=outcome,
        requested_by=ledger.token_names.get(token_id, "old hub") if token_id else "old hub",
        api_token_id=token_id if token_id in ledger.tokens else None,
        source_address=str(row.get("source_ip") or "")[:64],
        created_at=created,
        render_time=created,
        started_at=started,
        finished_at=ledger.source.instant(row, "finished_at"),
        legacy={
            "state": row["state"],
            "payload": document(row["payload"]),
            "result": document(row["result"]),
            "error": row["error"],
            "updated_at": updated.isoformat().replace("+00:00", "Z") if updated else None,
        },
    )


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
