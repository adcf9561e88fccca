"""The TOML file of LABELHUB_CONFIG: read without judgement, so that one bad entry never hides the good ones."""

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from printers.errors import HubError
from printers.identity import derive_printer_id, queue_path_fits
from printers.media import MEDIA, find_medium, find_model, media_for
from printers.models import Printer

DEFAULT_SITE = "main"
DEFAULT_PORT, DEFAULT_SNMP_PORT, DEFAULT_COMMUNITY = 9100, 161, "public"
KEYS = frozenset(
    {
        "site", "name", "model", "host", "port", "queue_path", "snmp_port", "snmp_community", "media", "error_policy",
    }
)  # fmt: skip
SITE_KEYS = frozenset({"key", "title"})
TOP_KEYS = ("site", "printer", "templates", "integration")


@dataclass(frozen=True)
class PrinterEntry:
    """One `[[printer]]` as a row would hold it; `error` is the sentence when it cannot work as written."""

    id: UUID
    where: str
    site: str
    name: str
    queue_path: str
    model: str
    host: str
    port: int
    snmp_port: int
    snmp_community: str
    media: str
    # Empty: whatever a person chose.
    error_policy: str = ""
    error: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Configuration:
    """What the file says. `problems` are sentences about what belongs to no printer; `readable` is False when the
    file as a whole could not be read, and then nothing may be concluded from what it lacks.
    """

    path: str = ""
    readable: bool = True
    sites: dict[str, str] = field(default_factory=dict)
    printers: tuple[PrinterEntry, ...] = ()
    templates: tuple[Path, ...] = ()
    # As they stand there: the front door knows what they mean.
    integrations: tuple[dict[str, Any], ...] = ()
    problems: tuple[str, ...] = ()


def load_configuration() -> Configuration:
    """The configuration that this process runs with; read again only when the file changed."""
    if not settings.CONFIG_FILE:
        return Configuration()
    path = Path(settings.CONFIG_FILE)
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        stamp = 0
    return _read_once(path, stamp)


@lru_cache(maxsize=1)
def _read_once(path: Path, _stamp: int) -> Configuration:
    return read_configuration(path)


def read_configuration(path: Path) -> Configuration:
    """Never raises: what is wrong stands in the answer."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return Configuration(str(path), readable=False, problems=(f"{path} cannot be read: {error.strerror}.",))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return Configuration(str(path), readable=False, problems=(f"{path} is not valid TOML: {error}.",))
    problems = [
        f"{path}: “{key}” is not known here; known are {', '.join(TOP_KEYS)}."
        for key in document
        if key not in TOP_KEYS
    ]
    sites = _sites(_tables(document, "site", problems), problems)
    printers = _printers(_tables(document, "printer", problems), problems)
    return Configuration(
        str(path),
        sites={**{entry.site: "" for entry in printers}, **sites},
        printers=tuple(printers),
        templates=tuple(_templates(document.get("templates", []), path.parent, problems)),
        integrations=tuple(_tables(document, "integration", problems)),
        problems=(*problems, *(warning for entry in printers for warning in entry.warnings)),
    )


def _tables(document: dict[str, Any], key: str, problems: list[str]) -> list[dict[str, Any]]:
    found = document.get(key, [])
    tables = found if isinstance(found, list) else [found]
    if not all(isinstance(each, dict) for each in tables):
        problems.append(f"“{key}” has to be written as [[{key}]] tables.")
    return [each for each in tables if isinstance(each, dict)]


def _sites(tables: list[dict[str, Any]], problems: list[str]) -> dict[str, str]:
    sites = {}
    for number, table in enumerate(tables, 1):
        key = str(table.get("key", "")).strip()
        if not is_site_key(key):
            problems.append(f"site {number}: the key “{key}” may have letters, digits, hyphens and underscores only.")
            continue
        problems.extend(f"site {key}: “{name}” is not known here." for name in sorted(table.keys() - SITE_KEYS))
        sites[key] = _plain(table.get("title", ""))[:120]
    return sites


def _plain(value: object) -> str:
    # PostgreSQL stores no NUL.
    return str(value).replace("\0", "").strip()


def is_site_key(text: str) -> bool:
    return 0 < len(text) <= 50 and text.replace("-", "").replace("_", "").isalnum() and text.isascii()


def _printers(tables: list[dict[str, Any]], problems: list[str]) -> list[PrinterEntry]:
    entries: list[PrinterEntry] = []
    for number, table in enumerate(tables, 1):
        entry = read_entry(table, f"printer {number}")
        twin = next((each for each in entries if each.id == entry.id), None)
        if twin is not None:
            problems.append(
                f"{entry.where}: {entry.model} at {entry.host}:{entry.port} is already {twin.where}; left out."
            )
            continue
        entries.append(entry)
    return entries


def read_entry(table: dict[str, Any], where: str) -> PrinterEntry:
    """A printer entry of the file or of a registration; what is wrong with it becomes its `error`."""
    errors: list[str] = []
    # A misspelt or future key is worth a word, not a printer that stands still.
    warnings = tuple(f"{where}: “{key}” is not known here and was left out." for key in sorted(table.keys() - KEYS))

    def text(key: str, default: str = "", limit: int = 1000) -> str:
        value = table.get(key, default)
        if not isinstance(value, str):
            errors.append(f"{key} has to be a text, not {value!r}")
        clean = _plain(value)
        if len(clean) > limit:
            errors.append(f"{key} is longer than {limit} characters")
        return clean[:limit]

    def port(key: str, default: int) -> tuple[int, str]:
        value = table.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535:
            return value, str(value)
        errors.append(f"{key} has to be a whole number from 1 to 65535, not {value!r}")
        return default, str(value)

    name, model, host = text("name", limit=200), text("model", limit=64), text("host", limit=253)
    queue_path, community = text("queue_path"), text("snmp_community", DEFAULT_COMMUNITY, limit=120)
    (tcp_port, tcp_port_text), (snmp_port, _) = port("port", DEFAULT_PORT), port("snmp_port", DEFAULT_SNMP_PORT)
    site, media = text("site", DEFAULT_SITE), text("media", limit=40)
    if not is_site_key(site):
        errors.append(f"the site “{site}” may have letters, digits, hyphens and underscores only")
        site = DEFAULT_SITE
    if not host:
        errors.append("host is missing")
    if not queue_path_fits(queue_path):
        errors.append(f"queue_path has to start with a slash and must not end in one: {queue_path!r}")
    if not model:
        errors.append("model is missing")
    policy = text("error_policy")
    if "error_policy" in table and policy not in Printer.ErrorPolicy.values:
        errors.append(f"error_policy is one of {', '.join(Printer.ErrorPolicy.values)}, not {policy!r}")
        policy = ""
    try:
        among = media_for(find_model(model)) if model else tuple(MEDIA.values())
        # "12" means tape in a PT and a roll in a QL.
        media = find_medium(media, among).key if media else ""
    except HubError as error:
        errors.append(error.detail.rstrip("."))
    return PrinterEntry(
        id=derive_printer_id(model, host, tcp_port_text),
        where=f"{where} ({name})" if name else where,
        site=site,
        name=name,
        queue_path=queue_path,
        model=model,
        host=host,
        port=tcp_port,
        snmp_port=snmp_port,
        snmp_community=community,
        media=media,
        error_policy=policy,
        error=f"{where}: {'; '.join(errors)}." if errors else "",
        warnings=warnings,
    )


def _templates(value: Any, folder: Path, problems: list[str]) -> list[Path]:
    patterns = value if isinstance(value, list) else [value]
    files: list[Path] = []
    for pattern in patterns:
        if not isinstance(pattern, str) or not pattern:
            problems.append(f"templates: {pattern!r} is not a file name.")
            continue
        base = Path(pattern) if Path(pattern).is_absolute() else folder / pattern
        try:
            found = sorted(each for each in base.parent.glob(base.name) if each.is_file())
        except (ValueError, OSError, NotImplementedError) as error:
            problems.append(f"templates: {pattern!r} is not a file name: {error}.")
            continue
        if not found:
            problems.append(f"templates: no file matches {base}.")
        files.extend(found)
    return files
