import pytest

from jobs.models import Outcome, Phase, State
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.jobs.labels import last_attempt, moves, printed_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_works(printer: Printer, device: EmulatedPrinter) -> None:
    job = printed_once(printer, "hello")

    assert (job.state, job.outcome, job.reasons) == (State.COMPLETED, Outcome.CONFIRMED, ["job-completed-successfully"])
    assert [label.raster.sha256 for label in device.labels] == [job.artifact]
    attempt = last_attempt(job)
    assert (attempt.phase, attempt.outcome) == (Phase.REPORTED, Outcome.CONFIRMED)
    assert attempt.bytes_total == attempt.bytes_acked == device.bytes_read
    assert moves(job) == [(None, "pending"), ("pending", "processing"), ("processing", "completed")]
