import stat
import threading
from pathlib import Path

import pytest

from labelhub import environment
from labelhub.secret import kept_secret

Problems = list[tuple[str, str]]


@pytest.fixture
def problems(monkeypatch: pytest.MonkeyPatch) -> Problems:
    found: Problems = []
    monkeypatch.setattr(environment, "SETTING_PROBLEMS", found)
    return found


def test_a_number_is_read(monkeypatch: pytest.MonkeyPatch, problems: Problems) -> None:
    monkeypatch.setenv("LABELHUB_PROBE_INTERVAL_S", "5")
    assert environment.envint("LABELHUB_PROBE_INTERVAL_S", 30) == 5
    assert problems == []


@pytest.mark.parametrize("value", ["thirty", "-1", "0", "1.5", "1e3", "٣²"])
def test_what_is_no_number_is_a_problem_and_the_default(
    value: str, monkeypatch: pytest.MonkeyPatch, problems: Problems
) -> None:
    monkeypatch.setenv("LABELHUB_PROBE_INTERVAL_S", value)
    assert environment.envint("LABELHUB_PROBE_INTERVAL_S", 30) == 30
    assert problems == [("LABELHUB_PROBE_INTERVAL_S", f"“{value}” is not a whole number of at least 1")]


@pytest.mark.parametrize(("value", "meant"), [("", False), ("YES", True), ("off", False), ("1", True)])
def test_a_switch_is_read(value: str, meant: bool, monkeypatch: pytest.MonkeyPatch, problems: Problems) -> None:
    monkeypatch.setenv("LABELHUB_DEBUG", value)
    assert environment.envbool("LABELHUB_DEBUG", default=False) is meant
    assert problems == []


def test_what_is_no_switch_is_a_problem(monkeypatch: pytest.MonkeyPatch, problems: Problems) -> None:
    monkeypatch.setenv("LABELHUB_DEBUG", "maybe")
    assert environment.envbool("LABELHUB_DEBUG", default=True) is True
    assert problems == [("LABELHUB_DEBUG", "“maybe” is neither true nor false")]


@pytest.mark.parametrize("value", ["Mars/Olympus", "../../etc/passwd", "Europe"])
def test_an_unknown_time_zone_is_a_problem(value: str, monkeypatch: pytest.MonkeyPatch, problems: Problems) -> None:
    monkeypatch.setenv("LABELHUB_TIME_ZONE", value)
    assert environment.envzone("LABELHUB_TIME_ZONE") == "UTC"
    assert [name for name, _ in problems] == ["LABELHUB_TIME_ZONE"]


def test_a_secret_comes_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problems: Problems) -> None:
    (tmp_path / "password").write_text("hush\n")
    monkeypatch.setenv("LABELHUB_ADMIN_PASSWORD", "from the environment")
    monkeypatch.setenv("LABELHUB_ADMIN_PASSWORD_FILE", str(tmp_path / "password"))
    assert environment.envsecret("LABELHUB_ADMIN_PASSWORD") == "hush"
    assert problems == []


def test_a_secret_whose_file_is_missing_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problems: Problems
) -> None:
    monkeypatch.setenv("LABELHUB_ADMIN_PASSWORD_FILE", str(tmp_path / "nothing"))
    assert environment.envsecret("LABELHUB_ADMIN_PASSWORD") == ""
    assert [name for name, _ in problems] == ["LABELHUB_ADMIN_PASSWORD_FILE"]


def test_the_kept_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret_key"
    made = kept_secret(path)
    assert len(made) >= 50
    assert kept_secret(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_together_keep_one_secret(tmp_path: Path) -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(kept_secret(tmp_path / "secret_key"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made) - {""}) == 1


@pytest.mark.parametrize("torn", [b"", b"\0" * 67, b"\xff" * 67, b"abc", b"a" * 60 + b"\0"])
def test_what_a_crash_left_of_it_is_no_secret_and_stays(torn: bytes, tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.write_bytes(torn)
    assert kept_secret(path) == ""
    assert path.read_bytes() == torn


def test_a_secret_that_cannot_be_kept_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert kept_secret(tmp_path / "file" / "secret_key") == ""
