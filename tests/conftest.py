from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as django_settings

from tests.services import MissingService, Server, services_wanted, start_postgresql, start_redis

NEEDS_SERVICES = ("services", "browser")
OF_THE_OTHER_DATABASE = "postgresql_only" if django_settings.EMBEDDED_DATABASE else "sqlite_only"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that need a server are left out, and counted as such, unless services are on; then nothing excuses them.

    The run on PostgreSQL is about the database: what never asks it was tested in the run on SQLite.
    """
    left_out = [item for item in items if _is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]


def _is_left_out(item: pytest.Item) -> bool:
    names = (OF_THE_OTHER_DATABASE,) if services_wanted() else (OF_THE_OTHER_DATABASE, *NEEDS_SERVICES)
    if any(item.get_closest_marker(name) for name in names):
        return True
    if django_settings.EMBEDDED_DATABASE or item.get_closest_marker("postgresql_only"):
        return False
    uses = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is None and not uses & {"db", "transactional_db", "live_server"}


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    # The cluster or the folder is thrown away as a whole; a thread's late connection must not fail the run.
    return True


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> None:
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _started(start: Callable[[], Server]) -> Iterator[Server]:
    try:
        server = start()
    except MissingService as error:
        pytest.fail(str(error))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A private PostgreSQL; `tests.services.create_database` makes more databases in it."""
    yield from _started(start_postgresql)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    yield from _started(start_redis)
