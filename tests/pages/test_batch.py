from typing import Any

import pytest

from jobs.models import Batch, Job, Outcome, State
from labelhub.accounts.models import User
from printers.models import UserLimit
from tests.pages.rows import make_job, make_printer, make_template, signed_in
from tests.pages.test_roles import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch() -> Batch:
    """Two came out, one nobody knows of, two were canceled."""
    printer, template = make_printer(), make_template()
    batch = Batch.objects.create(printer=printer, total=5, requested_by="ada")
    kinds: list[dict[str, Any]] = [
        {"state": State.COMPLETED, "outcome": Outcome.CONFIRMED},
        {"state": State.COMPLETED, "outcome": Outcome.SENT},
        {"state": State.STOPPED, "outcome": Outcome.UNKNOWN},
        {"state": State.CANCELED, "outcome": Outcome.NOT_PRINTED},
        {"state": State.CANCELED, "outcome": Outcome.NOT_PRINTED},
    ]
    for position, kind in enumerate(kinds):
        make_job(printer, template, batch=batch, position=position, **kind)
    return batch


def test_it_tells_how_far_it_is(batch: Batch) -> None:
    text = signed_in().get(f"/batches/{batch.id}").content.decode()
    assert "Batch of 5 labels" in text
    assert '<progress max="5" value="2"' in text
    assert 'id="confirmed">1 of 5<' in text
    assert "label 3" in text
    assert str(Job.objects.get(position=2).id) in text
    assert 'id="cancel-rest"' not in text, "nothing waits"


def test_where_it_stopped_is_told_once_it_has(batch: Batch) -> None:
    stopped = "First that did not come out"
    assert stopped in signed_in().get(f"/batches/{batch.id}").content.decode()
    Job.objects.update(state=State.PENDING, outcome=None)
    text = signed_in().get(f"/batches/{batch.id}").content.decode()
    assert stopped not in text
    assert "Still to come" in text


def test_an_unknown_label_is_asked_about_first(batch: Batch) -> None:
    client = signed_in()
    client.post(f"/batches/{batch.id}/resume", {"unknown": "ask"})
    assert Job.objects.count() == 5
    assert "Nobody knows whether label 3 came out" in client.get(f"/batches/{batch.id}").content.decode()


def test_it_goes_on_and_the_rest_is_canceled(batch: Batch) -> None:
    client = signed_in()
    client.post(f"/batches/{batch.id}/resume", {"unknown": "leave"})
    new = Job.objects.filter(state=State.PENDING)
    assert list(new.order_by("position").values_list("position", "requested_by")) == [(3, "ada"), (4, "ada")]
    text = client.get(f"/batches/{batch.id}").content.decode()
    assert "2 labels go on." in text
    assert 'id="cancel-rest"' in text
    client.post(f"/batches/{batch.id}/cancel")
    assert not new.exists()


@pytest.mark.parametrize(("number", "count"), [("5", 1), ("0", 0), ("x", 0), ("-1", 0)])
def test_from_a_number(batch: Batch, number: str, count: int) -> None:
    signed_in().post(f"/batches/{batch.id}/resume", {"number": number, "unknown": "leave"})
    assert Job.objects.filter(state=State.PENDING).count() == count


def test_to_somebody_with_other_printers_it_is_not_there(batch: Batch) -> None:
    client = signed_in()
    other = make_printer("other")
    UserLimit.objects.create(user=User.objects.get(username="ada"), printer=other)
    for method, path in (("get", ""), ("post", "/cancel"), ("post", "/resume")):
        assert getattr(client, method)(f"/batches/{batch.id}{path}").status_code == 404
    assert Job.objects.count() == 5


class TestJobPage:
    def test_urgent_and_move(self) -> None:
        printer, other, template = make_printer(), make_printer("other"), make_template()
        job = make_job(printer, template)
        client = signed_in()
        text = client.get(f"/jobs/{job.id}").content.decode()
        assert f'<option value="{other.id}">' in text
        client.post(f"/jobs/{job.id}/urgent")
        client.post(f"/jobs/{job.id}/move", {"printer": str(other.id)})
        job.refresh_from_db()
        assert (job.priority, job.printer_id) == (10, other.id)

    def test_drawn_anew(self) -> None:
        job = make_job(make_printer(), make_template(), state=State.COMPLETED, outcome=Outcome.CONFIRMED, artifact="a")
        answer = signed_in().post(f"/jobs/{job.id}/redraw")
        again = Job.objects.exclude(pk=job.pk).get()
        assert (answer.status_code, answer["Location"]) == (302, f"/jobs/{again.id}")
        assert (again.reprint_of_id, again.artifact) == (job.id, "")


def test_a_queue_is_cleared_after_a_second_look() -> None:
    printer = make_printer()
    make_job(printer)
    make_job(make_printer("other"))
    client = person("manager")
    assert "1 job waits. It is canceled" in client.get(f"/printers/{printer.id}/clear").content.decode()
    assert Job.objects.filter(state=State.PENDING).count() == 2
    client.post(f"/printers/{printer.id}/clear")
    assert "Nothing waits for this printer." in client.get(f"/printers/{printer.id}/clear").content.decode()
    assert Job.objects.get(state=State.CANCELED).printer_id == printer.id
    assert Job.objects.filter(state=State.PENDING).count() == 1
