"""No secret in a log line, at the most talkative level there is."""

import logging

import pytest
from django.test import Client

from jobs.dispatch import drain
from jobs.models import Job
from labelhub.accounts.models import User
from labelhub.logs import ROOMS, TALKATIVE
from labelhub.webhooks.models import Webhook
from printers.emulator import EmulatedPrinter
from printers.models import Event, Printer, Site
from printers.tasks import probe_due
from tests.api import script
from tests.jobs.labels import make_template

pytestmark = pytest.mark.django_db(transaction=True)

COMMUNITY, PASSWORD = "very-secret-community", "very-secret-password"


def test_nothing_secret_is_said(caplog: pytest.LogCaptureFixture, client: Client) -> None:
    for name in ("", *ROOMS, *TALKATIVE):
        caplog.set_level(logging.DEBUG, logger=name)
    User.objects.create_user("eva", password=PASSWORD)
    make_template()
    caller = script()
    with EmulatedPrinter("PT-P750W", "tze:12", speed=0, community=COMMUNITY) as device:
        site, _made = Site.objects.get_or_create(key="main")
        printer = Printer.objects.create(
            site=site, name="bench", model="PT-P750W", host="127.0.0.1", port=device.port,
            snmp_port=device.snmp_port, snmp_community=COMMUNITY,
        )  # fmt: skip
        hook = Webhook.objects.create(name="x", url="http://127.0.0.1:9/x")
        client.post("/sign-in", {"username": "eva", "password": PASSWORD + "-wrong"})
        client.post("/sign-in", {"username": "eva", "password": PASSWORD})
        probe_due()
        answer = caller.post("/api/print", {"printer": "main/bench", "template": "word", "fields": {"word": "x"}})
        assert answer.status_code == 202
        drain(printer.pk)
        caller.post("/api/print", {"printer": "main/bench", "template": "word", "fields": {"word": 7}, "x": PASSWORD})
        assert caller.get(f"/api/printers/{printer.pk}").status_code == 200
    assert Job.objects.first() is not None
    said = "\n".join(record.getMessage() + str(record.args) + str(record.exc_text or "") for record in caplog.records)
    said += "\n".join(str(event.data) for event in Event.objects.all())
    said += caller.get(f"/api/printers/{printer.pk}").content.decode()
    secrets = [COMMUNITY, PASSWORD, caller.text, hook.secret]
    assert [secret for secret in secrets if secret in said] == []
    # Otherwise nothing was listened to.
    assert len(caplog.records) > 5
