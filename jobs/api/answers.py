"""What several addresses answer with, and how a job is found for its caller."""

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from jobs import submission
from jobs.errors import UnknownJob
from jobs.models import Job, JobQuerySet
from printers.callers import caller_of


def accepted(done: submission.Accepted) -> HttpResponse:
    """`Accepted`, written by hand: a model would check again what was made here, once for every label."""
    body = {
        "jobs": [{"id": str(job.id), "state": job.state} for job in done.jobs],
        "batch": str(done.batch) if done.batch else None,
        "printer": str(done.printer) if done.printer else None,
        "placement": done.placement,
    }
    response = HttpResponse(json.dumps(body), status=202, content_type="application/json; charset=utf-8")
    response["Location"] = f"/api/batches/{done.batch}" if done.batch else f"/api/jobs/{done.jobs[0].id}"
    if done.replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def job_of(request: HttpRequest, job_id: UUID) -> Job:
    """The job with its template version; to a token of other printers it does not exist. Raises UnknownJob."""
    job = described(visible(request)).filter(pk=job_id).first()
    if job is None:
        raise UnknownJob(f"There is no job {job_id}.")
    return job


def visible(request: HttpRequest) -> JobQuerySet:
    return Job.objects.all().visible_to(caller_of(request))


def described(jobs: JobQuerySet) -> JobQuerySet:
    return jobs.select_related("template_version").defer("template_version__definition", "template_version__diff")


def png_answer(request: HttpRequest, sha256: str, png: bytes) -> HttpResponse:
    etag = f'"{sha256}"'
    named = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
    response = HttpResponseNotModified() if named & {etag, "*"} else HttpResponse(png, content_type="image/png")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response
