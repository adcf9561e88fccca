"""A database that is read-only or full, while labels are submitted and while they are printed."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection

from jobs.models import Job, Outcome
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.api import script
from tests.faults.disk import SMALL_MB, small_disk
from tests.faults.invariants import check_invariants
from tests.faults.refusing import FLAG, heed, sqlite_refuses
from tests.faults.refusing_server import postgresql_refuses
from tests.faults.site import PRINTERS, Site
from tests.faults.workers import Worker
from tests.hubs import Hub
from tests.jobs.labels import ask, wait_for
from tests.services import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.fault(12)]

HOWS = ["read-only", "full"]
REFUSES_S, REST_S = 6, 2
CLIENTS, MOST_ROOM = 8, 400
TAKEN, REFUSAL = (202, ""), (503, "unavailable")
REFUSED = r"OperationalError|InternalError|DiskFull|ReadOnly|the database failed|Service Unavailable"


@pytest.mark.services
@pytest.mark.parametrize("how", [*HOWS, "full-log"])
def test_what_is_submitted_is_refused_whole_and_taken_later(site: Site, how: str) -> None:
    site.expects = REFUSED
    keys = [f"label-{uuid4()}" for _ in range(MOST_ROOM)]

    def submit(key: str) -> tuple[int, str]:
        rows = [{"name": "Fault", "id": f"{key[-12:]}-{n}", "url": "https://inv.invalid"} for n in range(2)]
        number = int(key[-1], 16)
        body = {"printer": f"main/p{number % PRINTERS}", "template": "asset-tag-12", "rows": rows}
        code, answer = site.call("POST", "/api/print", body, web=number % 2, Idempotency_Key=key)
        return code, answer.get("code", "")

    (before,) = site.ask_database("SELECT count(*) FROM jobs_job")
    sent = [device.bytes_read for device in site.devices]
    answers: dict[str, tuple[int, str]] = {}
    with ThreadPoolExecutor(CLIENTS) as clients, postgresql_refuses(site, how):
        # A full disk has some room left in the pages of its tables.
        while Counter(answers.values())[REFUSAL] < CLIENTS:
            some, keys = keys[:CLIENTS], keys[CLIENTS:]
            answers |= zip(some, clients.map(submit, some), strict=True)
            assert [web.call("GET", "/healthz")[0] for web in site.webs] == [200, 200]
        if how != "full":
            assert set(answers.values()) == {REFUSAL}
            assert [device.bytes_read for device in site.devices] == sent
    refused = [key for key, answer in answers.items() if answer == REFUSAL]
    taken = [key for key, answer in answers.items() if answer == TAKEN]
    assert len(taken) + len(refused) == len(answers)
    print(f"{how}: {len(taken)} taken, {len(refused)} refused")  # noqa: T201
    assert site.ask_database("SELECT count(*) FROM jobs_job") == [(before[0] + 2 * len(taken),)]
    assert {submit(key) for key in refused} == {TAKEN}
    site.settle()
    assert site.ask_database("SELECT count(*) FROM jobs_job") == [(before[0] + 2 * len(answers),)]


@pytest.mark.services
@pytest.mark.parametrize("how", [*HOWS, "full-log"])
def test_outcomes_are_written_once_there_is_room(site: Site, how: str) -> None:
    site.expects = REFUSED
    before = labels_of(site)
    jobs = [job for printer in range(PRINTERS) for job in site.submit(printer, count=10)]
    wait_until(lambda: site.open_jobs() < 36, "the first labels", limit_s=60)
    with postgresql_refuses(site, how):
        time.sleep(REFUSES_S)
        # What is under way ends, and what the pages of full tables have room for; nothing else begins.
        wait_until(lambda: is_at_rest(site), "the rest of the printers", limit_s=60)
        assert labels_of(site) < before + len(jobs)
    ends = site.settle()
    assert [site.job(job)["outcome"] for job in jobs] == ["confirmed"] * 40, ends


def is_at_rest(site: Site) -> bool:
    sent = [device.bytes_read for device in site.devices]
    time.sleep(REST_S)
    return [device.bytes_read for device in site.devices] == sent


def labels_of(site: Site) -> int:
    return sum(len(device.labels) for device in site.devices)


def give_room_back() -> None:
    """What other tests left free in the file would be room for all the labels."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")


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
    give_room_back()
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
def test_an_embedded_hub_whose_disk_is_full_refuses_whole_and_takes_it_later(tmp_path: Path) -> None:
    with small_disk(SMALL_MB) as disk:
        if disk is None:
            return
        (tmp_path / "data").symlink_to(disk.folder)
        with Hub(tmp_path / "data") as hub:
            token = hub.said("API token")

            def submit(number: int) -> tuple[int, str]:
                fields = {"name": "Full", "id": str(number)}
                body = {"printer": "demo/pt-p750w", "template": "asset-tag-12", "fields": fields}
                code, answer = hub.call("POST", "/api/print", body, token, Idempotency_Key=f"full-{number}")
                return code, answer.get("code", "")

            answers: list[tuple[int, str]] = []
            with disk.full():
                while answers.count(REFUSAL) < 5:
                    answers.append(submit(len(answers)))
                    assert hub.call("GET", "/healthz")[0] == 200
                    assert len(answers) < MOST_ROOM
            assert set(answers) <= {TAKEN, REFUSAL}
            assert {submit(number) for number, answer in enumerate(answers) if answer == REFUSAL} == {TAKEN}

            def ends() -> list[str | None]:
                _code, found = hub.call("GET", "/api/jobs?limit=200&text=Full", token=token)
                return [job["outcome"] for job in found["items"]]

            wait_until(lambda: None not in ends(), "the end of the queue", limit_s=120, every_s=0.5)
            assert ends() == ["confirmed"] * len(answers)


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", HOWS)
def test_embedded_outcomes_are_written_once_there_is_room(
    printer: Printer, device: EmulatedPrinter, tmp_path: Path, how: str
) -> None:
    give_room_back()
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
