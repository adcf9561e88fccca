import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from jobs import queue
from jobs.lease import acquire
from jobs.models import Attempt, Heartbeat, Job, Outcome, State
from jobs.sweep import sweep
from printers import totals
from printers.models import Increment, Printer, PrinterStatus, Total
from printers.totals import Key
from tests.api import Script, assert_problem, make_printer, script

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
FAR = "192.168.7.7"
Numbers = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(caller: Script | None = None) -> Numbers:
    response = (caller or script("read")).get("/metrics")
    assert response.status_code == 200
    return read(response.content.decode())


def read(text: str) -> Numbers:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def number(found: Numbers, name: str, **labels: str) -> float | None:
    return found.get((name, tuple(sorted(labels.items()))))


@pytest.fixture
def printer() -> Printer:
    return make_printer("bench")


def queued(printer: Printer, count: int = 1, **values: Any) -> list[Job]:
    return [Job.objects.create(printer=printer, medium="tze:12", **values) for _ in range(count)]


def printed(printer: Printer, outcome: Outcome = Outcome.CONFIRMED) -> Job:
    lease = acquire(printer.pk)
    assert lease is not None
    claimed = queue.claim_next(lease)
    assert claimed is not None
    job, attempt = claimed
    attempt.bytes_total, attempt.tape_mm = 1000, 40.0
    assert queue.cross_barrier(job, attempt, lease)
    attempt.acked_at, attempt.bytes_acked = timezone.now(), 1000
    if outcome == Outcome.UNKNOWN:
        assert queue.stop(job, attempt, ["hub-outcome-unknown"], "Look.")
    else:
        assert queue.complete(job, attempt, outcome, [])
    lease.release()
    return job


def test_it_works(printer: Printer) -> None:
    queued(printer, 2, copies=3)
    queued(printer, created_at=timezone.now() - timedelta(minutes=10))
    PrinterStatus.objects.create(printer=printer, online=True, captured_at=timezone.now(), last_seen_at=timezone.now())
    Heartbeat.objects.create(name="worker@x", role="worker", seen_at=timezone.now() - timedelta(seconds=5))
    printed(printer)
    printed(printer)
    found = scrape()
    assert number(found, "labelhub_jobs", printer="main/bench", state="pending") == 1
    assert number(found, "labelhub_jobs_ended_total", printer="main/bench", state="completed", outcome="confirmed") == 2
    assert number(found, "labelhub_attempts_total", printer="main/bench", outcome="confirmed") == 2
    # The one that waited longest came first: one copy, then three.
    assert number(found, "labelhub_labels_total", printer="main/bench") == 4
    assert number(found, "labelhub_tape_millimetres_total", printer="main/bench") == 80
    assert number(found, "labelhub_sent_bytes_total", printer="main/bench") == 2000
    assert number(found, "labelhub_send_seconds_count") == 2
    assert number(found, "labelhub_confirm_seconds_bucket", le="+Inf") == 2
    assert (number(found, "labelhub_wait_seconds_sum") or 0) > 600
    assert number(found, "labelhub_wait_seconds_bucket", le="300") == 1
    assert number(found, "labelhub_printer_online", printer="main/bench") == 1
    assert 5 <= (number(found, "labelhub_heartbeat_age_seconds", role="worker") or 0) < 60
    assert number(found, "labelhub_database_up") == 1


def test_the_oldest_job_is_told_by_printer_and_state(printer: Printer) -> None:
    queued(printer, created_at=timezone.now() - timedelta(minutes=10))
    queued(printer, state=State.HELD, created_at=timezone.now() - timedelta(hours=10))
    queued(make_printer("other", host="127.0.0.6"))
    found = scrape()
    assert 600 <= (number(found, "labelhub_oldest_job_seconds", printer="main/bench", state="pending") or 0) < 700
    assert (number(found, "labelhub_oldest_job_seconds", printer="main/bench", state="pending-held") or 0) >= 36_000
    assert (number(found, "labelhub_oldest_job_seconds", printer="main/other", state="pending") or 0) < 100


def test_an_unknown_outcome_is_no_label_until_a_person_has_seen_it(printer: Printer) -> None:
    from printers.callers import HUB

    queued(printer, copies=2)
    job = printed(printer, Outcome.UNKNOWN)
    found = scrape()
    labels = {"printer": "main/bench", "state": "processing-stopped", "outcome": "unknown"}
    assert number(found, "labelhub_jobs_ended_total", **labels) == 1
    assert number(found, "labelhub_labels_total", printer="main/bench") is None
    Attempt.objects.update(tape_mm=40.0)
    queue.resolve(job, HUB, printed=True)
    found = scrape()
    assert number(found, "labelhub_labels_total", printer="main/bench") == 2
    assert number(found, "labelhub_tape_millimetres_total", printer="main/bench") == 40
    assert number(found, "labelhub_attempts_total", printer="main/bench", outcome="unknown") == 1


def test_a_job_that_went_back_to_waiting_is_an_attempt_and_no_end(printer: Printer) -> None:
    queued(printer)
    lease = acquire(printer.pk)
    assert lease is not None
    claimed = queue.claim_next(lease)
    assert claimed is not None
    assert queue.requeue(*claimed, ["resources-are-not-ready"], "")
    totals.sum_up()
    assert {(each.name, each.label): each.value for each in Total.objects.all()} == {("attempts", "put_back"): 1}


def test_a_move_that_was_refused_counts_nothing(printer: Printer) -> None:
    from jobs.errors import NotAllowed
    from printers.callers import HUB

    (job,) = queued(printer, state=State.COMPLETED)
    with pytest.raises(NotAllowed):
        queue.cancel(job, HUB)
    totals.sum_up()
    assert not Total.objects.exists()


def test_history_that_is_forgotten_still_counts(printer: Printer) -> None:
    queued(printer)
    printed(printer)
    Job.objects.all().delete()
    found = scrape()
    assert number(found, "labelhub_labels_total", printer="main/bench") == 1
    assert number(found, "labelhub_jobs", printer="main/bench", state="completed") is None


def test_a_removed_printer_keeps_its_part_of_the_sums(printer: Printer) -> None:
    totals.add({Key("labels", "00000000-0000-0000-0000-000000000001"): 3, Key("labels", str(printer.pk)): 4})
    found = scrape()
    assert number(found, "labelhub_labels_total", printer="removed") == 3
    assert number(found, "labelhub_labels_total", printer="main/bench") == 4


def test_amounts_add_up() -> None:
    for _ in range(2):
        totals.add({Key("probes", label="answered"): 3, Key("probes", label="timeout"): 1, Key("probes"): 0})
    found = scrape()
    assert number(found, "labelhub_probes_total", result="answered") == 6
    assert number(found, "labelhub_probes_total", result="timeout") == 2
    assert Total.objects.count() == 2


def test_each_move_is_summed_up_once(printer: Printer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals, "CHUNK", 2)
    for _ in range(5):
        queued(printer)
        printed(printer)
    assert Increment.objects.exists()
    for _ in range(2):
        assert number(scrape(), "labelhub_labels_total", printer="main/bench") == 5
        assert not Increment.objects.exists()


def test_the_sweep_sums_up(printer: Printer) -> None:
    queued(printer)
    printed(printer)
    sweep()
    assert Total.objects.get(name="labels", subject=str(printer.pk)).value == 1


def test_what_cannot_be_summed_up_is_told_later(printer: Printer, monkeypatch: pytest.MonkeyPatch) -> None:
    queued(printer)
    printed(printer)
    with monkeypatch.context() as patched:
        patched.setattr(totals, "ADD", "INSERT INTO nowhere VALUES (%s, %s, %s, %s)")
        assert number(scrape(), "labelhub_labels_total", printer="main/bench") is None
    assert number(scrape(), "labelhub_labels_total", printer="main/bench") == 1


def test_the_queries_do_not_grow() -> None:
    caller = script("read")
    scrape(caller)
    counts = []
    for size in (1, 3):
        for n in range(size):
            printer = make_printer(f"p{size}{n}", host=f"127.0.{size}.{n}")
            PrinterStatus.objects.create(printer=printer, online=True, captured_at=timezone.now())
            queued(printer, size)
            printed(printer)
        with CaptureQueriesContext(connection) as queries:
            scrape(caller)
        counts.append(len(queries))
    # The first is for the token, five are to sum up what was counted since the last sweep.
    assert counts == [13, 13]


def test_requests_are_told_by_pattern_and_never_by_address(printer: Printer) -> None:
    caller = script("read")
    for path in (f"/api/printers/{printer.pk}", "/api/printers/main/bench", "/api/printers/nobody", "/wp-login.php"):
        caller.get(path)
    for n in range(3):
        Client().get(f"/x{n}/%3Cscript%3E")
    Client().generic("BREW", "/healthz")
    text = script("read").get("/metrics").content.decode()
    found = read(text)
    route = "/api/printers/{id}"
    assert (number(found, "labelhub_http_requests_total", method="GET", route=route, status="200") or 0) >= 2
    assert (number(found, "labelhub_http_requests_total", method="GET", route=route, status="404") or 0) >= 1
    assert (number(found, "labelhub_http_requests_total", method="other", route="/healthz", status="405") or 0) >= 1
    assert (number(found, "labelhub_http_request_seconds_count", route=route) or 0) >= 3
    for typed in ("wp-login", "<script", "%3C", "BREW", "nobody", str(printer.pk)):
        assert typed not in text


def test_it_is_told_to_a_token_with_scope_read() -> None:
    for address in (FAR, "127.0.0.1"):
        assert_problem(Client(REMOTE_ADDR=address).get("/metrics"), 401, "not-authenticated")
    for scope, status in (("read", 200), ("print", 403), ("admin", 200)):
        headers = {"Authorization": f"Bearer {script(scope).text}"}
        assert Client(REMOTE_ADDR=FAR).get("/metrics", headers=headers).status_code == status


def test_a_token_of_some_printers_does_not_see_the_others(printer: Printer) -> None:
    bound = script("read", printers=(printer,))
    make_printer("secret", host="127.0.0.9")
    response = Client(REMOTE_ADDR=FAR).get("/metrics", headers={"Authorization": f"Bearer {bound.text}"})
    assert_problem(response, 403, "forbidden")
    assert b"secret" not in response.content


def test_a_signed_in_person_does_not_see_it(admin_client: Client) -> None:
    assert admin_client.get("/metrics", REMOTE_ADDR=FAR).status_code == 401


def test_prometheus_asks_by_address() -> None:
    headers = {"Host": "elsewhere.invalid:8000"}
    assert_problem(Client().get("/metrics", headers=headers), 401, "not-authenticated")
    headers["Authorization"] = f"Bearer {script('read').text}"
    assert Client().get("/metrics", headers=headers).status_code == 200


def test_it_is_only_read() -> None:
    assert Client().post("/metrics").status_code == 405


def test_without_a_database_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("health.metrics.hub.numbers_of_now", broken)
    found = scrape()
    assert number(found, "labelhub_database_up") == 0
    assert any(name == "labelhub_http_requests_total" for name, _ in found)
    assert not any(name == "labelhub_jobs" for name, _ in found)


def test_it_is_well_formed() -> None:
    """No metric is told twice, which Prometheus would refuse as a whole."""
    text = script("read").get("/metrics").content.decode()
    families = re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)
    assert len(families) == len(set(families)) > 20
    samples = [line.rpartition(" ")[0] for line in text.splitlines() if line and not line.startswith("#")]
    assert len(samples) == len(set(samples))


COUNT_IN_TWO = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelhub.settings")
import django; django.setup()
from health.metrics import exposition, observe
observe("GET", "/shared", 200, 0.01)
if os.fork():
    os.wait()
    sys.stdout.write(exposition().decode())
else:
    observe("GET", "/shared", 200, 0.01)
    os._exit(0)
"""


def test_processes_that_share_a_folder_are_told_as_one(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", COUNT_IN_TWO],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert 'labelhub_http_requests_total{method="GET",route="/shared",status="200"} 2.0' in done.stdout


class TestDocuments:
    """What is watched is what is told."""

    def told(self, printer: Printer) -> set[str]:
        # One of everything, so that each family has a sample.
        PrinterStatus.objects.create(
            printer=printer, online=True, captured_at=timezone.now(), last_seen_at=timezone.now()
        )
        Heartbeat.objects.create(name="worker@x", role="worker")
        totals.add({Key("probes", label="answered"): 1})
        queued(printer, 2)
        printed(printer)
        Client().get("/healthz")
        return {name for name, _ in scrape()}

    def expressions(self) -> list[str]:
        dashboard = json.loads((ROOT / "docs/grafana/labelhub.json").read_text())
        asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        asked += [each["query"]["query"] for each in dashboard["templating"]["list"] if each["type"] == "query"]
        rules = yaml.safe_load((ROOT / "docs/alerts/labelhub.yaml").read_text())
        return asked + [rule["expr"] for group in rules["groups"] for rule in group["rules"]]

    def test_every_metric_that_is_watched_is_told(self, printer: Printer) -> None:
        watched = {name for text in self.expressions() for name in re.findall(r"\blabelhub_[a-z_]+", text)}
        assert len(watched) > 20
        assert watched - self.told(printer) == set()

    def test_every_label_that_is_watched_is_told(self, printer: Printer) -> None:
        self.told(printer)
        labels = {label for _, pairs in scrape() for label, _ in pairs} | {"instance", "job"}
        used = {
            name
            for text in self.expressions()
            for names in re.findall(r"by \(([^)]*)\)", text)
            for name in names.split(", ")
        }
        assert used
        assert used - labels == set()

    def test_every_metric_that_is_told_is_explained(self, printer: Printer) -> None:
        page = (ROOT / "docs/health.md").read_text()
        names = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in self.told(printer)}
        ours = {name for name in names if name.startswith("labelhub_")}
        assert len(ours) > 20
        assert {name for name in ours if name not in page} == set()

    def test_every_alert_says_what_to_do(self) -> None:
        rules = yaml.safe_load((ROOT / "docs/alerts/labelhub.yaml").read_text())["groups"][0]["rules"]
        assert len(rules) >= 10
        for rule in rules:
            assert rule["labels"]["severity"] in {"critical", "warning", "info"}
            assert rule["annotations"].keys() == {"summary", "description"}
