"""A label made ready to be sent: its dots, the printer's bytes for them, what is known of it before the first one."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.db import DatabaseError

from jobs import failpoints, queue
from jobs.dispatch.evidence import Watch
from jobs.dispatch.image import image_of, read_ahead
from jobs.dispatch.keeping import drop_broken_connection
from jobs.dispatch.obstacles import CannotPrint
from jobs.dispatch.patience import printing_seconds, tape_mm
from jobs.dispatch.preflight import Looked
from jobs.dispatch.session import Session
from jobs.dispatch.watching import note_acked
from jobs.layout import print_options
from jobs.models import Attempt, Job
from printers import transport
from printers.calibration import offset_for, shifted
from printers.doing import doing
from printers.drivers import driver_for
from printers.errors import HubError
from printers.media import find_medium, find_model
from printers.models import Printer
from printers.raster import Raster

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Label:
    """`pages` are what is sent: one for each copy, and a blank at the end where the strip is cut off by itself.
    `seconds` it should take. `followed`: another goes behind it over the same connection, as far as anybody can tell;
    `last` of its print job. `opens`: the medium of the strip that is open once this is sent, and `ending` ends it.
    `behind`: the next one, once that is ready. It is sent over `link`; `watch` is what was seen of the printer since.
    """

    job: Job
    attempt: Attempt
    pages: list[bytes]
    seconds: float
    followed: bool
    last: bool
    opens: str
    ending: Callable[[], bytes] | None
    behind: "Label | None" = None
    link: transport.Connection = field(init=False)
    watch: Watch = field(init=False)

    def goes_over(self, link: transport.Connection, looked: Looked, *, ours: bool) -> None:
        """What was seen of the printer before is the first evidence; `ours`: it has just printed another of ours."""
        self.link = link
        self.watch = Watch(
            pages=self.job.copies,
            life_before=looked.life_count,
            listening=looked.reading is not None,
            ours=ours,
        )
        if looked.reading is not None:
            self.watch.note(0, looked.reading)
        self.attempt.evidence = self.watch.entries


def make_ready(
    job: Job, attempt: Attempt, session: Session, printer: Printer, raster: Raster, *, listening: bool
) -> Label:
    """`listening`: the printer answers by SNMP. Raises CannotPrint."""
    model, medium = find_model(printer.model), find_medium(job.medium)
    driver, options = driver_for(model), print_options(job.options, job.copies)
    # Nobody could tell when a printer that is silent has printed a label: each gets a session of its own.
    followed = listening and session.is_followed(job, printer)
    last = not (followed and driver.chains)
    try:
        dots = shifted(raster, offset_for(printer, medium))
        pages = driver.page(dots, model, medium, options, first=not session.unended, last=last)
    except HubError as error:
        raise CannotPrint(error.detail) from error
    attempt.bytes_total = sum(map(len, pages))
    attempt.stream_sha256 = hashlib.sha256(b"".join(pages)).hexdigest()
    attempt.tape_mm = tape_mm(model, medium, raster, job.copies)
    cut_off = driver.chains and options.cuts_at_end
    return Label(
        job=job,
        attempt=attempt,
        pages=pages,
        seconds=printing_seconds(model, medium, raster, job.copies),
        followed=followed,
        last=last,
        opens=medium.key if cut_off and len(pages) > last else session.turn.lease.open_strip,
        ending=partial(driver.ending, model, medium, options) if cut_off else None,
    )


def next_ready(label: Label, session: Session, printer: Printer, *, drawing: bool) -> Label | None:
    """The next label of a batch, while the printer has `label`, the one before it. Nobody has claimed it.

    One whose dots are not stored is left alone but with `drawing`: that takes a while, in which this process may die.
    Whoever finds `label` then has to know that the printer has it.

    None where there is none, or something is in its way: whoever claims it meets that again, and writes it down.
    """
    lease = session.turn.lease
    if not drawing and lease.ahead and not lease.ahead[0].artifact:
        return None
    job = queue.take_ahead(lease)
    attempt = queue.first_attempt(job, lease) if job is not None else None
    if job is None or attempt is None or not session.is_for(job, printer):
        lease.ahead.clear()
        return None
    job.printer = printer
    try:
        with doing("make a label ready", job=job.pk):
            if not job.artifact:
                note_acked(label.attempt)
            failpoints.hit("claimed")
            _read_ahead(job, session, printer)
            raster = image_of(job, attempt, session.turn)
            failpoints.hit("rendered")
            return make_ready(job, attempt, session, printer, raster, listening=True)
    except DatabaseError:
        drop_broken_connection()
    except Exception as error:
        log.debug("Job %s could not be made ready ahead: %s", job.pk, error)
    lease.ahead.clear()
    return None


def _read_ahead(job: Job, session: Session, printer: Printer) -> None:
    """The dots of this label and of those behind it, and the printer's bytes for them, where they are not at hand.

    For one small label this takes longer than for each of ten, which find the processor's caches full of it.
    """
    turn = session.turn
    if not job.artifact or job.artifact in turn.read:
        return
    behind = (each for each in turn.lease.ahead if each.artifact and session.is_for(each, printer))
    rasters = read_ahead([job, *behind], turn)
    model, medium = find_model(printer.model), find_medium(job.medium)
    # What is shifted is drawn anew.
    if rasters and not offset_for(printer, medium):
        driver_for(model).make_ready(rasters, model, medium, print_options(job.options, job.copies))
