"""Web, workers and beat as processes of their own, on PostgreSQL and Redis, started by the commands of compose.yaml."""

import asyncio
import signal
import time
from collections.abc import Iterator
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from typing import Any

import pytest

from printers.emulator import EmulatedPrinter
from tests.services import Server, wait_until
from tests.stack import Stack, Web, configuration, stack

pytestmark = [pytest.mark.services, pytest.mark.processes]

SUBSCRIBERS = 1000
FIELDS = {"name": "Drill", "id": "A-1042", "url": "https://inv.invalid/a/1042"}


@pytest.fixture(scope="module")
def printers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[EmulatedPrinter]]:
    out = tmp_path_factory.mktemp("labels")
    made = [EmulatedPrinter("PT-P750W", "tze:12", speed=0, out=out / str(n)).start() for n in range(2)]
    yield made
    for each in made:
        each.stop()


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, postgresql: Server, printers: list[EmulatedPrinter]
) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    with stack(folder, config=configuration(folder, printers), postgresql=postgresql) as made:
        yield made


@pytest.fixture(scope="module")
def webs(running: Stack) -> list[Web]:
    running.start("worker", "worker-1")
    running.start("worker", "worker-2")
    running.start("beat")
    found = [running.start_web("web-1"), running.start_web("web-2")]
    for each in found:
        each.wait_ready()
    return found


@pytest.fixture(scope="module")
def token(running: Stack) -> str:
    return running.issue_token("read", "print", "manage")


def submit(web: Web, token: str, printer: str = "main/p0", **more: Any) -> dict[str, Any]:
    body = {"printer": printer, "template": "asset-tag-12", "fields": FIELDS, **more}
    code, answer = web.call("POST", "/api/print", body, token)
    assert code == 202, answer
    found: dict[str, Any] = answer
    return found


def settled(web: Web, token: str, job: str, limit_s: float = 30) -> dict[str, Any]:
    def ended() -> bool:
        return web.call("GET", f"/api/jobs/{job}", token=token)[1]["state"] in {"completed", "aborted", "canceled"}

    wait_until(ended, f"the end of job {job}", limit_s=limit_s)
    found: dict[str, Any] = web.call("GET", f"/api/jobs/{job}", token=token)[1]
    return found


def test_a_label_is_printed(webs: list[Web], token: str, printers: list[EmulatedPrinter], running: Stack) -> None:
    before = len(printers[0].labels)
    job = submit(webs[0], token)["jobs"][0]["id"]
    found = settled(webs[1], token, job)
    assert (found["state"], found["outcome"]) == ("completed", "confirmed"), running.logs()
    assert len(printers[0].labels) == before + 1
    # The worker drew it; both web processes show it.
    for web in webs:
        assert web.call("GET", f"/api/jobs/{job}", token=token)[1]["outcome"] == "confirmed"


def test_readiness_sees_all_of_it(webs: list[Web]) -> None:
    found = webs[0].wait_ready()
    statuses = {name: each["status"] for name, each in found["checks"].items()}
    assert statuses == dict.fromkeys(statuses, "ok")
    assert found["checks"]["print_queue"]["metric"]["beats"] == 1


def test_a_batch_on_two_printers_comes_out_once(
    webs: list[Web], token: str, printers: list[EmulatedPrinter], running: Stack
) -> None:
    before = [len(each.labels) for each in printers]
    rows = [{**FIELDS, "id": f"A-{n}"} for n in range(10)]
    jobs = []
    for n in range(2):
        body = {"printer": f"main/p{n}", "template": "asset-tag-12", "rows": rows}
        code, answer = webs[n].call("POST", "/api/print", body, token)
        assert code == 202, answer
        jobs += [each["id"] for each in answer["jobs"]]
    outcomes = [settled(webs[0], token, job, 90)["outcome"] for job in jobs]
    assert outcomes == ["confirmed"] * 20, running.logs()
    assert [len(each.labels) - was for each, was in zip(printers, before, strict=True)] == [10, 10]


def test_the_printers_are_probed(webs: list[Web], token: str) -> None:
    for n in range(2):
        code, status = webs[n].call("GET", f"/api/printers/main/p{n}/status", token=token)
        assert (code, status["online"], status["tape_loaded"]) == (200, True, "12mm")


def test_events_of_one_process_reach_the_streams_of_another(webs: list[Web], token: str) -> None:
    import http.client

    link = http.client.HTTPConnection("127.0.0.1", webs[1].port, timeout=20)
    link.request("GET", "/api/events", headers={"Authorization": f"Bearer {token}"})
    stream = link.getresponse()
    assert stream.status == 200
    assert stream.readline() == b"retry: 2000\n"
    job = submit(webs[0], token)["jobs"][0]["id"]
    lines = b""
    while b"job.completed" not in lines:
        lines += stream.readline()
    assert job.encode() in lines
    link.close()
    settled(webs[0], token, job)


def test_a_thousand_subscribers_hear_of_a_label(webs: list[Web], token: str) -> None:
    soft, hard = getrlimit(RLIMIT_NOFILE)
    setrlimit(RLIMIT_NOFILE, (min(max(soft, 2 * SUBSCRIBERS), hard), hard))
    job, heard = asyncio.run(_printed_before(SUBSCRIBERS, webs[1], token))
    assert heard == SUBSCRIBERS
    # It has not suffered from them, nor from their going all at once.
    assert webs[1].call("GET", f"/api/jobs/{job}", token=token)[1]["outcome"] == "confirmed"
    assert asyncio.run(_printed_before(1, webs[1], token))[1] == 1


async def _printed_before(count: int, web: Web, token: str) -> tuple[str, int]:
    """A job, and how many of so many streams of this process told that it was completed."""
    asked = f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    links = []
    try:
        for _ in range(count):
            links.append(await asyncio.open_connection("127.0.0.1", web.port))
            reader, writer = links[-1]
            writer.write(asked)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        job = (await asyncio.to_thread(submit, web, token))["jobs"][0]["id"]
        ends = await asyncio.wait_for(asyncio.gather(*(_end_of(job, reader) for reader, _ in links)), 60)
    finally:
        for _, writer in links:
            writer.close()
    return job, sum(ends)


async def _end_of(job: str, reader: asyncio.StreamReader) -> bool:
    while line := await reader.readline():
        if b"job.completed" in line and job.encode() in line:
            return True
    return False


@pytest.mark.fault(33)
def test_a_revoked_token_is_refused_by_every_process(webs: list[Web], running: Stack) -> None:
    other = running.issue_token("read")
    assert [web.call("GET", "/api/printers", token=other)[0] for web in webs] == [200, 200]
    revoke = (
        f"from labelhub.accounts.models import ApiToken;ApiToken.objects.get(prefix={other.split('_')[1]!r}).revoke()"
    )
    running.run("python", "manage.py", "shell", "--no-imports", "-c", revoke)
    assert [web.call("GET", "/api/printers", token=other)[0] for web in webs] == [401, 401]


def test_a_killed_worker_is_replaced_by_the_other(
    webs: list[Web], token: str, printers: list[EmulatedPrinter], running: Stack
) -> None:
    next(each for each in running.processes if each.name == "worker-1").kill()
    before = len(printers[0].labels)
    job = submit(webs[0], token)["jobs"][0]["id"]
    assert settled(webs[0], token, job)["outcome"] == "confirmed", running.logs()
    assert len(printers[0].labels) == before + 1


def test_without_a_broker_a_label_is_taken_at_once_and_printed_later(
    webs: list[Web], token: str, printers: list[EmulatedPrinter], running: Stack
) -> None:
    before = len(printers[1].labels)
    running.redis.stop()
    begun = time.monotonic()
    job = submit(webs[1], token, "main/p1")["jobs"][0]["id"]
    assert time.monotonic() - begun < 1
    assert webs[1].call("GET", "/healthz")[0] == 200
    found = webs[1].readiness()
    assert (found["status"], found["checks"]["broker"]["status"]) == ("degraded", "fail")
    assert len(printers[1].labels) == before
    running.restart_redis()
    assert settled(webs[1], token, job, 60)["outcome"] == "confirmed", running.logs()
    assert len(printers[1].labels) == before + 1
    webs[1].wait_ready()


@pytest.mark.fault(30)
def test_everything_ends_on_sigterm(webs: list[Web], running: Stack) -> None:
    living = [each for each in running.processes if each.runs]
    # An earlier test killed worker-1, where it was run.
    assert {each.name for each in living} - {"worker-1"} == {"worker-2", "beat", "web-1", "web-2"}
    # Redis was away in an earlier test, and Celery says so at length; this is about what the end itself says.
    said = {each.name: len(each.log.read_text()) for each in living}
    for each in living:
        each.popen.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    for each in living:
        code = each.popen.wait(30)
        # uvicorn ends by the signal that it was sent.
        assert code in ((-signal.SIGTERM, 0) if each.name.startswith("web") else (0,)), each.log.read_text()
    assert time.monotonic() - begun < 15
    assert not [each for each in living if "Traceback" in each.log.read_text()[said[each.name] :]], running.logs()
