"""Every page of the administration opens, with rows in it, and looks like the hub."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from jobs.models import Attempt, Batch, Heartbeat
from labelhub import administration
from labelhub.accounts.models import ApiToken, ExternalIdentity, User
from labelhub.admin_look import UNFOLD
from labelhub.webhooks.models import Delivery, Webhook
from printers.models import Event, Printer, TokenBinding, UserLimit, record
from templates_app.models import Counter
from tests.pages.rows import make_job, make_printer, make_template

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label) if administration else []


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", password="a long password"))
    return client


@pytest.fixture
def rows() -> None:
    printer, template = make_printer(snmp_community="s3cret"), make_template()
    batch = Batch.objects.create(printer=printer, total=1)
    job = make_job(printer, template, batch=batch)
    Attempt.objects.create(job=job, number=1, printer=printer, token=1)
    Counter.objects.create(name="asset", value=41)
    Heartbeat.objects.create(name="worker-1", role="worker")
    user = User.objects.create_user("ann")
    token, _text = ApiToken.issue("script", ["read"])
    TokenBinding.objects.create(token=token, printer=printer)
    UserLimit.objects.create(user=user, printer=printer)
    ExternalIdentity.objects.create(user=user, issuer="https://id.invalid", subject="42")
    hook = Webhook.objects.create(name="hook", url="https://hooks.invalid/")
    event = record("printer.paused", printer_id=printer.id, actor="ann")
    for at, state in enumerate(("waiting", "dead")):
        Delivery.objects.create(webhook=hook, event_id=event.id + at, kind=event.kind, body="{}", state=state)


def test_there_are_all() -> None:
    assert len(MODELS) >= 18


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_page_opens(root: Client, rows: None, model: Any) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    listed = root.get(reverse(f"{name}_changelist"))
    assert listed.status_code == 200
    text = listed.content.decode()
    assert "LabelHub" in text
    assert "Django administration" not in text
    assert root.get(reverse(f"{name}_changelist"), {"q": "a"}).status_code == 200
    add = root.get(reverse(f"{name}_add")).status_code
    assert add == (200 if admin.site._registry[model].has_add_permission(listed.wsgi_request) else 403)
    first = model._default_manager.first()
    if first is not None:
        page = root.get(reverse(f"{name}_change", args=[first.pk]))
        assert page.status_code == 200
        assert "s3cret" not in page.content.decode()
    assert "s3cret" not in text


def test_the_first_page_opens(root: Client) -> None:
    text = root.get("/admin/").content.decode()
    for group in UNFOLD["SIDEBAR"]["navigation"]:
        assert str(group["title"]) in text
    assert "/static/icons/favicon.svg" in text


def test_the_menu_leads_to_what_there_is() -> None:
    listed = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in MODELS
        if model._meta.label not in {"axes.AccessFailureLog"}
    }
    linked = {str(item["link"]) for group in UNFOLD["SIDEBAR"]["navigation"] for item in group["items"]}
    assert linked == listed


@pytest.mark.parametrize("model", [Event, Counter, Printer])
def test_what_the_hub_writes_is_only_looked_at(root: Client, rows: None, model: Any) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    first = model._default_manager.first()
    before = list(model._default_manager.values())
    assert root.post(reverse(f"{name}_change", args=[first.pk]), {"value": 1, "kind": "x"}).status_code == 403
    assert root.post(reverse(f"{name}_delete", args=[first.pk]), {"post": "yes"}).status_code == 403
    assert list(model._default_manager.values()) == before


def test_nobody_else_enters(client: Client) -> None:
    client.force_login(User.objects.create_user("ann"))
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/printers/event/").status_code == 302
