"""What the environment says, read strictly: what cannot be taken as it was given is reported at the start."""

import os
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

# What labelhub/checks.py reports: the names that mean something, and what cannot be taken as it was given.
SETTING_NAMES: set[str] = set()
SETTING_PROBLEMS: list[tuple[str, str]] = []


def env(name: str, default: str = "") -> str:
    SETTING_NAMES.add(name)
    return os.environ.get(name) or default


def envsecret(name: str) -> str:
    """The variable, or what stands in the file that `NAME_FILE` names."""
    path = env(f"{name}_FILE")
    if not path:
        return env(name)
    SETTING_NAMES.add(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        SETTING_PROBLEMS.append((f"{name}_FILE", f"{path} cannot be read: {error}"))
        return ""


def envbool(name: str, *, default: bool) -> bool:
    value = env(name).strip().lower()
    if value and value not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        SETTING_PROBLEMS.append((name, f"“{value}” is neither true nor false"))
        return default
    return value in {"1", "true", "yes", "on"} if value else default


def envint(name: str, default: int, *, least: int = 1) -> int:
    value = env(name, str(default))
    if not value.strip().isdecimal() or int(value) < least:
        SETTING_PROBLEMS.append((name, f"“{value}” is not a whole number of at least {least}"))
        return default
    return int(value)


def envlist(name: str, default: str = "") -> list[str]:
    return [each.strip() for each in env(name, default).split(",") if each.strip()]


def envnetworks(name: str) -> list[str]:
    found = []
    for network in envlist(name):
        try:
            found.append(str(ip_network(network, strict=False)))
        except ValueError:
            SETTING_PROBLEMS.append((name, f"“{network}” is not a network, such as 192.168.1.0/24"))
    return found


def envzone(name: str) -> str:
    value = env(name, "UTC")
    try:
        return ZoneInfo(value).key
    except (OSError, ValueError, LookupError):
        SETTING_PROBLEMS.append((name, f"“{value}” is not a time zone, such as Europe/Berlin"))
        return "UTC"
