"""What page tests share: a person who is signed in, and printers, templates and jobs to look at."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from jobs.models import Job
from labelhub.accounts.models import User
from printers.models import Printer, PrinterStatus, Site
from templates_app.models import Template
from templates_app.registration import load_builtin


def signed_in(*, staff: bool = False, **options: Any) -> Client:
    user, _made = User.objects.get_or_create(username="staff" if staff else "ada", is_staff=staff)
    client = Client(**options)
    client.force_login(user)
    return client


def make_printer(name: str = "workbench", *, media: str = "tze:12", **values: Any) -> Printer:
    """Ready, asked a moment ago, with a tape in it."""
    status = values.pop("status", {})
    site, _made = Site.objects.get_or_create(key="main")
    printer = Printer.objects.create(**{"site": site, "name": name, "model": "PT-P750W", "host": "127.0.0.5"} | values)
    printer.refresh_from_db()
    seen = timezone.now() - timedelta(seconds=12)
    colours = {"tape_color": "white", "text_color": "black"}
    PrinterStatus.objects.create(
        **{"printer": printer, "online": True, "state": "idle", "media_key": media, "captured_at": seen}
        | {"last_seen_at": seen}
        | colours
        | status
    )
    return printer


def make_template() -> Template:
    load_builtin()
    return Template.objects.usable().get(key="asset-tag-12")


def make_job(printer: Printer, template: Template | None = None, **values: Any) -> Job:
    named = {} if template is None else {"template_version": template.current, "template_key": template.key}
    return Job.objects.create(
        **{"printer": printer, "fields": {"name": "Bench drill", "id": "A-1042"}, "medium": "tze:12"} | named | values
    )
