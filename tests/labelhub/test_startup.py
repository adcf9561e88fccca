import logging
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DataError, IntegrityError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from labelhub.accounts.models import User
from labelhub.refusals import StartRefused
from labelhub.seed import Seeded, seed_admin
from labelhub.startup import STEPS, bring_up, verify_schema
from printers.models import Printer
from templates_app.models import Template

pytestmark = pytest.mark.django_db


def test_it_works(settings: Settings) -> None:
    settings.ADMIN_PASSWORD = "correct horse battery"
    done = bring_up()
    assert done.steps == [
        "migrate",
        "verify",
        "look_for_restore",
        "load_builtin_templates",
        "seed_the_admin",
        "register_configured_templates",
        "reconcile_printers",
    ]
    assert User.objects.get().check_password("correct horse battery")
    assert Template.objects.count() == done.templates > 0


def test_running_it_again_changes_nothing(settings: Settings) -> None:
    settings.ADMIN_PASSWORD = "correct horse battery"
    bring_up()
    before = list(User.objects.values()), list(Template.objects.order_by("key").values())
    bring_up()
    assert (list(User.objects.values()), list(Template.objects.order_by("key").values())) == before


@pytest.mark.parametrize("position", range(1, len(STEPS)))
def test_steps_in_another_order_fail_at_once(position: int, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = list(STEPS)
    steps.insert(0, steps.pop(position))
    with pytest.raises(RuntimeError, match="has to come after"):
        bring_up(tuple(steps))


def test_a_configured_printer_gets_its_row(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "hub.toml").write_text('[[printer]]\nname = "desk"\nmodel = "PT-P750W"\nhost = "127.0.0.1"\n')
    settings.CONFIG_FILE = str(tmp_path / "hub.toml")
    bring_up()
    assert Printer.objects.get().name == "desk"


@pytest.mark.parametrize("text", ["[[printer]", "\0", 'templates = ["no-such.toml"]', "printer = 5"])
def test_it_works_with_a_broken_configuration(text: str, tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "hub.toml").write_text(text)
    settings.CONFIG_FILE = str(tmp_path / "hub.toml")
    assert bring_up().steps[-1] == "reconcile_printers"
    assert Printer.objects.count() == 0


def test_a_configured_template_that_is_broken_is_named(
    tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bad.toml").write_text('key = "bad"\nsize = "huge"\n')
    (tmp_path / "hub.toml").write_text('templates = ["bad.toml"]')
    settings.CONFIG_FILE = str(tmp_path / "hub.toml")
    bring_up()
    (said,) = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert str(tmp_path / "bad.toml") in said
    assert not Template.objects.filter(key="bad").exists()


def test_an_empty_set_of_templates_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("templates_app.registration.BUILTIN", tmp_path)
    with pytest.raises(StartRefused, match="No built-in template was found"):
        bring_up()


def test_an_unusable_setting_is_refused(settings: Settings) -> None:
    settings.SETTING_PROBLEMS = [("LABELHUB_DATABASE_URL", "it is not a URL")]
    with pytest.raises(StartRefused, match=r"LABELHUB_DATABASE_URL: it is not a URL\."):
        bring_up()
    assert User.objects.count() == 0


def test_a_database_of_a_newer_version_is_refused() -> None:
    MigrationRecorder(connection).record_applied("printers", "9999_from_the_future")
    with pytest.raises(StartRefused, match="printers is at 9999_from_the_future there and at "):
        verify_schema()


def test_a_database_of_an_older_version_is_refused() -> None:
    recorder = MigrationRecorder(connection)
    names = sorted(name for app, name in recorder.applied_migrations() if app == "sessions")
    recorder.record_unapplied("sessions", names[-1])
    with pytest.raises(StartRefused, match=r"older than this version: sessions is at .* here.*bring_up"):
        verify_schema()


def test_a_database_migrated_out_of_order_is_refused() -> None:
    MigrationRecorder(connection).record_unapplied("auth", "0005_alter_user_last_login_null")
    with pytest.raises(StartRefused, match=r"out of order: auth .* lacks 0005_alter_user_last_login_null"):
        verify_schema()


def test_a_database_with_an_app_of_a_newer_version_is_refused() -> None:
    MigrationRecorder(connection).record_applied("pools", "0001_initial")
    with pytest.raises(StartRefused, match="newer than this version: pools is at 0001_initial there and at no migr"):
        verify_schema()


@pytest.mark.parametrize(("app", "name"), [("printers", "9999_from_the_future"), ("pools", "0001_initial")])
def test_a_newer_database_is_not_even_migrated(app: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MigrationRecorder(connection).record_applied(app, name)
    monkeypatch.setattr("labelhub.startup.call_command", lambda *_, **__: pytest.fail("migrated"))
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")
    with pytest.raises(StartRefused, match=f"newer than this version: {app} is at {name} there and at "):
        bring_up()


def test_a_lost_constraint_is_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX printer_handle_unique_per_site")
    with pytest.raises(
        StartRefused, match=r"printers is at (\w+) in the database and at \1 here, but .*printer_handle_unique_per_site"
    ):
        verify_schema()


def test_a_migration_that_stopped_half_way_is_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE jobs_heartbeat DROP COLUMN role")
    with pytest.raises(StartRefused, match="jobs_heartbeat lacks role"):
        verify_schema()


def test_a_missing_table_is_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE jobs_heartbeat")
    with pytest.raises(StartRefused, match="there is no table jobs_heartbeat"):
        verify_schema()


def test_the_command_ends_with_78(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.SETTING_PROBLEMS = [("LABELHUB_DATABASE_URL", "it is not a URL")]
    with pytest.raises(SystemExit) as ended:
        call_command("bring_up")
    assert ended.value.code == 78
    assert capsys.readouterr().err.startswith("LabelHub does not start. LABELHUB_DATABASE_URL: it is not a URL.")


def test_nothing_that_starts_silences_a_logger(caplog: pytest.LogCaptureFixture) -> None:
    names = ["labelhub.x", "printers.x", "templates_app.x", "jobs.x", "health.x", "celery.x", "django.request", "other"]
    loggers = [logging.getLogger(name) for name in names]
    bring_up()
    caplog.clear()
    for logger in loggers:
        logger.warning("heard")
    assert [each.name for each in caplog.records if each.getMessage() == "heard"] == names


class TestSeedAdmin:
    def test_a_password_that_exists_is_never_overwritten(self, settings: Settings) -> None:
        User.objects.create_user("admin", password="their own")
        settings.ADMIN_PASSWORD = "another"
        assert seed_admin() == Seeded("admin", created=False)
        assert User.objects.get().check_password("their own")

    def test_the_demo_makes_a_password_once(self, settings: Settings) -> None:
        settings.DEMO, settings.ADMIN_PASSWORD = True, ""
        first = seed_admin()
        assert first is not None
        assert len(first.password) >= 16
        assert User.objects.get().check_password(first.password)
        assert seed_admin() == Seeded("admin", created=False)

    def test_without_a_password_nobody_is_seeded(self, settings: Settings) -> None:
        settings.DEMO, settings.ADMIN_PASSWORD = False, ""
        assert seed_admin() is None
        assert User.objects.count() == 0

    def test_the_demo_does_not_add_an_admin_to_a_hub_in_use(self, settings: Settings) -> None:
        settings.DEMO, settings.ADMIN_PASSWORD = True, ""
        User.objects.create_user("mia")
        assert seed_admin() is None
        assert User.objects.count() == 1

    def test_another_process_was_quicker(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.ADMIN_PASSWORD = "another"
        User.objects.create_user("admin", password="theirs")
        # What the look before the leap saw.
        monkeypatch.setattr("labelhub.seed.User.objects.filter", lambda **_: User.objects.none())
        assert seed_admin() == Seeded("admin", created=False)
        assert User.objects.get().check_password("theirs")

    @pytest.mark.parametrize("kind", [OperationalError, DataError, IntegrityError])
    def test_any_other_error_of_the_database_is_raised_and_logged(
        self,
        kind: type[Exception],
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        settings.ADMIN_PASSWORD = "another"

        def fail(*_: object) -> None:
            raise kind("UNIQUE constraint failed, it says")

        monkeypatch.setattr("labelhub.seed.User.objects.create_superuser", fail)
        with pytest.raises(kind):
            seed_admin()
        assert "Traceback" in caplog.text
        assert User.objects.count() == 0

    def test_any_other_violation_is_raised_and_logged(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.ADMIN_PASSWORD = "another"
        monkeypatch.setattr("labelhub.seed.settings.ADMIN_EMAIL", None)
        monkeypatch.setattr("django.contrib.auth.models.UserManager.normalize_email", lambda *_: None)
        with pytest.raises(Exception, match=r"(?i)null"):
            seed_admin()
        assert "cannot be created" in caplog.text
        assert "Traceback" in caplog.text
