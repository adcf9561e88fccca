"""“Insert 24 mm tape: 14 labels, 3 people”: what waits for a tape waits together, and goes when it is there."""

import pytest
from django.test import Client

from jobs import tasks
from jobs.dispatch import drain
from jobs.media_wait import waiting_media
from jobs.models import Job, State
from labelhub.accounts.models import User
from printers import status
from printers.callers import Caller
from printers.emulator import EmulatedPrinter
from printers.models import Printer
from tests.api import assert_problem, script
from tests.jobs.labels import ANN, ask, make_printer

pytestmark = pytest.mark.django_db(transaction=True)

BOB, CAT = Caller(label="bob"), Caller(label="cat")
EVERYBODY = Caller(label="")


@pytest.fixture
def waiting(printer: Printer, device: EmulatedPrinter) -> Printer:
    """Fourteen labels of three people for 12 mm; 24 mm is loaded, for which one came out meanwhile."""
    ask(printer, "a", "b", caller=ANN)
    ask(printer, "c", caller=BOB, copies=10)
    ask(printer, "d", "e", caller=CAT)
    device.load("tze:24")
    status.refresh(printer)
    ask(Printer.objects.select_related("status").get(pk=printer.pk), "wide", caller=CAT)
    drain(printer.pk)
    return printer


def test_they_wait_together_and_the_printer_works_on_what_it_can(waiting: Printer, device: EmulatedPrinter) -> None:
    assert [label.medium for label in device.labels] == ["tze:24"]
    (wait,) = waiting_media(EVERYBODY)[waiting.pk]
    assert (wait.medium, wait.jobs, wait.labels, wait.people) == ("tze:12", 5, 14, 3)
    assert wait.words == "Insert 12 mm tape: 14 labels, 3 people."
    body = script("read").get("/api/queue/waiting-media").json()
    first = Job.objects.order_by("created_at").values_list("created_at", flat=True)[0]
    since = body["items"][0].pop("since")
    assert since.startswith(first.strftime("%Y-%m-%dT%H:%M:%S"))
    assert body["items"] == [
        {
            "printer": str(waiting.pk), "medium": "tze:12", "tape_color": "", "text_color": "", "jobs": 5,
            "labels": 14, "people": 3,
        }
    ]  # fmt: skip


def test_pages_name_the_tape(waiting: Printer) -> None:
    client = Client()
    client.force_login(User.objects.create(username="eva"))
    for path in ("/", f"/printers/{waiting.pk}"):
        assert "Insert 12 mm tape: 14 labels, 3 people." in client.get(path).content.decode(), path


def test_they_go_when_the_cassette_is_seen(waiting: Printer, device: EmulatedPrinter) -> None:
    device.load("tze:12")
    status.refresh(Printer.objects.get(pk=waiting.pk))
    tasks.ring(str(waiting.pk))
    assert len(device.labels) == 1 + 14
    assert not Job.objects.exclude(state=State.COMPLETED).exists()
    assert waiting_media(EVERYBODY) == {}


def test_a_script_sees_its_printers_only(waiting: Printer) -> None:
    other = make_printer(name="other")
    bound = script("read", printers=(other,))
    assert bound.get("/api/queue/waiting-media").json() == {"items": []}
    assert_problem(bound.get("/api/queue/waiting-media?printer=main/bench"), 404, "unknown-printer")
    mine = script("read").get("/api/queue/waiting-media?printer=main/other")
    assert mine.json() == {"items": []}
