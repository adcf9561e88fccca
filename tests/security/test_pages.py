"""Hostile texts in every place that a page shows, headers on every answer, and a token for every change."""

import io
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from PIL import Image

from labelhub.accounts.models import User
from labelhub.page_access import PAGES
from printers.models import PrinterStatus, record
from templates_app.models import Counter, Preset, Template, UploadedTable
from templates_app.registration import register
from tests.pages.rows import make_job, make_printer
from tests.security.corpus import MARKUP, UNSEEN

pytestmark = pytest.mark.django_db

HOSTILE = MARKUP[0] + MARKUP[1] + MARKUP[2] + MARKUP[3] + MARKUP[6] + UNSEEN[0]


class Page(HTMLParser):
    """What a browser would make of it: elements and attributes that nobody here wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.inside_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attrs}
        self.inside_script = tag == "script"
        if tag == "hostile-tag" or (tag == "script" and "src" not in names):
            self.wrong.append(tag)
        for name, value in names.items():
            if name.startswith(("on", "hx-on")) or name in {"style", "srcdoc"}:
                self.wrong.append(f"{tag} {name}")
            if name in {"href", "src", "action"} and value.strip().lower().startswith(
                ("javascript:", "data:text", "//")
            ):
                self.wrong.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if self.inside_script and data.strip():
            self.wrong.append("script text")
        self.inside_script = False


def boss(**options: Any) -> Client:
    client = Client(**options)
    user, _made = User.objects.get_or_create(username="boss", defaults={"is_superuser": True, "is_staff": True})
    client.force_login(user)
    return client


def descriptor() -> dict[str, Any]:
    return {
        "key": "hostile",
        "title": {"en": HOSTILE, "de": HOSTILE},
        "description": HOSTILE,
        "media": "tze:12",
        "fields": [
            {"name": "v", "label": HOSTILE, "help": HOSTILE, "example": HOSTILE, "default": HOSTILE},
            {"name": "c", "type": "choice", "choices": [HOSTILE, "b"], "example": HOSTILE},
        ],
        "counters": {"n": {"prefix": "<b>"}},
        "elements": [{"kind": "text", "name": "t", "text": "{v} {serial:n}", "size": 0.5, "min_size": 0.5}],
    }


@pytest.fixture
def hostile() -> dict[str, str]:
    """A hub in which everybody who could has left such a text, and the addresses that show it."""
    register([descriptor()], by=HOSTILE, origin=HOSTILE)
    register([descriptor() | {"description": "now <b>"}], by=HOSTILE, origin=HOSTILE)
    template = Template.objects.get()
    printer = make_printer()
    PrinterStatus.objects.update(
        **{
            field.name: HOSTILE[: field.max_length or 200]
            for field in PrinterStatus._meta.fields
            if field.get_internal_type() in {"CharField", "TextField"} and field.name not in {"state", "media_key"}
        }
    )
    job = make_job(printer, template, fields={"v": HOSTILE, "c": "b"}, requested_by=HOSTILE, medium="tze:12")
    make_job(printer, fields={HOSTILE: HOSTILE}, template_key="gone", requested_by=HOSTILE)
    record("job.pending", job_id=job.pk, printer_id=printer.pk, actor=HOSTILE, data={"message": HOSTILE, "to": HOSTILE})
    Preset.objects.create(template=template, name=HOSTILE[:120], values={"v": HOSTILE})
    Counter.objects.create(
        name="n", value=3, resets=[{"at": "2026-11-21T12:00:00+00:00", "actor": HOSTILE, "reason": HOSTILE}]
    )
    client = boss()
    client.post("/print/hostile/table", {"pasted": f"v\tc\n{HOSTILE}\tb\n{HOSTILE}\t{HOSTILE}\n"})
    table = UploadedTable.objects.get()
    UploadedTable.objects.update(name=HOSTILE[:200], notes=[HOSTILE])
    columns = reverse("table-columns", args=[table.id])
    client.post(columns, {"action": "map", "column.v": "0", "column.c": "1"})
    rows = reverse("table", args=[table.id])
    return {
        "dashboard": "/", "jobs": "/jobs", "search": "/jobs?q=%3Chostile-tag%3E", "job": f"/jobs/{job.id}",
        "printers": "/printers", "printer": f"/printers/{printer.id}", "template": "/templates/hostile",
        "templates": "/templates?q=%22%3E%3Chostile-tag%3E", "compare": "/templates/hostile/compare",
        "restore": "/templates/hostile/versions/1/restore", "edit": "/templates/hostile/edit", "print": "/print",
        "review": "/templates/hostile/edit/review", "form": "/print/hostile", "upload": "/print/hostile/table",
        "begun": "/print/hostile?v=%22%3E%3Chostile-tag%20onclick%3Dx%3E", "columns": columns, "rows": rows,
        "row": f"{rows}?edit=2", "pictures": "/pictures", "fonts": "/fonts", "tokens": "/tokens",
    }  # fmt: skip


def test_nothing_of_it_becomes_markup(hostile: dict[str, str]) -> None:
    client = boss()
    seen = 0
    for name, address in hostile.items():
        answer: Any = client.get(address)
        assert answer.status_code == 200, (name, answer.status_code, answer.headers.get("Location"))
        text = answer.content.decode()
        page = Page()
        page.feed(text)
        assert page.wrong == [], name
        seen += "hostile-tag" in text
    # Otherwise the texts were nowhere to be seen, and nothing was tested.
    assert seen >= 15


def test_the_parser_would_see_it() -> None:
    for text in (HOSTILE, "<script>x</script>", "<p style='x'>", "<a href='javascript:x'>", "<p hx-on:click='x'>"):
        page = Page()
        page.feed(text)
        assert page.wrong


def test_every_answer_has_its_headers(hostile: dict[str, str]) -> None:
    for client, address in [(boss(), each) for each in ("/", "/jobs", "/jobs.csv", "/nowhere")] + [
        (Client(), "/sign-in")
    ]:
        headers = client.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy or "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def _patterns(resolver: URLResolver) -> list[URLPattern]:
    found: list[URLPattern] = []
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            found.append(each)
        elif not str(each.pattern).startswith(("api/", "admin/")):
            found += _patterns(each)
    return found


SAMPLES = {"int": 1, "uuid": uuid4(), "slug": "x", "str": "x", "path": "x"}


def test_no_page_changes_anything_without_a_token() -> None:
    client = boss(enforce_csrf_checks=True)
    tried = set()
    for pattern in _patterns(get_resolver()):
        if not pattern.name:
            continue
        kinds = {name: type(converter).__name__ for name, converter in pattern.pattern.converters.items()}
        values = {
            name: SAMPLES[kind.removesuffix("Converter").lower().replace("string", "str")]
            for name, kind in kinds.items()
        }
        address = reverse(pattern.name, kwargs=values)
        answer = client.post(address, {"x": "y"})
        # 404 where nothing of that name is there: nothing could be changed either.
        assert answer.status_code in {403, 404, 405}, (pattern.name, answer.status_code)
        if answer.status_code == 403:
            tried.add(pattern.name)
    assert tried & set(PAGES) >= {
        "font-add",
        "picture-add",
        "printer-new",
        "template-new",
        "counter-reset",
        "table-print",
    }


def test_an_upload_is_never_served_as_it_came() -> None:
    """A picture that is a page as well: what comes back is drawn anew."""
    out = io.BytesIO()
    Image.new("L", (9, 9)).save(out, "PNG")
    raw = out.getvalue() + b"<script>alert(1)</script>"
    client = boss()
    client.post("/pictures/add", {"file": SimpleUploadedFile("both.png", raw, content_type="text/html")})
    answer = client.get("/pictures/both/small.png")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert b"script" not in answer.content


@pytest.mark.parametrize("name", ["../../x.csv", "<hostile-tag>.csv", "a" * 3000 + ".csv", "x\0y.csv", "\u202evsc.x"])
def test_the_name_of_a_file_is_only_a_name(name: str) -> None:
    register([descriptor()], by="x", origin="x")
    client = boss()
    answer: Any = client.post("/print/hostile/table", {"file": SimpleUploadedFile(name, b"v,c\nx,b\n")})
    assert answer.status_code == 302
    assert len(UploadedTable.objects.get().name) <= 200
    page = Page()
    page.feed(client.get(answer.headers["Location"]).content.decode())
    assert page.wrong == []
