"""Every page with every role: who gets in, who is refused, and that nothing was changed by trying."""

import re
from collections.abc import Iterator
from importlib import import_module
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from jobs.models import Job
from labelhub.accounts.models import User
from labelhub.accounts.roles import ROLES, Scope
from labelhub.page_access import LOOKING, PAGES
from printers.models import Event, Printer, Site, UserLimit
from tests.pages.rows import make_job, make_printer, make_template

pytestmark = pytest.mark.django_db

OPEN_TO_ALL = {
    "sign-in",
    "sign-out",
    "preferences",
    "openapi",
    "api-docs",
    "api-reference",
    "service-worker",
    "offline",
}


def person(*roles: str, name: str = "eva") -> Client:
    user = User.objects.create_user(name)
    user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
    client = Client()
    client.force_login(user)
    return client


def pages() -> Iterator[URLPattern]:
    for found in get_resolver().url_patterns:
        if isinstance(found, URLPattern):
            yield found
        elif isinstance(found, URLResolver) and str(found.pattern) == "":
            yield from (inner for inner in found.url_patterns if isinstance(inner, URLPattern))


def address(pattern: URLPattern, printer: Printer, job: Job) -> str:
    route = "/" + str(pattern.pattern)
    for placed, value in {
        "<uuid:printer_id>": printer.id,
        "<uuid:job_id>": job.id,
        "<slug:key>": "asset-tag-12",
        "<slug:name>": "cancel",
    }.items():
        route = route.replace(placed, str(value))
    return re.sub("<int:[a-z_]+>", "1", re.sub("<uuid:[a-z_]+>", str(UUID(int=1)), route))


WALKED = [pattern for pattern in pages() if pattern.name and pattern.name not in OPEN_TO_ALL]


def test_the_migration_makes_the_roles() -> None:
    Group.objects.all().delete()
    import_module("labelhub.accounts.migrations.0002_make_the_roles").make_groups(apps, connection.schema_editor())
    assert set(ROLES) <= set(Group.objects.values_list("name", flat=True))


def test_every_rule_has_its_page() -> None:
    assert set(PAGES) <= {pattern.name for pattern in WALKED}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("pattern", WALKED, ids=lambda pattern: pattern.name)
def test_walk(role: str, pattern: URLPattern) -> None:
    printer, template = make_printer(), make_template()
    job = make_job(printer, template)
    client, path = person(role), address(pattern, printer, job)
    events = Event.objects.count()
    for method in ("GET", "POST"):
        wanted = PAGES.get(str(pattern.name), Scope.READ if method in LOOKING else None)
        answer = client.generic(method, path)
        if wanted is not None and wanted in ROLES[role]:
            assert answer.status_code != 403, (method, path)
        else:
            assert answer.status_code == 403, (method, path)
    if not {Scope.PRINT, Scope.MANAGE} & ROLES[role]:
        printer.refresh_from_db()
        job.refresh_from_db()
        assert (printer.paused, job.state, Job.objects.count(), Event.objects.count()) == (False, "pending", 1, events)


def test_a_viewer_sees_no_button_that_would_be_refused() -> None:
    printer, template = make_printer(), make_template()
    jobs = [make_job(printer, template, state=state) for state in ("pending", "processing-stopped", "completed")]
    client = person("viewer")
    paths = ["/", "/jobs", "/printers", f"/printers/{printer.id}", "/templates", "/templates/asset-tag-12"]
    for path in [*paths, *(f"/jobs/{job.id}" for job in jobs)]:
        text = client.get(path).content.decode()
        forms = [part.partition('"')[0] for part in text.split('action="')[1:]]
        assert set(forms) <= {"/preferences", "/sign-out", "/jobs", "/templates", f"{path}/favourite", ""}, path
        assert 'href="/print"' not in text, path
        assert 'href="/print?' not in text, path
        assert 'href="/print/' not in text, path


def test_a_printer_of_labels_sees_them() -> None:
    printer, template = make_printer(), make_template()
    make_job(printer, template)
    text = person("printer").get(f"/printers/{printer.id}").content.decode()
    assert f"/printers/{printer.id}/test" in text
    assert f"/printers/{printer.id}/pause" not in text
    assert 'href="/print"' in text


def test_roles_add_up() -> None:
    printer = make_printer()
    make_template()
    client = person("designer", "printer")
    assert client.get("/print").status_code == 200
    assert client.post(f"/printers/{printer.id}/pause").status_code == 403


@pytest.mark.parametrize(("role", "status"), [("none", 403), ("viewer", 403), ("printer", 200)])
def test_without_a_role_the_default_one_holds(role: str, status: int, settings: object) -> None:
    settings.DEFAULT_ROLE = role  # type: ignore[attr-defined]
    make_template()
    assert person().get("/print").status_code == status


def test_a_role_that_is_taken_away_is_gone_at_the_next_click() -> None:
    make_template()
    client = person("printer")
    assert client.get("/print").status_code == 200
    User.objects.get().groups.set([Group.objects.get_or_create(name="viewer")[0]])
    assert client.get("/print").status_code == 403


class TestLimits:
    @pytest.fixture
    def near(self) -> Printer:
        return make_printer("near")

    @pytest.fixture
    def far(self) -> Printer:
        return make_printer("far", site=Site.objects.create(key="away"))

    def test_the_others_do_not_exist(self, near: Printer, far: Printer) -> None:
        template = make_template()
        mine, theirs = (
            make_job(near, template, fields={"name": "Mine"}),
            make_job(far, template, fields={"name": "Theirs"}),
        )
        client = person("manager")
        UserLimit.objects.create(user=User.objects.get(), printer=near)
        for path in ("/", "/printers", "/jobs", "/print/asset-tag-12", f"/print/asset-tag-12?from={theirs.id}"):
            text = client.get(path).content.decode()
            assert str(near.id) in text or str(mine.id) in text, path
            assert str(far.id) not in text, path
            assert f"/jobs/{theirs.id}" not in text, path
            assert "Theirs" not in text, path
        for path in (f"/printers/{far.id}", f"/jobs/{theirs.id}", f"/jobs/{theirs.id}/picture.png"):
            assert client.get(path).status_code == 404, path
        for path in (f"/printers/{far.id}/pause", f"/printers/{far.id}/test", f"/jobs/{theirs.id}/cancel"):
            assert client.post(path).status_code == 404, path
        theirs.refresh_from_db()
        far.refresh_from_db()
        assert (theirs.state, far.paused, Job.objects.count()) == ("pending", False, 2)

    def test_nothing_is_printed_elsewhere(self, near: Printer, far: Printer) -> None:
        make_template()
        client = person("printer")
        UserLimit.objects.create(user=User.objects.get(), printer=near)
        values = {"printer": str(far.id), "f_name": "Drill", "f_id": "A-1", "copies": "1", "action": "print"}
        client.post("/print/asset-tag-12", values)
        assert not Job.objects.filter(printer=far).exists()

    def test_a_site_is_all_of_its_printers(self, near: Printer, far: Printer) -> None:
        client = person("viewer")
        UserLimit.objects.create(user=User.objects.get(), site=far.site)
        assert client.get(f"/printers/{far.id}").status_code == 200
        assert client.get(f"/printers/{near.id}").status_code == 404

    def test_a_site_without_printers_is_none_and_not_all(self, near: Printer) -> None:
        client = person("viewer")
        UserLimit.objects.create(user=User.objects.get(), site=Site.objects.create(key="empty"))
        assert str(near.id) not in client.get("/printers").content.decode()
        assert client.get(f"/printers/{near.id}").status_code == 404
        assert UUID(int=0) != near.id
