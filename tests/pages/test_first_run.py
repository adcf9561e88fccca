"""An empty hub explains itself and leads to the first label."""

from typing import Any

import pytest

from jobs.models import Job
from tests.pages.rows import make_job, make_printer, make_template
from tests.pages.test_roles import person

pytestmark = pytest.mark.django_db


def test_an_empty_hub_leads_to_a_printer(settings: Any) -> None:
    settings.DEMO = False
    text = person("manager").get("/").content.decode()
    assert "No printer yet" in text
    assert 'id="first-scan" href="/printers/scan"' in text
    assert 'id="first-address" href="/printers/new"' in text
    assert "manage.py hub --demo" in text
    assert "first-label" not in text
    assert "Latest jobs" not in text


def test_the_demo_says_where_its_printers_are(settings: Any) -> None:
    settings.DEMO = True
    text = person("manager").get("/").content.decode()
    assert "look for printers on 127.0.0.1" in text
    assert "hub --demo" not in text


def test_who_may_not_add_printers_is_not_led_there() -> None:
    text = person("printer").get("/").content.decode()
    assert "Somebody who may manage printers has to add one." in text
    assert "/printers/scan" not in text


def test_with_a_printer_it_leads_to_a_label() -> None:
    make_template()
    printer = make_printer()
    client = person("printer")
    text = client.get("/").content.decode()
    assert "Now the first label" in text
    assert 'id="first-label" href="/print"' in text
    assert "No printer yet" not in text
    assert client.post(f"/printers/{printer.id}/test").status_code == 302
    assert Job.objects.get().printer == printer
    text = client.get("/").content.decode()
    assert "Latest jobs" in text
    assert "first-run" not in text


def test_a_hub_in_use_is_left_alone() -> None:
    make_job(make_printer(), make_template())
    assert "first-run" not in person("manager").get("/").content.decode()
