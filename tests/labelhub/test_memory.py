"""What a resting hub on SQLite does not carry along: each of these takes megabytes, and is loaded when it is needed."""

import subprocess
import sys
from pathlib import Path

from tests.hubs import ROOT, environment

HEAVY = {
    "cryptography",
    "httpx",
    "labelhub.administration",
    "openpyxl",
    "psycopg",
    "redis",
    "structlog",
    "unfold.admin",
}
SERVING = """
import sys
import django
django.setup()
from labelhub.celery import app
import labelhub.embedded, labelhub.startup, labelhub.announcement
app.loader.import_default_modules()
labelhub.embedded.asgi_application()
print("labelhub.urls" in sys.modules, *sorted(set({heavy}) & set(sys.modules)))
"""


def test_what_a_hub_on_sqlite_does_not_load(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVING.format(heavy=sorted(HEAVY))],
        cwd=ROOT,
        env=environment(DJANGO_SETTINGS_MODULE="labelhub.settings", LABELHUB_DATA_DIR=str(tmp_path)),
        capture_output=True,
        text=True,
        check=True,
    )
    # The addresses are loaded: the first request does not wait for them.
    assert done.stdout.split() == ["True"]
