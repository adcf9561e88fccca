"""What this hub is and how it is set: for the page “About” and the support bundle. Never a secret."""

import os
import platform
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

# Shown as they are set; of every other setting only that it is.
PLAIN = frozenset(
    f"LABELHUB_{name}"
    for name in (
        "ALLOWED_HOSTS", "CONFIG", "DATABASE_CONNECTIONS", "DATA_DIR", "DEBUG", "DEFAULT_ROLE", "DEMO", "HTTPS",
        "JOB_RETENTION_DAYS", "LEGACY_TIME_ZONE", "LOG_FORMAT", "LOG_LEVEL", "OIDC_ALGORITHM", "OIDC_NAME",
        "OIDC_ROLES_CLAIM", "OIDC_SCOPES", "PRINTER_NETWORKS", "PROBE_INTERVAL_S", "PROXY_ROLES_HEADER",
        "PROXY_USER_HEADER", "REVISION", "TAPE_LIMIT_M", "TIME_ZONE", "TRUSTED_PROXIES",
    )
)  # fmt: skip
SET = "set"
# What is shipped as files (static/vendor, templates_app/fonts), not as a package.
VENDORED = (
    ("htmx", "2.0.10", "0BSD"),
    ("Redoc", "2.5.4", "MIT"),
    ("Swagger UI", "5.35.0", "Apache-2.0"),
    ("Noto Sans", "", "OFL-1.1"),
)


@dataclass(frozen=True, slots=True)
class Package:
    name: str
    version: str
    licence: str


def versions() -> dict[str, str]:
    """Of the hub and of what it runs on."""
    return {
        "labelhub": settings.VERSION,
        "revision": settings.REVISION,
        "mode": "embedded" if settings.EMBEDDED_DATABASE else "distributed",
        "demo": "yes" if settings.DEMO else "no",
        "python": platform.python_version(),
        "django": metadata.version("django"),
        "database": f"{connection.display_name} {database_version()}",
        "broker": settings.BROKER_URL.partition(":")[0],
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def database_version() -> str:
    statement = "SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version"
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0])


def settings_in_effect() -> dict[str, str]:
    """By name, those that the environment sets."""
    found = {}
    for name in sorted(settings.SETTING_NAMES):
        if value := os.environ.get(name):
            found[name] = value if name in PLAIN else SET
    return found


@lru_cache(maxsize=1)
def packages() -> tuple[Package, ...]:
    """The libraries beside which this hub runs, with their licences as they state them."""
    found = [Package(*each) for each in VENDORED]
    for each in metadata.distributions():
        found.append(Package(each.metadata["Name"], each.version, _licence(each.metadata)))
    return tuple(sorted(set(found), key=lambda package: package.name.lower()))


def _licence(said: Any) -> str:
    if expression := said.get("License-Expression"):
        return str(expression)
    names = [text.rpartition(" :: ")[2] for text in said.get_all("Classifier") or () if text.startswith("License ::")]
    names = [name for name in names if name != "OSI Approved"]
    return ", ".join(names) or str(said.get("License") or "").partition("\n")[0][:60]


def check_title(name: str) -> str:
    """What a check of readiness is about, for people."""
    return {
        "database": _("Database"),
        "migrations": _("Database schema"),
        "template_seed": _("Templates"),
        "printer_runtime": _("Configuration file"),
        "printer_db_sync": _("Configured printers"),
        "snmp_discovery": _("Answers of the printers"),
        "print_queue": _("Worker and queue"),
        "sse_bus": _("Live pages"),
        "broker": _("Broker"),
    }.get(name, name)
