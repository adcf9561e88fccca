"""A database that is read-only or full, while labels are submitted and while they are printed."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection

from jobs.models import Job, Outcome
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.api import script
from tests.faults.invariants import check_invariants
from tests.faults.refusing import FLAG, heed, postgresql_refuses, sqlite_refuses
from tests.faults.site import PRINTERS, Site
from tests.faults.workers import Worker
from tests.jobs.labels import ask, wait_for
from tests.services import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.fault(12)]

HOWS = ["read-only", "full"]
REFUSES_S = 6
REFUSED = r"OperationalError|InternalError|DiskFull|ReadOnly|the database failed|Service Unavailable"


@pytest.mark.services
@pytest.mark.parametrize("how", HOWS)
def test_what_is_submitted_is_refused_whole_and_taken_later(site: Site, how: str) -> None:
    site.expects = REFUSED
    labels = [(f"label-{uuid4()}", number % PRINTERS) for number in range(12)]

    def submit(key: str, printer: int) -> tuple[int, str]:
        rows = [{"name": "Fault", "id": f"{key[-12:]}-{n}", "url": "https://inv.invalid"} for n in range(2)]
        body = {"printer": f"main/p{printer}", "template": "asset-tag-12", "rows": rows}
        code, answer = site.call("POST", "/api/print", body, web=printer % 2, Idempotency_Key=key)
        return code, answer.get("code", "")

    (before,) = site.ask_database("SELECT count(*) FROM jobs_job")
    sent = [device.bytes_read for device in site.devices]
    with postgresql_refuses(site.made.database_url, how):
        assert Counter(submit(*each) for each in labels) == {(503, "unavailable"): len(labels)}
        assert [web.call("GET", "/healthz")[0] for web in site.webs] == [200, 200]
    assert site.ask_database("SELECT count(*) FROM jobs_job") == [before]
    assert [device.bytes_read for device in site.devices] == sent
    assert Counter(submit(*each) for each in labels) == {(202, ""): len(labels)}
    site.settle()
    assert site.ask_database("SELECT count(*) FROM jobs_job") == [(before[0] + 2 * len(labels),)]


@pytest.mark.services
@pytest.mark.parametrize("how", HOWS)
def test_outcomes_are_written_once_there_is_room(site: Site, how: str) -> None:
    site.expects = REFUSED
    jobs = [job for printer in range(PRINTERS) for job in site.submit(printer, count=10)]
    wait_until(lambda: site.open_jobs() < 36, "the first labels", limit_s=60)
    with postgresql_refuses(site.made.database_url, how):
        time.sleep(REFUSES_S)
        # What is under way ends, and nothing else begins.
        sent = [device.bytes_read for device in site.devices]
        time.sleep(1)
        assert [device.bytes_read for device in site.devices] == sent
        left = site.open_jobs()
        assert left > 0
    ends = site.settle()
    assert [site.job(job)["outcome"] for job in jobs] == ["confirmed"] * 40, (ends, left)


@pytest.fixture
def flag(tmp_path: Path) -> Iterator[Path]:
    """This process obeys it, too."""
    path = tmp_path / "refuses"
    connection.ensure_connection()
    had = list(connection.execute_wrappers)
    heed(path)
    connection.close()
    yield path
    connection.execute_wrappers[:] = had


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", HOWS)
def test_embedded_what_is_submitted_is_refused_whole(
    printer: Printer, device: EmulatedPrinter, flag: Path, how: str
) -> None:
    caller, taken, refused = script(), 0, 0
    with sqlite_refuses(flag, how):
        # A full one has some room left in its pages.
        while refused < 5:
            body = {"printer": str(printer.pk), "template": "word", "fields": {"word": f"label {taken} {refused}"}}
            answer = caller.post("/api/print", body)
            assert answer.status_code in {202, 503}, answer.content
            taken, refused = taken + (answer.status_code == 202), refused + (answer.status_code == 503)
            assert taken < 500
    assert Job.objects.count() == taken
    assert how == "full" or taken == 0
    assert device.bytes_read == 0


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", HOWS)
def test_embedded_outcomes_are_written_once_there_is_room(
    printer: Printer, device: EmulatedPrinter, tmp_path: Path, how: str
) -> None:
    with connection.cursor() as cursor:
        # Else what other tests left free is room for all the labels.
        cursor.execute("VACUUM")
    ask(printer, *(f"label {number}" for number in range(30)))
    flag, word = tmp_path / "refuses", "readonly" if how == "read-only" else "is full"
    with Worker(env={FLAG: str(flag), "LABELHUB_LOG_LEVEL": "WARNING"}) as worker:
        for labels in (3, 10):
            wait_for(lambda: len(device.labels) >= labels, "the first labels", 60)  # noqa: B023
            with sqlite_refuses(flag, how):
                # A full one has some room left in its pages.
                wait_for(lambda: word in worker.log.read_text(), "a refusal", 60)
                time.sleep(2)
        wait_for(lambda: not Job.objects.filter(outcome=None).exists(), "the end of the queue", 90)
    ends = check_invariants([device])
    assert ends == {f"completed {Outcome.CONFIRMED}": 30}
