"""The dots of a label, drawn once."""

import logging
from collections.abc import Iterable
from contextlib import suppress

from jobs.artifacts import keep, load
from jobs.dispatch.obstacles import CannotPrint, ImageNotKept
from jobs.dispatch.session import Turn
from jobs.errors import ArtifactUnusable, NotAllowed
from jobs.layout import render_job
from jobs.models import Attempt, Job, Phase
from printers.errors import HubError
from printers.raster import Raster
from printers.statements import Select, given
from templates_app.models import TemplateVersion

# In dots.
LARGE = 128 * 1024

log = logging.getLogger(__name__)


def image_of(job: Job, attempt: Attempt, turn: Turn) -> Raster:
    """The dots that are stored for the job, or rendered and stored now. Every attempt sends the same."""
    raster = turn.read.get(job.artifact) or _stored(job) or _drawn(job, turn)
    # Written with the barrier, or with what keeps the job from it.
    attempt.phase = Phase.RENDERED
    return raster


def read_ahead(jobs: Iterable[Job], turn: Turn) -> list[Raster]:
    """The dots of these, as far as they are stored, for `image_of`. Of what is large, one."""
    turn.read = {}
    for job in jobs:
        # What cannot be used is told of when it is that label's turn.
        with suppress(ArtifactUnusable):
            turn.read[job.artifact] = raster = load(job.artifact)
            if raster.lines * raster.pins > LARGE:
                break
    return list(turn.read.values())


def _stored(job: Job) -> Raster | None:
    if not job.artifact:
        return None
    try:
        return load(job.artifact)
    except ArtifactUnusable as error:
        log.warning("Job %s is rendered again. %s", job.pk, error)
        return None


def _drawn(job: Job, turn: Turn) -> Raster:
    shown = job.template_version_id, job.fields, job.medium, job.options, job.render_time
    if turn.drawn is not None and turn.drawn[0] == shown:
        # Many labels of a batch may be the same.
        _shown, raster, job.artifact = turn.drawn
        return raster
    job.template_version = _version_of(job, turn)
    try:
        raster = render_job(job)
    except (NotAllowed, HubError) as error:
        raise CannotPrint(error.detail) from error
    try:
        job.artifact = keep(raster.png)
    except ArtifactUnusable as error:
        raise ImageNotKept(error.detail) from error
    turn.drawn = shown, raster, job.artifact
    return raster


def _version_of(job: Job, turn: Turn) -> TemplateVersion | None:
    """Versions never change, so that one is read once in a turn."""
    if job.template_version_id not in turn.versions:
        found = VERSION.run(version=job.template_version_id) if job.template_version_id is not None else []
        turn.versions[job.template_version_id] = found[0] if found else None
    return turn.versions[job.template_version_id]


VERSION = Select(lambda: TemplateVersion.objects.filter(**given(TemplateVersion, {"id": "version"})).order_by())
