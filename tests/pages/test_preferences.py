import re
import shutil
import subprocess
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from labelhub.accounts.models import User
from tests.pages.rows import make_job, make_printer, make_template, signed_in

pytestmark = pytest.mark.django_db

CATALOG = Path(__file__).parents[2] / "labelhub/locale/de/LC_MESSAGES"


def test_the_theme_is_remembered() -> None:
    client = signed_in()
    assert 'data-theme=""' in client.get("/").content.decode()
    answer = client.post("/preferences", {"theme": "dark", "next": "/jobs"})
    assert answer.headers["Location"] == "/jobs"
    assert 'data-theme="dark"' in client.get("/").content.decode()


def test_the_language_goes_with_the_person() -> None:
    make_printer()
    client = signed_in()
    client.post("/preferences", {"language": "de", "next": "/"})
    assert User.objects.get().language == "de"
    for each in (client, signed_in()):
        text = each.get("/").content.decode()
        assert '<html lang="de"' in text
        assert "Bereit" in text
        assert "12-mm-Band" in text


def test_the_browser_chooses_the_language_of_the_sign_in() -> None:
    assert "Anmelden" in Client(headers={"Accept-Language": "de-DE"}).get("/sign-in").content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_it_leads_to_no_other_site(target: str) -> None:
    assert signed_in().post("/preferences", {"theme": "dark", "next": target}).headers["Location"] == "/"


def test_nonsense_is_not_kept() -> None:
    client = signed_in()
    client.post("/preferences", {"theme": "pink", "language": "xx", "next": "/"})
    assert 'data-theme=""' in client.get("/").content.decode()
    assert User.objects.get().language == ""


def test_times_are_in_the_browsers_zone_with_utc_on_hover() -> None:
    job = make_job(make_printer(), make_template(), expires_at="2026-07-01T10:00:00Z")
    client = signed_in()
    client.cookies["zone"] = "Asia/Tokyo"
    text = client.get(f"/jobs/{job.id}").content.decode()
    assert "07/01/2026 7 p.m." in text
    assert "2026-07-01 10:00:00 UTC" in text
    client.cookies["zone"] = "Mars/Base"
    assert "07/01/2026 10 a.m." in client.get(f"/jobs/{job.id}").content.decode()


@pytest.mark.services
def test_every_sentence_is_in_the_catalog(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("labelhub", "health", "jobs", "templates_app", "printers"):
        shutil.copytree(CATALOG.parents[3] / room, tmp_path / room, ignore=shutil.ignore_patterns("locale"))
    settings.LOCALE_PATHS = [tmp_path / "found"]
    (tmp_path / "found").mkdir()
    monkeypatch.chdir(tmp_path)
    call_command("makemessages", locale=["de"], no_location=True, verbosity=0)
    found, known = (sentences(folder / "django.po") for folder in (tmp_path / "found/de/LC_MESSAGES", CATALOG))
    assert len(found) > 100
    assert sorted(found - known) == []


def sentences(catalog: Path) -> set[str]:
    text = catalog.read_text(encoding="utf-8").replace('"\n"', "")
    return set(re.findall(r'^msgid (".*")$', text, re.MULTILINE))


@pytest.mark.services
def test_german_is_complete_and_compiled(tmp_path: Path) -> None:
    done = subprocess.run(
        ["msgfmt", "--check-format", "--statistics", "-o", tmp_path / "django.mo", CATALOG / "django.po"],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    assert "untranslated" not in done.stderr
    assert "fuzzy" not in done.stderr
    assert catalog_of(tmp_path / "django.mo") == catalog_of(CATALOG / "django.mo")


def catalog_of(compiled: Path) -> dict[str, str]:
    with compiled.open("rb") as file:
        return dict(vars(GNUTranslations(file))["_catalog"])
