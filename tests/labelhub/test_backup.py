"""`manage.py backup` and `restore` of an embedded hub, with what it prints before and after."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pytest_django import Settings

from labelhub.backup import BackupRefused, back_up, put_back
from tests.hubs import Hub, manage
from tests.services import wait_until

pytestmark = pytest.mark.processes

FIELDS = {"name": "Drill", "id": "A-1042", "url": "https://inv.invalid/a/1042"}


def submit(hub: Hub, token: str, **more: str) -> str:
    body = {"printer": "demo/pt-p750w", "template": "asset-tag-12", "fields": FIELDS}
    code, answer = hub.call("POST", "/api/print", body, token, **more)
    assert code == 202, answer
    return str(answer["jobs"][0]["id"])


def state(hub: Hub, token: str, job: str) -> tuple[str, list[str]]:
    found = hub.call("GET", f"/api/jobs/{job}", token=token)[1]
    return found["state"], found["reasons"]


@pytest.mark.fault(24)
def test_a_restored_hub_prints_nothing_by_itself(tmp_path: Path) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    labels = data / "demo" / "pt-p750w"
    with Hub(data) as hub:
        token = hub.said("API token")
        assert hub.call("POST", "/api/printers/demo/pt-p750w/pause", token=token)[0] == 200
        job = submit(hub, token)
        # While it runs.
        done = manage("backup", backup, LABELHUB_DATA_DIR=str(data))
        assert (done.returncode, done.stderr) == (0, "")
        again = manage("backup", backup, LABELHUB_DATA_DIR=str(data))
        assert (again.returncode, "exists already" in again.stderr) == (1, True)
        assert hub.call("POST", "/api/printers/demo/pt-p750w/resume", token=token)[0] == 200
        wait_until(lambda: state(hub, token, job)[0] == "completed", "the label")
        refused = manage("restore", backup, LABELHUB_DATA_DIR=str(data))
        assert (refused.returncode, "Another hub" in refused.stderr) == (78, True)
    assert len(list(labels.glob("*.png"))) == 2
    assert {path.name for path in backup.iterdir()} == {"labelhub.sqlite3", "artifacts", "secret_key"}
    assert backup.stat().st_mode & 0o077 == 0

    # Where it was, and on another machine with nothing on it.
    for target in (data, tmp_path / "other"):
        done = manage("restore", backup, LABELHUB_DATA_DIR=str(target))
        assert done.returncode == 0, done.stderr
        assert "release_after_restore" in done.stdout
        assert (target / "labelhub.before-restore.sqlite3").exists() is (target == data)
        holds_until_released(target, token, job)
    assert len(list(labels.glob("*.png"))) == 3


def holds_until_released(data: Path, token: str, job: str) -> None:
    """The backup knows the job as waiting; it has been printed since."""
    with Hub(data) as hub:
        assert state(hub, token, job) == ("pending-held", ["hub-held-after-restore"])
        hub.call("POST", "/api/printers/demo/pt-p750w/resume", token=token)
        fresh = submit(hub, token)
        queue = hub.call("GET", "/readiness")[1]["checks"]["print_queue"]
        assert (queue["status"], "release_after_restore" in queue["detail"]) == ("fail", True)
        # Some sweeps.
        with pytest.raises(TimeoutError):
            wait_until(lambda: state(hub, token, fresh)[0] != "pending", "a label", limit_s=5)
        assert hub.call("POST", f"/api/jobs/{job}/cancel", token=token)[0] == 200
        done = manage("release_after_restore", LABELHUB_DATA_DIR=str(data))
        assert done.stdout == "The hub prints again; 0 held jobs go.\n", done.stderr
        wait_until(lambda: state(hub, token, fresh)[0] == "completed", "the label", limit_s=30)
        assert state(hub, token, job)[0] == "canceled"


@pytest.fixture
def database(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub's, as far as a backup looks into it."""
    settings.DATA_DIR = tmp_path
    path = tmp_path / "labelhub.sqlite3"
    monkeypatch.setattr("labelhub.backup._database", lambda: path)
    with closing(sqlite3.connect(path)) as made:
        made.executescript(
            "CREATE TABLE django_migrations (n); INSERT INTO django_migrations VALUES (1);"
            "CREATE TABLE jobs_epoch (number); INSERT INTO jobs_epoch VALUES (41);"
            "CREATE TABLE filler (t); INSERT INTO filler VALUES (hex(randomblob(50000)));"
        )
    return path


@pytest.mark.parametrize("what", ["whole", "missing", "empty", "torn", "foreign", "another database"])
def test_what_is_no_backup_is_refused_and_nothing_is_touched(database: Path, tmp_path: Path, what: str) -> None:
    back_up(tmp_path / "backup")
    file = tmp_path / "backup" / "labelhub.sqlite3"
    if what == "torn":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif what in {"empty", "foreign"}:
        file.write_bytes(b"" if what == "empty" else b"not a database at all, but long enough to be one" * 100)
    elif what != "whole":
        file.unlink()
        if what != "missing":
            with closing(sqlite3.connect(file)) as other:
                other.execute("CREATE TABLE t (n)")
    before = database.read_bytes()
    if what == "whole":
        assert put_back(tmp_path / "backup") == tmp_path / "labelhub.before-restore.sqlite3"
        with closing(sqlite3.connect(database)) as now:
            assert now.execute("SELECT number FROM jobs_epoch").fetchall() == [(-42,)]
        return
    with pytest.raises(BackupRefused, match=re.escape(str(file))):
        put_back(tmp_path / "backup")
    assert database.read_bytes() == before
    assert not (tmp_path / "labelhub.before-restore.sqlite3").exists()


def test_a_disk_that_is_full_leaves_no_half_backup(database: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupRefused, match="cannot be written"):
        back_up(tmp_path / "file" / "backup")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "labelhub.sqlite3"]


def test_postgresql_has_its_own_programs(tmp_path: Path) -> None:
    url = "postgresql://hub@127.0.0.1:1/hub"
    done = manage("backup", tmp_path / "backup", LABELHUB_DATABASE_URL=url, LABELHUB_SECRET_KEY="k" * 50)
    assert (done.returncode, "pg_dump" in done.stderr) == (1, True)
    assert not (tmp_path / "backup").exists()
