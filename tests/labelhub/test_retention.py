"""No table grows for ever by itself: each has an end for its rows, or as many as people have made things."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from labelhub.accounts import retention
from labelhub.accounts.models import User
from labelhub.celery import app

# What forgets their rows: a name in a module.
FORGOTTEN = {
    "jobs_job": "jobs.sweep.forget_jobs",
    "jobs_attempt": "jobs.sweep.forget_jobs",
    "jobs_batch": "jobs.sweep.forget_jobs",
    "printers_event": "jobs.sweep.forget_events",
    "printers_increment": "printers.totals.sum_up",
    "jobs_idempotencykey": "jobs.sweep.forget_keys",
    "jobs_heartbeat": "jobs.sweep.forget_heartbeats",
    "templates_app_uploadedtable": "jobs.tables.forget_tables",
    "templates_app_tablerow": "jobs.tables.forget_tables",
    "templates_app_keptworkbook": "jobs.tables.forget_tables",
    "webhooks_delivery": "labelhub.webhooks.queue.tidy",
    "integrations_received": "labelhub.integrations.receiving.KEPT",
    "templates_app_draftstep": "templates_app.editor.drafts.MOST_STEPS",
    "django_session": "labelhub.accounts.retention.forget",
    "django_admin_log": "labelhub.accounts.retention.forget",
    "axes_accessattempt": "labelhub.accounts.retention.forget",
    "axes_accessattemptexpiration": "labelhub.accounts.retention.forget",
    "axes_accessfailurelog": "labelhub.accounts.retention.forget",
    "axes_accesslog": "labelhub.accounts.retention.forget",
}
# A row for each thing that a person made or registered, or for each pair of them.
AS_MANY_AS_THINGS = {
    "accounts_user", "accounts_user_groups", "accounts_user_user_permissions", "accounts_externalidentity",
    "accounts_apitoken", "auth_group", "auth_group_permissions", "auth_permission", "django_content_type",
    "jobs_epoch", "jobs_pool", "jobs_poolmember", "jobs_printerlease", "printers_printer", "printers_printerstatus",
    "printers_site", "printers_tokenbinding", "printers_total", "printers_userlimit", "templates_app_columnmemory",
    "templates_app_counter", "templates_app_favourite", "templates_app_font", "templates_app_housepicture",
    "templates_app_lastvalues",
    "templates_app_preset", "templates_app_template", "templates_app_templatedraft", "templates_app_templateversion",
    "webhooks_webhook",
}  # fmt: skip


def test_every_table_has_an_end() -> None:
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert tables == FORGOTTEN.keys() | AS_MANY_AS_THINGS
    assert set() == FORGOTTEN.keys() & AS_MANY_AS_THINGS
    for path in FORGOTTEN.values():
        module, _, name = path.rpartition(".")
        assert hasattr(import_module(module), name), path


def test_somebody_rings_for_all_of_it() -> None:
    rung = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert rung >= {"jobs.tasks.clean_up", "webhooks.tidy", "accounts.tidy"}
    app.loader.import_default_modules()
    assert rung <= set(app.tasks)


@pytest.mark.django_db
def test_sign_ins_are_forgotten(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    user = User.objects.create_user("eva", password="right")
    for _ in range(3):
        Client().post("/sign-in", {"username": "eva", "password": "wrong"})
        Client().post("/sign-in", {"username": "eva", "password": "right"})
    Client().post("/sign-in", {"username": "eva", "password": "wrong"})
    LogEntry.objects.create(user=user, action_flag=1, object_repr="x")
    counted: tuple[Any, ...] = (Session, AccessLog, AccessAttempt, LogEntry)

    def rows() -> list[int]:
        return [model.objects.count() for model in counted]

    before = rows()
    assert min(before) >= 1
    assert before[:2] == [3, 3]
    retention.forget()
    assert rows() == before
    retention.forget(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE + 60))
    assert rows() == [0, *before[1:]]
    retention.forget(timezone.now() + timedelta(days=366))
    assert rows() == [0, 0, 0, 0]
