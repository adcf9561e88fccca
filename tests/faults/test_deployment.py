"""What compose.yaml starts, with its broker, its database and its processes taken away one after the other."""

import os
import random
import signal
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery

from tests.faults.site import LIMIT_S, Site, chance, deployed
from tests.services import wait_until
from tests.stack import Process

pytestmark = [pytest.mark.services, pytest.mark.processes]

LABELS = int(os.environ.get("LABELHUB_TEST_LABELS") or "60")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with deployed(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture
def site(running: Site) -> Site:
    """Two workers that live, and nothing left over."""
    while len([each for each in running.workers if each.runs]) < 2:
        running.start_worker()
    running.settle()
    return running


@pytest.mark.fault(7)
@pytest.mark.parametrize("how", ["closed", "black-holed"])
def test_without_its_broker_it_takes_labels_at_once_and_prints_them(site: Site, how: str) -> None:
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
    celery = Celery(broker=site.made.broker_url)
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
    jobs = [job for printer in range(4) for job in site.submit(printer, count=10)]
    wait_until(lambda: site.open_jobs() < 36, "the first labels", limit_s=LIMIT_S)
    site.made.postgresql.restart()
    ends = site.settle()
    outcomes = [site.job(job)["outcome"] for job in jobs]
    # One for each printer may have been cut off while it was sent.
    assert outcomes.count("confirmed") >= 36, (outcomes, ends)
    site.webs[0].wait_ready()


def refuse_writes(site: Site, how: str) -> None:
    if how == "read-only":
        site.ask_database("ALTER SYSTEM SET default_transaction_read_only = on")
        site.ask_database("SELECT pg_reload_conf()")
        return
    # What PostgreSQL itself says when it cannot extend a table (SQLSTATE 53100).
    site.ask_database(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
        "'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
    )
    for table in ("jobs_job", "jobs_attempt", "printers_event", "jobs_idempotencykey"):
        site.ask_database(f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION full_disk()")


def take_writes(site: Site, how: str) -> None:
    site.ask_database("SET default_transaction_read_only = off; ALTER SYSTEM RESET default_transaction_read_only")
    site.ask_database("SELECT pg_reload_conf()")
    if how == "full":
        site.ask_database("SET default_transaction_read_only = off; DROP FUNCTION full_disk CASCADE")


@pytest.mark.fault(12)
@pytest.mark.parametrize("how", ["read-only", "full"])
def test_a_database_that_takes_nothing(site: Site, how: str) -> None:
    (waiting,) = site.submit()
    site.settle()
    before = [device.bytes_read for device in site.devices]
    count = site.ask_database("SELECT count(*) FROM jobs_job")
    assert site.call("POST", "/api/printers/main/p1/pause")[0] == 200
    (paused,) = site.submit(1)
    refuse_writes(site, how)
    try:
        time.sleep(1)
        body = {"printer": "main/p0", "template": "asset-tag-12", "fields": {"name": "n", "id": "i", "url": "u"}}
        code, answer = site.call("POST", "/api/print", body)
        assert (code, answer["code"]) == (503, "unavailable"), answer
        code, _ = site.call("GET", "/healthz")
        assert code == 200
        time.sleep(2)
        assert [device.bytes_read for device in site.devices] == before
    finally:
        take_writes(site, how)
    assert site.ask_database("SELECT count(*) FROM jobs_job") == [(count[0][0] + 1,)]
    wait_until(lambda: site.call("POST", "/api/printers/main/p1/resume")[0] == 200, "its resume", limit_s=LIMIT_S)
    site.settle()
    assert [site.job(job)["outcome"] for job in (waiting, paused)] == ["confirmed"] * 2


@pytest.mark.fault(19)
def test_two_workers_share_a_printer_label_by_label(site: Site) -> None:
    jobs = site.submit(count=200)
    site.settle(limit_s=3 * LIMIT_S)
    assert {site.job(job)["outcome"] for job in jobs[::20]} == {"confirmed"}


@pytest.mark.fault(21)
def test_labels_for_other_tape_go_when_it_is_put_in(site: Site) -> None:
    site.devices[0].load("tze:24")
    jobs = site.submit(count=3)
    wait_until(lambda: site.job(jobs[0])["state"] == "pending-held", "its wait", limit_s=LIMIT_S)
    site.devices[0].load("tze:12")
    site.settle()
    assert [site.job(job)["outcome"] for job in jobs] == ["confirmed"] * 3


@pytest.mark.fault(23)
def test_the_same_key_fifty_times_at_once_is_one_label(site: Site) -> None:
    fields = {"name": "Key", "id": "K-1", "url": "https://inv.invalid"}
    body = {"printer": "main/p0", "template": "asset-tag-12", "fields": fields}
    key = f"key-{time.monotonic_ns()}"

    def ask(number: int) -> tuple[int, Any]:
        return site.call("POST", "/api/print", body, web=number % 2, Idempotency_Key=key)

    answers = site.at_once(50, ask)
    assert {code for code, _ in answers} <= {202, 409}
    jobs = {answer["jobs"][0]["id"] for code, answer in answers if code == 202}
    assert len(jobs) == 1
    assert ask(0)[1]["jobs"][0]["id"] in jobs
    other = body | {"fields": fields | {"id": "K-2"}}
    code, answer = site.call("POST", "/api/print", other, Idempotency_Key=key)
    assert (code, answer["code"]) == (422, "idempotency-mismatch")
    site.settle()


@pytest.mark.fault(30)
@pytest.mark.parametrize("times", [0, 1, 2], ids=["idle", "while it prints", "twice"])
def test_a_worker_that_is_asked_to_end(site: Site, times: int) -> None:
    for worker in site.workers:
        worker.stop()
    worker = site.start_worker()
    if times:
        jobs = [site.submit(printer, count=5)[0] for printer in range(4)]
        wait_until(lambda: any(site.job(job)["state"] == "processing" for job in jobs), "a label", limit_s=LIMIT_S)
    else:
        wait_until(lambda: "ready" in worker.log.read_text() or site.webs[0].readiness()["status"] != "", "its start")
        time.sleep(3)
    if times == 2:
        worker.popen.send_signal(signal.SIGTERM)
        time.sleep(0.3)
    code, took = worker.stop(limit_s=60)
    assert took < 30
    assert code == 0 or times == 2
    deaths = site.ask_database("SELECT coalesce(max(deaths), 0) FROM jobs_job WHERE state <> 'completed'")
    # To be asked to end is no death of the label that was next.
    assert deaths == [(0,)] or times == 2
    site.start_worker()
    site.settle()


@pytest.mark.fault(31)
def test_probes_answer_while_the_door_is_pushed_at(site: Site) -> None:
    web = site.webs[1]

    def probe() -> float:
        begun = time.monotonic()
        code, _ = web.call("GET", "/healthz")
        assert code == 200
        return time.monotonic() - begun

    at_rest = sorted(probe() for _ in range(20))
    open_ones: list[socket.socket] = []
    stopping = threading.Event()

    def push() -> None:
        while not stopping.is_set():
            for begin in (
                b"GET /api/jobs HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
                b"POST /api/print HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999\r\n\r\n{",
                b"\x16\x03\x01\x02\x00 not HTTP at all\r\n\r\n",
                b"GET / HTTP/1.1\r\n" + b"A: " + b"b" * 100_000 + b"\r\n\r\n",
            ):
                with suppress(OSError):
                    link = socket.create_connection(("127.0.0.1", web.port), timeout=1)
                    link.sendall(begin)
                    open_ones.append(link)
            for link in open_ones[-400:]:
                with suppress(OSError):
                    link.sendall(b"z")
            time.sleep(0.02)

    pusher = threading.Thread(target=push, daemon=True)
    pusher.start()
    try:
        time.sleep(1)
        spent = sorted(probe() for _ in range(100))
        (job,) = site.submit(web=1)
    finally:
        stopping.set()
        pusher.join()
        for link in open_ones:
            link.close()
    said = f"p95 of the probes {spent[94] * 1000:.0f} ms, at rest {at_rest[18] * 1000:.0f} ms"
    print(f"{len(open_ones)} connections; {said}")  # noqa: T201
    # A machine with other work on it answers nobody in time.
    assert spent[94] < max(0.1, 3 * at_rest[18]), spent
    site.settle()
    assert site.job(job)["outcome"] == "confirmed"


@pytest.mark.fault(33)
def test_a_revoked_token_is_refused_at_once_everywhere(site: Site) -> None:
    other = site.made.issue_token("read")
    assert [web.call("GET", "/api/printers", token=other)[0] for web in site.webs] == [200, 200]
    site.ask_database("UPDATE accounts_apitoken SET revoked_at = now() WHERE prefix = %s", other.split("_")[1])
    assert [web.call("GET", "/api/printers", token=other)[0] for web in site.webs] == [401, 401]


@pytest.mark.fault(1, 2, 3, 4, 5, 6, 29)
def test_workers_killed_stopped_and_resumed_at_random(site: Site) -> None:
    """The long run: LABELS over all printers, every few seconds something happens to a worker."""
    dice, frozen = chance(), list[Process]()
    before = site.settle()
    jobs: list[str] = []
    ends_at = time.monotonic() + 60 + LABELS
    while len(jobs) < LABELS or site.open_jobs():
        assert time.monotonic() < ends_at, "the queue does not end"
        if len(jobs) < LABELS:
            jobs += site.submit(
                dice.randrange(4), web=dice.randrange(2), count=min(dice.choice((1, 5, 20)), LABELS - len(jobs))
            )
        time.sleep(dice.uniform(0.2, 1.5))
        harm(site, dice, frozen)
    for worker in frozen:
        worker.popen.send_signal(signal.SIGCONT)
    after = site.settle(limit_s=2 * LIMIT_S)
    found = {name: after[name] - before[name] for name in after if after[name] - before[name]}
    print(f"{len(jobs)} labels: {found}; {len(site.workers)} workers in all")  # noqa: T201
    assert sum(found.values()) == len(jobs)
    assert found["completed confirmed"] >= len(jobs) * 0.7, found


def harm(site: Site, dice: random.Random, frozen: list[Process]) -> None:
    """To one worker at most; at least one lives on, and a new one comes for each that is gone."""
    living = [each for each in site.workers if each.runs and each not in frozen]
    what = dice.choice(("kill", "term", "stop", "resume", "nothing", "nothing", "nothing", "nothing"))
    if what == "resume" and frozen:
        frozen.pop().popen.send_signal(signal.SIGCONT)
    elif len(living) > 1 and what in {"kill", "term", "stop"}:
        victim = dice.choice(living)
        victim.popen.send_signal({"kill": signal.SIGKILL, "term": signal.SIGTERM, "stop": signal.SIGSTOP}[what])
        if what == "stop":
            frozen.append(victim)
    elif len(living) < 2:
        site.start_worker()


@pytest.mark.fault(20)
def test_the_log_has_no_error_that_nobody_expected(site: Site) -> None:
    """I7, at the end of all of the above. What a database says that is away is expected."""
    expected = (
        "the database",
        "full_disk",
        "read-only",
        "53100",
        "could not be printed",
        "No space left",
        "consumer: Cannot connect",
        "beat: Connection error",
    )
    found = [line for line in site.errors() if not any(each in line for each in expected)]
    assert found == []
