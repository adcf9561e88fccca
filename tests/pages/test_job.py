import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from jobs.artifacts import keep
from jobs.models import Attempt, Job
from printers.models import record
from printers.raster import Raster
from tests.pages.rows import make_job, make_printer, make_template, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path


def test_it_tells_what_happened() -> None:
    job = make_job(make_printer(), make_template(), state="completed", outcome="confirmed", requested_by="ada")
    begun = timezone.now()
    Attempt.objects.create(
        job=job, number=1, printer=job.printer, token=1, bytes_total=5123, bytes_acked=5123,
        barrier_at=begun, ended_at=begun + timedelta(seconds=1.5),
    )  # fmt: skip
    for kind, actor, data in (
        ("job.pending", "ada", {"from": None}),
        ("job.processing", "hub", {"from": "pending"}),
        ("job.sending", "hub", {"attempt": 1, "bytes": 5123}),
        ("job.completed", "hub", {"from": "processing", "attempt": 1, "outcome": "confirmed"}),
    ):
        record(kind, job_id=job.id, printer_id=job.printer_id, actor=actor, data=data)
    text = signed_in().get(f"/jobs/{job.id}").content.decode()
    story = ["Asked for by ada", "Taken for printing", "Sending begins", "Printed</p>"]
    assert [text.index(f'timeline-text">{part}') for part in story] == sorted(
        text.index(f'timeline-text">{part}') for part in story
    )
    assert "The printer acknowledged 5,123 of 5,123 bytes." in text
    assert "1.5 s from the first byte" in text
    assert "Bench drill" in text


def test_from_where_it_was_asked_for_is_told_to_who_manages() -> None:
    job = make_job(make_printer(), make_template(), requested_by="ada", source_address="10.66.66.66")
    assert "<dd>ada (10.66.66.66)</dd>" in signed_in(staff=True).get(f"/jobs/{job.id}").content.decode()
    assert "<dd>ada</dd>" in signed_in().get(f"/jobs/{job.id}").content.decode()


def test_it_offers_the_printers_that_could_take_it() -> None:
    here, template = make_printer(), make_template()
    other = make_printer("other")
    make_printer("off", enabled=False)
    make_printer("wide", model="QL-820NWB")
    for state, offered in (("pending", [str(other.pk)]), ("completed", [])):
        job = make_job(here, template, state=state, outcome="confirmed" if state == "completed" else None)
        text = signed_in().get(f"/jobs/{job.id}").content.decode()
        assert re.findall(r'<option value="([^"]+)">', text) == offered


IDLE = "802042306830000000000c010000000000000000000000000108000000000000"
COVER_OPEN = "802042306830000000100c010000000000000000000000000108000000000000"


def test_it_decodes_what_the_printer_said() -> None:
    job = make_job(make_printer(), make_template(), state="completed", outcome="confirmed")
    begun = timezone.now()
    said = [
        (0, IDLE, "idle", 7),
        (900, IDLE, "processing", 7),
        (1800, COVER_OPEN, "stopped", 8),
        (2000, "", "idle", None),
    ]
    evidence = [{"at_ms": ms, "hex": block, "state": state, "life": life} for ms, block, state, life in said]
    Attempt.objects.create(job=job, number=1, printer=job.printer, token=1, barrier_at=begun, evidence=evidence)
    record("job.sending", job_id=job.id, printer_id=job.printer_id, actor="hub", data={"attempt": 1, "bytes": 5123})
    text = signed_in().get(f"/jobs/{job.id}").content.decode()
    told = re.findall(r'timeline-text">The printer: ([^<]+)</p>(?:<p class="hint">([^<]*)</p>)?', text)
    assert told == [
        ("at rest", "12 mm tape, black on white · 7 labels so far"),
        ("printing", "12 mm tape, black on white · 7 labels so far"),
        ("cover open", "8 labels so far"),
        ("at rest", ""),
    ]


@pytest.mark.parametrize(
    ("phase", "steps"),
    [
        ("claimed", ["done", "now", "open", "open", "open"]),
        ("sending", ["done", "done", "now", "open", "open"]),
        ("bytes-acked", ["done", "done", "done", "now", "open"]),
    ],
)
def test_one_sees_how_far_it_is(phase: str, steps: list[str]) -> None:
    job = make_job(make_printer(), make_template(), state="processing")
    Attempt.objects.create(job=job, number=1, printer=job.printer, token=1, phase=phase)
    text = signed_in().get(f"/jobs/{job.id}").content.decode()
    shown = re.findall(r'<li class="(\w+)"(?: aria-current="step")?>(\w+)</li>', text)
    assert shown == list(zip(steps, ["Queued", "Drawing", "Sending", "Printing", "Out"], strict=True))


def test_the_picture_is_the_stored_one() -> None:
    black = Image.new("1", (200, 70), 255)
    black.putpixel((3, 4), 0)
    job = make_job(make_printer(), make_template(), artifact=keep(Raster(black).png))
    answer = signed_in().get(f"/jobs/{job.id}/picture.png?v=1")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_damaged_picture_is_not_shown() -> None:
    job = make_job(make_printer(), make_template(), artifact="0" * 64)
    assert signed_in().get(f"/jobs/{job.id}/picture.png").status_code == 404


def test_a_waiting_job_is_canceled() -> None:
    job = make_job(make_printer(), make_template())
    assert f"/jobs/{job.id}/cancel" in signed_in().get(f"/jobs/{job.id}").content.decode()
    answer = signed_in().post(f"/jobs/{job.id}/cancel")
    job.refresh_from_db()
    assert (answer.status_code, job.state, job.outcome) == (302, "canceled", "not_printed")
    assert "Canceled by ada" in signed_in().get(f"/jobs/{job.id}").content.decode()


def test_what_the_state_forbids_is_neither_offered_nor_done() -> None:
    job = make_job(make_printer(), make_template(), state="completed", outcome="confirmed")
    client = signed_in()
    assert f"/jobs/{job.id}/cancel" not in client.get(f"/jobs/{job.id}").content.decode()
    client.post(f"/jobs/{job.id}/cancel")
    job.refresh_from_db()
    assert job.state == "completed"
    assert "You cannot cancel this job now" in client.get(f"/jobs/{job.id}").content.decode()


def test_hold_and_release() -> None:
    job = make_job(make_printer(), make_template())
    client = signed_in()
    for name, state in (("hold", "pending-held"), ("release", "pending")):
        client.post(f"/jobs/{job.id}/{name}")
        job.refresh_from_db()
        assert job.state == state


def test_a_reprint_is_a_new_job() -> None:
    job = make_job(make_printer(), make_template(), state="completed", outcome="confirmed")
    answer = signed_in().post(f"/jobs/{job.id}/reprint")
    again = Job.objects.get(reprint_of=job)
    assert answer.headers["Location"] == f"/jobs/{again.id}"
    job.refresh_from_db()
    assert (job.state, again.state) == ("completed", "pending")


@pytest.mark.parametrize(
    ("answer", "state", "outcome", "jobs"),
    [
        ("printed", "completed", "confirmed", 1),
        ("not-printed", "aborted", "not_printed", 1),
        ("reprint", "aborted", "not_printed", 2),
    ],
)
def test_did_it_come_out(answer: str, state: str, outcome: str, jobs: int) -> None:
    reasons = ["hub-outcome-unknown"]
    job = make_job(make_printer(), make_template(), state="processing-stopped", outcome="unknown", reasons=reasons)
    client = signed_in()
    assert "Did this label come out?" in client.get(f"/jobs/{job.id}").content.decode()
    client.post(f"/jobs/{job.id}/resolve", {"answer": answer})
    job.refresh_from_db()
    assert (job.state, job.outcome, Job.objects.count()) == (state, outcome, jobs)
    assert "Did this label come out?" not in client.get(f"/jobs/{job.id}").content.decode()


def test_an_answer_that_is_none_changes_nothing() -> None:
    job = make_job(make_printer(), make_template(), state="processing-stopped", outcome="unknown")
    assert signed_in().post(f"/jobs/{job.id}/resolve", {"answer": "perhaps"}).status_code == 404
    job.refresh_from_db()
    assert job.state == "processing-stopped"


def test_unknown_jobs_and_actions_are_not_found() -> None:
    job = make_job(make_printer(), make_template())
    client = signed_in()
    assert client.get("/jobs/00000000-0000-4000-8000-000000000000").status_code == 404
    assert client.post(f"/jobs/{job.id}/explode").status_code == 404


@pytest.mark.parametrize("events", [1, 3])
def test_queries_do_not_grow(events: int) -> None:
    job = make_job(make_printer(), make_template())
    for number in range(events):
        record("job.processing", job_id=job.id, actor="hub", data={"from": "pending"})
        Attempt.objects.create(job=job, number=number, printer=job.printer, token=1)
    client = signed_in()
    with CaptureQueriesContext(connection) as captured:
        client.get(f"/jobs/{job.id}")
    assert len(captured) == 9
