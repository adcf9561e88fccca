"""A database is brought up once, by however many, and nobody serves one that was not."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest

from tests.hubs import ROOT, environment, manage
from tests.services import Server, create_database
from tests.stack import command_of, native, with_option

pytestmark = [pytest.mark.services, pytest.mark.processes]


@pytest.fixture
def settings_of(postgresql: Server, tmp_path: Path) -> dict[str, str]:
    return {
        "LABELHUB_DATABASE_URL": create_database(postgresql, f"hub{tmp_path.name[-8:]}{time.time_ns()}"),
        "LABELHUB_DATA_DIR": str(tmp_path / "data"),
        "LABELHUB_SECRET_KEY": "k" * 50,
        "LABELHUB_BROKER_URL": "redis://127.0.0.1:1/0",
        "LABELHUB_ADMIN_PASSWORD": "correct horse battery",
    }


def test_many_that_bring_up_at_once(settings_of: dict[str, str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: manage("bring_up", **settings_of), range(4)))
    assert [each.returncode for each in done] == [0] * 4, "\n".join(each.stderr for each in done)
    with psycopg.connect(settings_of["LABELHUB_DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM accounts_user").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM django_migrations WHERE app = 'jobs'").fetchone() == (
            len(list((ROOT / "jobs" / "migrations").glob("0*.py"))),
        )


@pytest.mark.parametrize("service", ["web", "worker", "beat"])
def test_none_serves_a_database_that_was_not_brought_up(service: str, settings_of: dict[str, str]) -> None:
    command = command_of(service)
    if service == "web":
        command = with_option(with_option(command, "--port", "0"), "--host", "127.0.0.1")
    done = subprocess.run(
        native(command), cwd=ROOT, env=environment(**settings_of), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 78, done.stderr
    assert "LabelHub does not start. The database is older than this version: " in done.stderr
    assert "bring_up" in done.stderr


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"LABELHUB_SECRET_KEY": ""}, "There is no secret key."),
        ({"LABELHUB_DEBUG": "1"}, "LABELHUB_DEBUG is on"),
        ({"LABELHUB_ALLOWED_HOSTS": "*"}, "LABELHUB_ALLOWED_HOSTS has “*”"),
    ],
)
def test_nothing_is_brought_up_with_settings_for_developing(
    changed: dict[str, str], says: str, settings_of: dict[str, str]
) -> None:
    done = manage("bring_up", **settings_of | changed)
    assert (done.returncode, done.stderr.count("\n")) == (78, 1), done.stderr
    assert done.stderr.startswith(f"LabelHub does not start. {says}")


def test_the_settings_of_a_deployment_are_what_django_asks_for(settings_of: dict[str, str]) -> None:
    of_compose = {"LABELHUB_HTTPS": "1", "LABELHUB_ALLOWED_HOSTS": "hub.invalid", "LABELHUB_SECRET_KEY": token_hex(32)}
    done = manage("check", "--deploy", "--fail-level", "WARNING", **settings_of | of_compose)
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout
    done = manage("check", "--deploy", "--fail-level", "WARNING", **settings_of)
    assert done.returncode == 1
