"""Runs before any setting is read: the tests see none of the LABELHUB_ variables of the person who starts them."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.services import start_postgresql

DATA_DIR = Path(tempfile.mkdtemp(prefix="labelhub-tests-"))
DATABASE_URL_OF_RUN = "LABELHUB_TEST_DATABASE_URL"  # what pytest-xdist's workers inherit

for name in [n for n in os.environ if n.startswith("LABELHUB_") and not n.startswith("LABELHUB_TEST_")]:
    del os.environ[name]
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "labelhub.settings",
    "LABELHUB_DATA_DIR": str(DATA_DIR),
    "LABELHUB_SECRET_KEY": "the-key-of-the-tests-with-more-than-fifty-characters-in-it",
    # Emulated printers live on loopback, which only the demo mode allows.
    "LABELHUB_DEMO": "1",
    # Playwright keeps an event loop in the thread that runs the tests.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}
if os.environ.get("LABELHUB_TEST_DATABASE", "sqlite") == "postgresql":
    if DATABASE_URL_OF_RUN not in os.environ:
        server = start_postgresql()
        atexit.register(server.stop)
        os.environ[DATABASE_URL_OF_RUN] = server.url
    os.environ["LABELHUB_DATABASE_URL"] = os.environ[DATABASE_URL_OF_RUN]

from django.conf import settings  # noqa: E402

# pytest-django sets Django up in pytest_configure if the settings are loaded by then.
default = settings.DATABASES["default"]
if settings.EMBEDDED_DATABASE:
    # A file, so that threads meet the locks that they meet in production; not synced, because nobody reads it again.
    default["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    default["OPTIONS"]["init_command"] = default["OPTIONS"]["init_command"].replace("=FULL", "=OFF")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """pytest-xdist's workers inherit what is set here; with this name they would read the settings before this file."""
    if session.config.getoption("numprocesses", None):
        del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA_DIR, ignore_errors=True)
