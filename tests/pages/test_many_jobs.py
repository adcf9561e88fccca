"""The list of jobs: the same for several at once, and the question whether labels came out."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Job
from printers.models import Event, UserLimit
from tests.pages.rows import make_job, make_printer, make_template
from tests.pages.test_roles import person

pytestmark = pytest.mark.django_db


def act(client: Client, do: str, *jobs: Job, **more: str) -> str:
    """What is then said."""
    answer = client.post("/jobs/act", {"do": do, "job": [str(job.id) for job in jobs], **more})
    assert (answer.status_code, answer["Location"]) == (302, more.get("next", "/jobs"))
    return str(list(get_messages(answer.wsgi_request))[-1])


def states() -> list[str]:
    return list(Job.objects.order_by("created_at").values_list("state", flat=True))


def make_jobs(*states: str) -> list[Job]:
    printer, template, now = make_printer(), make_template(), timezone.now()
    return [
        make_job(printer, template, state=state, created_at=now + timedelta(seconds=n))
        for n, state in enumerate(states)
    ]


def test_it_works() -> None:
    first, second, other = make_jobs("pending", "pending-held", "pending")
    client = person("printer")
    assert act(client, "cancel", first, second) == "2 jobs are canceled."
    assert states() == ["canceled", "canceled", "pending"]
    assert act(client, "hold", other, next="/jobs?show=open") == "1 job is held."
    assert act(client, "release", other) == "1 job is released."
    assert set(Event.objects.filter(kind="job.canceled").values_list("actor", flat=True)) == {"eva"}


def test_what_is_not_possible_is_told() -> None:
    jobs = make_jobs("pending", "completed", "completed", "processing-stopped")
    said = act(person("printer"), "cancel", *jobs)
    assert said == "1 job is canceled. Not possible for 3: Printed (2), Did it come out? (1)."
    assert states() == ["canceled", "completed", "completed", "processing-stopped"]


def test_reprints_keep_their_order_and_come_once() -> None:
    jobs = make_jobs("completed", "canceled", "completed")
    client, submission = person("printer"), str(uuid4())
    for _again in range(2):
        assert act(client, "reprint", *reversed(jobs), submission=submission) == "3 labels are printed again."
    again = Job.objects.exclude(reprint_of=None).order_by("created_at")
    assert [job.reprint_of_id for job in again] == [job.id for job in jobs]


def test_who_went_back_and_chose_others_is_asked() -> None:
    first, second = make_jobs("completed", "completed")
    client, submission = person("printer"), str(uuid4())
    act(client, "reprint", first, submission=submission)
    assert "was used for another request" in act(client, "reprint", second, submission=submission)
    assert Job.objects.exclude(reprint_of=None).count() == 1


def test_a_printer_that_is_switched_off_is_told_once() -> None:
    jobs = make_jobs("completed", "completed")
    printer = jobs[0].printer
    printer.enabled = False
    printer.save(update_fields=["enabled"])
    said = act(person("printer"), "reprint", *jobs)
    assert said == "The printer workbench is switched off in the hub. Enable it, or choose another one. (2 ×)"
    assert Job.objects.count() == 2


def test_none_chosen() -> None:
    make_jobs("pending")
    assert act(person("printer"), "cancel") == "Choose jobs first: nothing was done."
    assert states() == ["pending"]


def test_jobs_of_other_printers_do_not_exist() -> None:
    mine, *_rest = make_jobs("pending")
    theirs = make_job(make_printer("office"), make_template())
    client = person("printer")
    UserLimit.objects.create(user_id=client.session["_auth_user_id"], printer=mine.printer)
    assert act(client, "cancel", mine, theirs) == "1 job is canceled."
    theirs.refresh_from_db()
    assert theirs.state == "pending"


@pytest.mark.parametrize("role", ["viewer", "designer"])
def test_others_may_not(role: str) -> None:
    (job,) = make_jobs("pending")
    client = person(role)
    assert client.post("/jobs/act", {"do": "cancel", "job": str(job.id)}).status_code == 403
    assert states() == ["pending"]
    assert "pick-" not in client.get("/jobs").content.decode()


def test_unknown_verbs_and_other_origins() -> None:
    (job,) = make_jobs("pending")
    client = person("printer")
    assert client.post("/jobs/act", {"do": "delete", "job": str(job.id)}).status_code == 404
    away = client.post("/jobs/act", {"do": "hold", "job": str(job.id), "next": "https://elsewhere.invalid/"})
    assert away["Location"] == "/jobs"


def test_unknown_outcomes_are_settled_in_the_list() -> None:
    one, two, three = make_jobs("processing-stopped", "processing-stopped", "processing-stopped")
    client = person("printer")
    text = client.get("/jobs?show=unknown").content.decode()
    assert text.count("Did this label come out?") == 3
    assert f'formaction="/jobs/{one.id}/resolve"' in text
    answer = client.post(f"/jobs/{one.id}/resolve", {"answer": "printed", "next": "/jobs?show=unknown"})
    assert answer["Location"] == "/jobs?show=unknown"
    assert act(client, "not-printed", two, three) == "2 labels did not come out."
    assert states() == ["completed", "aborted", "aborted"]
    assert not Job.objects.exclude(reprint_of=None).exists()


@pytest.mark.parametrize("rows", [1, 3])
def test_each_costs_the_same(rows: int) -> None:
    jobs = make_jobs(*["pending"] * rows)
    client = person("printer")
    with CaptureQueriesContext(connection) as captured:
        act(client, "hold", *jobs)
    asked = [each["sql"] for each in captured if not each["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    # State, UPDATE and event for each; PostgreSQL takes the last two as one.
    each = 2 if connection.vendor == "postgresql" else 3
    assert len(asked) - each * rows == 8
