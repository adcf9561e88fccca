from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from labelhub.checks import TAG


@pytest.fixture(autouse=True)
def _on_one_machine(settings: Settings) -> None:
    settings.EMBEDDED_DATABASE = True


def found() -> list[tuple[str | None, str, str | None]]:
    return [(each.id, each.msg, each.hint) for each in run_checks(tags=[TAG])]


def test_the_tests_own_settings_are_fine() -> None:
    assert found() == []


def test_a_setting_with_a_default_is_a_warning(settings: Settings) -> None:
    settings.SETTING_PROBLEMS = [("LABELHUB_PROBE_INTERVAL_S", "“x” is not a whole number of at least 1")]
    sentence = "LABELHUB_PROBE_INTERVAL_S: “x” is not a whole number of at least 1; its default is used."
    assert found() == [("labelhub.W001", sentence, "Correct it.")]


@pytest.mark.parametrize(
    "name",
    ["LABELHUB_DATABASE_URL", "LABELHUB_PRINTER_NETWORKS", "LABELHUB_SECRET_KEY_FILE"],
)
def test_a_setting_without_a_safe_default_is_an_error(name: str, settings: Settings) -> None:
    settings.SETTING_PROBLEMS = [(name, "it cannot be used")]
    assert [(code, text) for code, text, _ in found()] == [("labelhub.E001", f"{name}: it cannot be used.")]


def test_an_unknown_name_is_a_warning_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELHUB_PROBE_INTERVAL", "3")
    sentence = "LABELHUB_PROBE_INTERVAL is not a setting of LabelHub."
    assert found() == [("labelhub.W002", sentence, "Is LABELHUB_PROBE_INTERVAL_S meant?")]


def test_an_unknown_name_like_no_other_points_to_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELHUB_QQQQQQ", "3")
    assert [hint for _, _, hint in found()] == ["docs/settings.md lists them all."]


def test_the_key_of_the_sources_is_an_error(settings: Settings) -> None:
    settings.SECRET_KEY = settings.INSECURE_SECRET_KEY
    assert [(code, text) for code, text, _ in found()] == [("labelhub.E002", "There is no secret key.")]


def test_a_torn_key_is_named(settings: Settings, tmp_path: Path) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_KEPT = settings.INSECURE_SECRET_KEY, tmp_path / "secret_key"
    ((_code, _text, hint),) = found()
    assert hint == f"Make {settings.DATA_DIR} writable: the hub keeps a random key there. Or set LABELHUB_SECRET_KEY."
    (tmp_path / "secret_key").write_bytes(b"\0" * 67)
    ((_code, _text, hint),) = found()
    assert str(hint).startswith(f"{tmp_path / 'secret_key'} is damaged")


def test_the_key_of_the_sources_will_do_for_developing(settings: Settings) -> None:
    settings.SECRET_KEY, settings.DEBUG = settings.INSECURE_SECRET_KEY, True
    assert found() == []


class TestOnAServer:
    @pytest.fixture(autouse=True)
    def _on_a_server(self, settings: Settings) -> None:
        settings.EMBEDDED_DATABASE, settings.BROKER_URL = False, "redis://127.0.0.1/0"

    def test_it_works(self) -> None:
        assert found() == []

    def test_nobody_develops(self, settings: Settings) -> None:
        settings.SECRET_KEY, settings.DEBUG = settings.INSECURE_SECRET_KEY, True
        assert {code for code, _, _ in found()} == {"labelhub.E002", "labelhub.E003"}

    def test_every_host_is_none(self, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["hub.invalid", "*"]
        assert [code for code, _, _ in found()] == ["labelhub.E004"]


def test_on_one_machine_people_may_develop(settings: Settings) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS = True, ["*"]
    assert found() == []


def test_workers_without_a_broker_are_a_warning(settings: Settings) -> None:
    settings.EMBEDDED_DATABASE, settings.BROKER_URL = False, "memory://localhost/"
    assert [code for code, _, _ in found()] == ["labelhub.W003"]


def test_a_broken_configuration_file_is_a_warning(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "hub.toml").write_text("[[printer]\n")
    settings.CONFIG_FILE = str(tmp_path / "hub.toml")
    ((code, sentence, hint),) = found()
    assert (code, hint) == ("labelhub.W004", f"Correct {tmp_path / 'hub.toml'}; the rest of it works.")
    assert sentence.startswith(f"{tmp_path / 'hub.toml'} is not valid TOML: ")
