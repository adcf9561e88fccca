import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from jobs.models import Job
from printers.models import Printer
from templates_app.registration import register
from tests.pages.rows import make_job, make_printer, make_template, signed_in

pytestmark = pytest.mark.django_db

URL = "/print/asset-tag-12"


def filled(client: Client, **changes: str) -> dict[str, str]:
    """The form as a person would send it."""
    text = client.get(URL).content.decode()
    submission = re.search(r'name="submission" data-submission value="([^"]+)"', text)
    printer = re.search(r'name="printer" value="([^"]+)"[^>]* checked', text)
    assert submission
    values = {"f.name": "Bench drill", "f.id": "A-1042", "copies": "2", "cut": "", "action": "print"}
    chosen = {"printer": printer[1]} if printer else {}
    return {"submission": submission[1]} | values | chosen | changes


@pytest.fixture
def printer() -> Printer:
    make_template()
    return make_printer()


def shown(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


def test_it_works(printer: Printer) -> None:
    client = signed_in()
    answer = client.post(URL, filled(client))
    job = Job.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/jobs/{job.id}?fresh=1")
    assert (job.printer, job.template_key, job.copies) == (printer, "asset-tag-12", 2)
    assert job.fields == {"name": "Bench drill", "id": "A-1042"}
    assert job.requested_by == "ada"


def test_what_is_sent_twice_prints_once(printer: Printer) -> None:
    client = signed_in()
    form = filled(client)
    first, second = client.post(URL, form), client.post(URL, form)
    assert first.headers["Location"] == second.headers["Location"]
    assert Job.objects.count() == 1


def test_going_back_and_changing_it_asks_once_more(printer: Printer) -> None:
    client = signed_in()
    form = filled(client)
    client.post(URL, form)
    answer = client.post(URL, form | {"f.name": "Band saw"})
    assert answer.status_code == 422
    assert "sent before with other values" in shown(answer)
    assert Job.objects.count() == 1


def test_a_missing_value_is_said_at_its_field(printer: Printer) -> None:
    client = signed_in()
    answer = client.post(URL, filled(client, **{"f.name": ""}))
    assert answer.status_code == 422
    assert '<p class="field-error" id="error-field-name">Please fill this in.</p>' in shown(answer)
    assert '<p class="field-error" id="error-field-id"></p>' in shown(answer)
    assert 'value="A-1042"' in shown(answer)
    assert Job.objects.count() == 0


def test_a_wrong_value_is_said_at_its_field(printer: Printer) -> None:
    client = signed_in()
    answer = client.post(URL, filled(client, **{"f.url": "no address"}))
    assert answer.status_code == 422
    assert re.search(r'id="error-field-url">[^<]*is no web address', shown(answer))
    assert Job.objects.count() == 0


@pytest.mark.parametrize("copies", ["0", "-1", "501", "many", "", "²"])
def test_copies_have_limits(printer: Printer, copies: str) -> None:
    client = signed_in()
    answer = client.post(URL, filled(client, copies=copies))
    assert answer.status_code == 422
    assert "Give a number of copies from 1 to 500." in shown(answer)
    assert Job.objects.count() == 0


def test_all_that_is_wrong_is_marked_at_once(printer: Printer) -> None:
    client = signed_in()
    answer = client.post(URL, filled(client, copies="0", **{"f.name": "", "f.url": "no address", "printer": ""}))
    assert answer.status_code == 422
    for text in ("Nothing was printed.", "Look at the marked fields.", "Give a number of copies from 1 to 500."):
        assert text in shown(answer)
    assert '<p class="field-error" id="error-field-name">Please fill this in.</p>' in shown(answer)
    assert re.search(r'id="error-field-url">[^<]*is no web address', shown(answer))
    assert Job.objects.count() == 0


def test_a_printer_that_is_off_says_so_once_and_why() -> None:
    make_template()
    make_printer("chosen", enabled=False, disabled_reason="In repair")
    answer = shown(signed_in().get(URL))
    assert answer.count("Switched off in the hub") == 1
    assert '<span class="choice-reason">In repair</span>' in answer


def test_text_that_does_not_fit_is_refused(printer: Printer) -> None:
    client = signed_in()
    answer = client.post(URL, filled(client, **{"f.name": "W" * 1000}))
    assert answer.status_code == 422
    assert "Nothing was printed." in shown(answer)
    assert Job.objects.count() == 0


def test_without_a_printer_nothing_is_printed() -> None:
    make_template()
    client = signed_in()
    assert "There is no printer yet" in shown(client.get(URL))
    answer = client.post(URL, filled(client))
    assert (answer.status_code, Job.objects.count()) == (422, 0)


def test_the_preview_button_prints_nothing(printer: Printer) -> None:
    client = signed_in()
    answer = client.post(URL, filled(client, action="preview"))
    assert answer.status_code == 200
    assert "Exactly these dots will be printed." in shown(answer)
    assert 'value="Bench drill"' in shown(answer)
    assert Job.objects.count() == 0


def test_the_live_preview_shows_what_was_typed(printer: Printer) -> None:
    client = signed_in()
    form = filled(client)
    one, other = (shown(client.post(f"{URL}/preview", form | {"f.name": name})) for name in ("Lathe", "Band saw"))
    pictures = [re.search(r'href="(data:image/png;base64,[^"]+)"', text) for text in (one, other)]
    assert pictures[0]
    assert pictures[1]
    assert pictures[0][1] != pictures[1][1]
    assert "<html" not in one
    assert Job.objects.count() == 0


def test_the_live_preview_stands_in_only_for_what_is_missing(printer: Printer) -> None:
    client = signed_in()
    form = filled(client, **{"f.name": "Lathe", "f.id": ""})
    assert "Examples stand in" in shown(client.post(f"{URL}/preview", form))
    assert "Examples stand in" not in shown(client.post(f"{URL}/preview", form | {"f.id": "1"}))


def test_the_preview_has_the_colours_of_the_tape() -> None:
    make_template()
    make_printer(status={"tape_color": "black", "text_color": "white"})
    assert re.search(r'class="paper"[^>]*fill="#17181a"', shown(signed_in().get(URL)))


def test_the_right_tape_is_chosen_and_the_others_say_why(printer: Printer) -> None:
    other = make_printer("wide", media="tze:24")
    roll = make_printer("roll", media="dk:62", model="QL-820NWB")
    text = shown(signed_in().get(URL))
    assert re.search(rf'value="{printer.id}" required checked>', text)
    assert re.search(rf'value="{other.id}" required>', text)
    assert "Another tape is in it" in text
    assert re.search(rf'value="{roll.id}" required disabled>', text)
    assert "It cannot take a tape that this template is for." in text


def test_a_link_brings_values(printer: Printer) -> None:
    text = shown(signed_in().get(URL, {"name": "Lathe <3", "id": "7", "copies": "4", "nonsense": "x"}))
    assert 'value="Lathe &lt;3"' in text
    assert 'id="copies" name="copies" type="number" inputmode="numeric" min="1" max="500" value="4"' in text
    assert Job.objects.count() == 0


def test_the_next_label_begins_with_the_last_one(printer: Printer) -> None:
    job = make_job(printer, make_template(), fields={"name": "Lathe", "id": "7", "serial:x": "9"})
    text = shown(signed_in().get(URL, {"from": str(job.id)}))
    assert 'value="Lathe"' in text
    assert "serial" not in text


def test_an_unknown_template_is_not_found() -> None:
    assert signed_in().get("/print/nothing").status_code == 404


def test_templates_are_chosen_by_their_picture(printer: Printer) -> None:
    text = shown(signed_in().get("/print"))
    assert "/templates/asset-tag-12/picture.png?v=" in text
    assert "Loaded in workbench" in text
    assert text.index("Asset tag") < text.index("Shelf label")


def test_templates_are_searched_without_javascript(printer: Printer) -> None:
    text = shown(signed_in().get("/print", {"q": "cable"}))
    assert "/print/cable-flag-12" in text
    assert "/print/asset-tag-12" not in text


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow(rows: int) -> None:
    make_template()
    for n in range(rows):
        make_printer(f"printer-{n}")
    client = signed_in()
    client.get(URL)
    with CaptureQueriesContext(connection) as captured:
        client.get(URL)
    assert len(captured) == 11


def test_a_picture_is_uploaded(printer: Printer) -> None:
    definition = {
        "key": "logo",
        "title": "Logo",
        "media": "tze:12",
        "fields": [{"name": "logo", "type": "image", "required": True}],
        "elements": [{"kind": "image", "field": "logo", "height": 8, "width": 8}],
    }
    register([definition], by="test", origin="test")
    client = signed_in()
    text = shown(client.get("/print/logo"))
    assert 'enctype="multipart/form-data"' in text
    out = io.BytesIO()
    Image.new("L", (40, 40), 0).save(out, "PNG")
    picture = SimpleUploadedFile("logo.png", out.getvalue(), "image/png")
    answer = client.post("/print/logo", {"printer": str(printer.id), "copies": "1", "f.logo": picture})
    assert answer.status_code == 302, shown(answer)
    assert Job.objects.get().fields["logo"].startswith("iVBOR")


def test_where_the_chosen_printer_was_switched_off_meanwhile_no_other_one_prints_it() -> None:
    make_template()
    chosen, other = make_printer("chosen"), make_printer("other")
    client = signed_in()
    Printer.objects.filter(pk=chosen.pk).update(enabled=False)
    form = {"f.name": "Drill", "f.id": "A-1", "copies": "1", "printer": str(chosen.pk), "submission": "s"}
    answer = client.post("/print/asset-tag-12", form)
    assert (answer.status_code, Job.objects.count()) == (422, 0)
    assert "What you chose cannot print this any more." in answer.content.decode()
    client.post("/print/asset-tag-12", form | {"printer": str(other.pk)})
    assert Job.objects.get().printer_id == other.pk
