"""What compose.yaml starts, with its broker, its database and its processes taken away one after the other."""

import signal
import statistics
import time
from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery

from tests.faults.site import LIMIT_S, Site
from tests.services import wait_until

pytestmark = [pytest.mark.services, pytest.mark.processes]

BROKER_AWAY = r"celery|kombu|redis"
DATABASE_AWAY = r"OperationalError|InterfaceError|the database failed|Service Unavailable|psycopg"


@pytest.mark.fault(7)
@pytest.mark.parametrize("how", ["closed", "black-holed"])
def test_without_its_broker_it_takes_labels_at_once_and_prints_them(site: Site, how: str) -> None:
    site.expects = BROKER_AWAY
    if how == "closed":
        site.made.redis.stop()
    else:
        # Connections are taken by the kernel, and nobody ever answers.
        site.made.redis.process.send_signal(signal.SIGSTOP)
    try:
        spent = []
        for printer in range(4):
            begun = time.monotonic()
            site.submit(printer, web=printer % 2)
            spent.append(time.monotonic() - begun)
        assert statistics.median(spent) < 1, spent
    finally:
        if how == "closed":
            site.made.restart_redis()
        else:
            site.made.redis.process.send_signal(signal.SIGCONT)
    site.settle()


@pytest.mark.fault(8)
def test_a_broker_that_forgets_everything_forgets_no_label(site: Site) -> None:
    site.expects = BROKER_AWAY
    for printer in range(4):
        assert site.call("POST", f"/api/printers/main/p{printer}/pause")[0] == 200
    jobs = [job for printer in range(4) for job in site.submit(printer, count=13)]
    site.made.redis.stop()
    site.made.restart_redis()
    for printer in range(4):
        assert site.call("POST", f"/api/printers/main/p{printer}/resume")[0] == 200
    site.settle()
    assert [site.job(job)["outcome"] for job in jobs] == ["confirmed"] * 52


@pytest.mark.fault(9)
def test_a_hundred_rings_are_one_claim(site: Site) -> None:
    celery = Celery(broker=site.made.broker_url, set_as_current=False)
    ((printer,),) = site.ask_database("SELECT id FROM printers_printer WHERE name = 'p0'")
    (job,) = site.submit()
    for _ in range(100):
        celery.send_task("jobs.tasks.ring", args=[str(printer)], ignore_result=True)
    celery.close()
    site.settle()
    assert site.ask_database("SELECT count(*) FROM jobs_attempt WHERE job_id = %s", job) == [(1,)]


@pytest.mark.fault(10)
def test_a_second_beat_does_nothing_twice(site: Site) -> None:
    second = site.made.start("beat", "beat-2")
    assert site.call("POST", "/api/printers/main/p0/pause")[0] == 200
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    (late,) = site.submit(expires_at=soon)
    jobs = [site.submit(printer)[0] for printer in (1, 2, 3)]
    wait_until(lambda: site.job(late)["state"] == "aborted", "its end", limit_s=LIMIT_S)
    time.sleep(3)
    assert site.ask_database(
        "SELECT count(*) FROM printers_event WHERE job_id = %s AND kind = 'job.aborted'", late
    ) == [(1,)]
    assert site.call("POST", "/api/printers/main/p0/resume")[0] == 200
    # Asked to end before it has begun it dies of the signal.
    assert second.stop()[0] in {0, -signal.SIGTERM}
    site.settle()
    assert [site.job(job)["outcome"] for job in jobs] == ["confirmed"] * 3


@pytest.mark.fault(11)
def test_a_database_that_restarts_costs_no_label(site: Site) -> None:
    site.expects = DATABASE_AWAY
    jobs = [job for printer in range(4) for job in site.submit(printer, count=10)]
    wait_until(lambda: site.open_jobs() < 36, "the first labels", limit_s=LIMIT_S)
    site.made.postgresql.restart()
    ends = site.settle()
    outcomes = [site.job(job)["outcome"] for job in jobs]
    # One for each printer may have been cut off while it was sent.
    assert outcomes.count("confirmed") >= 36, (outcomes, ends)
    site.webs[0].wait_ready()
