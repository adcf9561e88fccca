"""What several addresses answer with, and how a job is found for its caller."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from ninja import Status

from jobs import submission
from jobs.errors import UnknownJob
from jobs.models import Job, JobQuerySet, State
from jobs.schemas import Accepted, AcceptedJob
from printers.callers import caller_of


def accepted(response: HttpResponse, done: submission.Accepted) -> Status[Accepted]:
    jobs = [AcceptedJob(id=job.id, state=State(job.state)) for job in done.jobs]
    response["Location"] = f"/api/batches/{done.batch}" if done.batch else f"/api/jobs/{jobs[0].id}"
    return Status(202, Accepted(jobs=jobs, batch=done.batch, printer=done.printer, placement=done.placement))


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
