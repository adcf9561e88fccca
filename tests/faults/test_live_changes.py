"""What a person or script changes of a printer counts from the next job on in workers that run already."""

from collections.abc import Iterator

import pytest

from jobs.models import Job, State
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.api import script
from tests.faults.workers import Worker
from tests.jobs.labels import ask, make_template, one, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


@pytest.fixture
def devices() -> Iterator[tuple[EmulatedPrinter, EmulatedPrinter]]:
    with (
        EmulatedPrinter("PT-P750W", "tze:12", speed=0) as first,
        EmulatedPrinter("PT-P750W", "tze:12", speed=0) as second,
    ):
        yield first, second


def printed(job: Job) -> bool:
    job.refresh_from_db()
    return job.state == State.COMPLETED


def test_a_running_worker_takes_the_next_job_as_it_is_now(devices: tuple[EmulatedPrinter, EmulatedPrinter]) -> None:
    first, second = devices
    make_template()
    caller = script()
    with Worker():
        # Created while the worker runs.
        new = {"name": "bench", "model": "PT-P750W", "host": "127.0.0.1", "port": first.port, "media": "tze:12"}
        answer = caller.post("/api/printers", new | {"snmp_port": first.snmp_port})
        assert answer.status_code == 201, answer.content
        printer = Printer.objects.get(pk=answer.json()["id"])
        job = one(ask(printer, "created"))
        wait_for(lambda: printed(job), "the first label", 30)
        assert (len(first.labels), len(second.labels)) == (1, 0)

        # Edited: the next label comes out of the other device.
        moved = {"port": second.port, "snmp_port": second.snmp_port}
        assert caller.patch(f"/api/printers/{printer.pk}", moved).status_code == 200
        job = one(ask(printer, "edited"))
        wait_for(lambda: printed(job), "the second label", 30)
        assert (len(first.labels), len(second.labels)) == (1, 1)

        # Disabled with a job that waits: it stays, and nothing new is taken.
        paused = caller.post(f"/api/printers/{printer.pk}/pause")
        assert paused.status_code == 200
        job = one(ask(printer, "disabled"))
        assert caller.patch(f"/api/printers/{printer.pk}", {"enabled": False}).status_code == 200
        assert caller.post(f"/api/printers/{printer.pk}/resume").status_code == 200
        refused = caller.post("/api/print", {"printer": str(printer.pk), "template": "word", "fields": {"word": "no"}})
        assert refused.status_code == 409, refused.content
        with Worker(options=("--once",)) as other:
            assert other.wait() == 0
        job.refresh_from_db()
        assert (job.state, len(second.labels)) == (State.PENDING, 1)

        # Enabled again, it goes on.
        assert caller.patch(f"/api/printers/{printer.pk}", {"enabled": True}).status_code == 200
        wait_for(lambda: printed(job), "the third label", 30)
        assert (len(first.labels), len(second.labels)) == (1, 2)
