"""What is wrong with the settings, as Django system checks: `manage.py check`, and every server before it serves."""

import os
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from labelhub import extras
from labelhub.integrations.configuration import problems as integration_problems
from printers.configuration import load_configuration

TAG = "labelhub"
PREFIX = "LABELHUB_"
# Without these there is no safe default to go on with; the others are replaced by theirs.
WITHOUT_DEFAULT = (
    "LABELHUB_DATABASE_URL",
    "LABELHUB_PRINTER_NETWORKS",
    "LABELHUB_DEFAULT_ROLE",
    "LABELHUB_WEBHOOK_ORIGINS",
    "LABELHUB_TRUSTED_PROXIES",
)
# Read by the tests, by `make` and by the start of the hub, not by settings.
OTHER_NAMES = ("LABELHUB_TEST_",)


@register(TAG)
def settings_are_taken(**_: Any) -> Sequence[CheckMessage]:
    """labelhub.E001: a setting has no usable value and no default. labelhub.W001: the default is used instead."""
    return [
        Error(f"{name}: {sentence}.", hint="Correct it, or remove it from the environment.", id="labelhub.E001")
        if name.removesuffix("_FILE") in WITHOUT_DEFAULT or name.endswith("_FILE")
        else Warning(f"{name}: {sentence}; its default is used.", hint="Correct it.", id="labelhub.W001")
        for name, sentence in settings.SETTING_PROBLEMS
    ]


@register(TAG)
def names_are_known(**_: Any) -> Sequence[CheckMessage]:
    """labelhub.W002: a LABELHUB_ variable that nothing reads."""
    unknown = (
        name
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in settings.SETTING_NAMES and not name.startswith(OTHER_NAMES)
    )
    return [
        Warning(f"{name} is not a setting of LabelHub.", hint=_nearest(name), id="labelhub.W002") for name in unknown
    ]


def _nearest(name: str) -> str:
    # The common prefix would make every name look like every other.
    known = [each.removeprefix(PREFIX) for each in settings.SETTING_NAMES]
    near = get_close_matches(name.removeprefix(PREFIX), known, n=1)
    return f"Is {PREFIX}{near[0]} meant?" if near else "docs/settings.md lists them all."


def _has_database() -> bool:
    return not any(name.startswith("LABELHUB_DATABASE_URL") for name, _ in settings.SETTING_PROBLEMS)


@register(TAG)
def secret_is_secret(**_: Any) -> Sequence[CheckMessage]:
    """labelhub.E002: the key that anybody can read in the sources would protect sessions and tokens."""
    for_developing = settings.DEBUG and settings.EMBEDDED_DATABASE
    if settings.SECRET_KEY != settings.INSECURE_SECRET_KEY or for_developing or not _has_database():
        return []
    hint = "Set LABELHUB_SECRET_KEY, or LABELHUB_SECRET_KEY_FILE, to 50 random characters; the same in every process."
    if settings.EMBEDDED_DATABASE and settings.SECRET_KEY_KEPT.exists():
        hint = (
            f"{settings.SECRET_KEY_KEPT} is damaged, or cannot be read: put it back from a backup, or remove it to get "
        )
        hint += "a new one, at which every session and every token ends. Or set LABELHUB_SECRET_KEY."
    elif settings.EMBEDDED_DATABASE:
        hint = f"Make {settings.DATA_DIR} writable: the hub keeps a random key there. Or set LABELHUB_SECRET_KEY."
    return [Error("There is no secret key.", hint=hint, id="labelhub.E002")]


@register(TAG)
def nothing_is_left_open(**_: Any) -> Sequence[CheckMessage]:
    """labelhub.E003, labelhub.E004: what is for developing, on a database that others reach as well."""
    found: list[CheckMessage] = []
    if settings.EMBEDDED_DATABASE or not _has_database():
        return found
    if settings.DEBUG:
        sentence = "LABELHUB_DEBUG is on: error pages would show settings and values to everybody."
        found.append(Error(sentence, hint="Remove it from the environment.", id="labelhub.E003"))
    if "*" in settings.ALLOWED_HOSTS:
        sentence = "LABELHUB_ALLOWED_HOSTS has “*”: links in answers would lead wherever a caller says."
        hint = "Name the hosts under which people reach the hub, separated by commas."
        found.append(Error(sentence, hint=hint, id="labelhub.E004"))
    return found


@register(TAG)
def database_and_broker_fit(**_: Any) -> Sequence[CheckMessage]:
    """labelhub.W003: two processes cannot meet in a broker that lives in the memory of one."""
    if settings.EMBEDDED_DATABASE or not _has_database() or not settings.BROKER_URL.startswith("memory:"):
        return []
    return [
        Warning(
            "LABELHUB_BROKER_URL is not set: workers are not rung, every label waits for the next sweep.",
            hint="Set it to redis://host:6379/0.",
            id="labelhub.W003",
        )
    ]


@register(TAG)
def proxies_have_a_secret(**_: Any) -> Sequence[CheckMessage]:
    """labelhub.W005: a secret that nobody can use, because no proxy is trusted."""
    if not settings.PROXY_SECRET or settings.TRUSTED_PROXIES:
        return []
    return [
        Warning(
            "LABELHUB_PROXY_SECRET is set, but no proxy is trusted: nobody is signed in by one.",
            hint="Set LABELHUB_TRUSTED_PROXIES to the proxy's address, such as 172.18.0.2.",
            id="labelhub.W005",
        )
    ]


@register(TAG)
def extras_are_installed(**_: Any) -> Sequence[CheckMessage]:
    """labelhub.W006: somebody wants to be told, and the package that tells is not there."""
    return [
        Warning(
            f"{name} is set, but {module} is not installed: nothing is told.",
            hint=f"Install {file}.",
            id="labelhub.W006",
        )
        for name, (module, file) in extras.wanted().items()
        if not _is_installed(module)
    ]


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


@register(TAG)
def configuration_is_read(**_: Any) -> Sequence[CheckMessage]:
    """labelhub.W004: something in the LABELHUB_CONFIG file; the hub runs without that part."""
    configuration = load_configuration()
    sentences = [*configuration.problems, *(entry.error for entry in configuration.printers if entry.error)]
    sentences += integration_problems()
    hint = f"Correct {configuration.path}; the rest of it works."
    return [Warning(sentence, hint=hint, id="labelhub.W004") for sentence in sentences]
