"""The page “About”, and the bundle that people send to others: nothing secret may be in it."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from health import readiness, running, schema
from health.readiness import Checked
from jobs.models import Attempt, State
from labelhub.about import bundle, facts, views
from labelhub.accounts.models import ApiToken, User
from labelhub.webhooks.models import Webhook
from printers.models import Event, UserLimit, record
from printers.said import said
from tests.pages.rows import make_job, make_printer, make_template
from tests.pages.sentences import sentences_of
from tests.pages.test_roles import person

pytestmark = pytest.mark.django_db
CHECKS = {
    "database": Checked("ok", "The database answers.", {"latency_ms": 1}),
    "snmp_discovery": Checked("stale", "One is late.", private="One is late: main/workbench."),
}


@pytest.fixture(autouse=True)
def _checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "run_checks", lambda: CHECKS)
    monkeypatch.setattr(bundle, "run_checks", lambda: CHECKS)


def unpacked(client: Client) -> dict[str, str]:
    answer = client.post("/about/support-bundle")
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (200, "application/zip", "no-store")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_readiness_is_said_in_german() -> None:
    """Whatever a check may find, with numbers in it, and with the names behind it that only some are shown."""
    rooms = [Path(module.__file__ or "").read_text(encoding="utf-8") for module in (readiness, running, schema)]
    told = {sentence.replace("{}", "7") for source in rooms for sentence in sentences_of(source)}
    with translation.override("de"):
        left = {text for text in told if said(text) == text or said(f"{text} berlin/lab.") == f"{text} berlin/lab."}
        assert said("1 of 7 printers have not answered for 90 s. berlin/lab.") == (
            "Seit 90 s ohne Antwort: 1 von 7 Druckern. berlin/lab."
        )
    assert len(told) > 20
    assert left == set()


class TestPage:
    def test_it_works(self, settings: Any) -> None:
        settings.REVISION = "0123456789abcdef"
        text = person("manager").get("/about").content.decode()
        assert f"LabelHub {settings.VERSION} · 0123456789ab" in text
        assert "It works, but not all of it" in text
        assert "One is late: main/workbench." in text
        assert "Support bundle" in text
        assert "MIT License" in text or "MIT" in text

    def test_others_see_less(self) -> None:
        text = person("viewer").get("/about").content.decode()
        assert "One is late." in text
        assert "main/workbench" not in text
        assert "Support bundle" not in text
        assert "Settings from the environment" not in text

    def test_a_manager_of_some_printers_sees_no_more(self) -> None:
        client = person("manager")
        UserLimit.objects.create(user=User.objects.get(username="eva"), printer=make_printer("mine"))
        text = client.get("/about").content.decode()
        assert "main/workbench" not in text
        assert "Support bundle" not in text
        assert client.post("/about/support-bundle").status_code == 403

    def test_secrets_are_only_said_to_be_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LABELHUB_DATABASE_URL", "postgresql://hub:pa55word@db.invalid/hub")
        monkeypatch.setenv("LABELHUB_PROBE_INTERVAL_S", "45")
        found = facts.settings_in_effect()
        assert (found["LABELHUB_DATABASE_URL"], found["LABELHUB_PROBE_INTERVAL_S"]) == ("set", "45")
        assert "pa55word" not in person("manager").get("/about").content.decode()

    def test_no_setting_of_a_secret_is_shown(self, settings: Any) -> None:
        assert facts.PLAIN <= settings.SETTING_NAMES
        secret = ("SECRET", "PASSWORD", "TOKEN", "KEY", "PEPPER", "URL", "EMAIL", "FILE", "ISSUER", "ORIGINS")
        assert [name for name in facts.PLAIN if any(word in name for word in secret)] == []


class TestBundle:
    def test_it_works(self) -> None:
        printer = make_printer(status={"last_error": "no answer"})
        job = make_job(printer, make_template(), state=State.STOPPED, outcome="unknown")
        Attempt.objects.create(job=job, number=1, printer=printer, token=1, phase="sending", bytes_total=123)
        files = unpacked(person("manager"))
        assert set(files) == {
            "README.txt", "versions.json", "settings.json", "readiness.json", "printers.json", "jobs.json",
            "events.jsonl", "counts.json", "packages.json",
        }  # fmt: skip
        assert json.loads(files["printers.json"])[0]["status"]["last_error"] == "no answer"
        jobs = json.loads(files["jobs.json"])
        assert [each["id"] for each in jobs["latest"]] == [str(job.id)]
        assert jobs["latest"][0]["attempts"][0]["bytes_total"] == 123
        assert json.loads(files["readiness.json"])["status"] == "degraded"
        assert json.loads(files["events.jsonl"].splitlines()[-1])["kind"] == "hub.support-bundle"
        assert Event.objects.get(kind="hub.support-bundle").actor == "eva"

    def test_nothing_secret_is_in_it(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        planted = [
            "community-s3cret", "label-says-this", "anna.admin", "hunter22-password", "oidc-s3cret", "proxy-s3cret",
            "workbench-of-anna", "printer-of-anna.invalid", "db-pa55word", "person@mail.invalid", "anna repairs it",
        ]  # fmt: skip
        settings.ADMIN_PASSWORD, settings.OIDC_CLIENT_SECRET = "hunter22-password", "oidc-s3cret"
        settings.PROXY_SECRET = "proxy-s3cret"
        monkeypatch.setenv("LABELHUB_ADMIN_PASSWORD", "hunter22-password")
        monkeypatch.setenv("LABELHUB_DATABASE_URL", "postgresql://hub:db-pa55word@db.invalid/hub")
        monkeypatch.setenv("LABELHUB_ADMIN_EMAIL", "person@mail.invalid")
        user = User.objects.create_user("anna.admin", "person@mail.invalid", "hunter22-password")
        token, text = ApiToken.issue("script of anna.admin", ["read"])
        hook = Webhook.objects.create(name="anna.admin", url="https://hooks.invalid/label-says-this")
        printer = make_printer(
            "workbench-of-anna",
            host="printer-of-anna.invalid",
            snmp_community="community-s3cret",
            disabled_reason="anna repairs it",
            status={
                "last_error": "printer-of-anna.invalid:161 does not know community-s3cret",
                "display": "label-says-this",
            },
        )
        job = make_job(
            printer,
            make_template(),
            fields={"name": "label-says-this"},
            requested_by="anna.admin",
            user=user,
            state="aborted",
            message="anna.admin says that no label came out.",
            source_address="10.66.66.66",
        )
        record(
            "job.aborted",
            printer_id=printer.id,
            job_id=job.id,
            actor="anna.admin",
            data={"message": "anna.admin says label-says-this", "to": "aborted", "overridden": ["label-says-this"]},
        )
        planted += [settings.SECRET_KEY, settings.TOKEN_PEPPER, text, token.digest, hook.secret, "10.66.66.66"]
        whole = "\n".join(unpacked(person("manager")).values())
        assert str(printer.id) in whole
        assert str(job.id) in whole
        assert [each for each in planted if each in whole] == []

    @pytest.mark.parametrize("role", ["viewer", "printer", "designer"])
    def test_others_may_not(self, role: str) -> None:
        assert person(role).post("/about/support-bundle").status_code == 403
        assert not Event.objects.exists()

    def test_looking_is_not_enough(self) -> None:
        assert person("manager").get("/about/support-bundle").status_code == 405
