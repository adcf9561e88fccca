"""The `[[integration]]` tables of the LABELHUB_CONFIG file. What is wrong with one marks that one, with a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelhub.integrations.errors import IntegrationFailed, UnknownIntegration
from labelhub.integrations.integration import Integration
from labelhub.integrations.kinds import KINDS
from labelhub.integrations.verifying import is_base64, signs
from labelhub.webhooks.targets import origin_of
from printers.configuration import Configuration, is_site_key, load_configuration
from printers.errors import HubError

TEXTS = (
    "kind", "name", "title", "url", "token", "ca_file", "template", "printer", "pool", "webhook_secret",
    "browser_origin",
)  # fmt: skip
FILES = ("token_file", "webhook_secret_file")
# A shorter one could be found by trying.
SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class Integrations:
    """`problems` are sentences about entries that have no name of their own to be found by."""

    source: Configuration
    by_name: Mapping[str, Integration]
    problems: tuple[str, ...] = ()


_read: Integrations | None = None


def integrations() -> Mapping[str, Integration]:
    """All that are configured, those with an `error` too, by name in the order of the file."""
    return _loaded().by_name


def usable(name: str) -> Integration:
    """Raises UnknownIntegration, and IntegrationFailed where its entry cannot work."""
    found = integrations().get(name)
    if found is None:
        raise UnknownIntegration(f"There is no integration “{name[:60]}” in the configuration.")
    if found.error:
        raise IntegrationFailed(f"{found.error} Correct its entry in the configuration.")
    return found


def searchable() -> list[Integration]:
    """What people can look things up in."""
    return [each for each in integrations().values() if not each.error and KINDS[each.kind].search is not None]


def problems() -> list[str]:
    loaded = _loaded()
    return [*loaded.problems, *(each.error for each in loaded.by_name.values() if each.error)]


def _loaded() -> Integrations:
    global _read
    configuration = load_configuration()
    if _read is None or _read.source is not configuration:
        _read = read(configuration)
    return _read


def read(configuration: Configuration) -> Integrations:
    by_name: dict[str, Integration] = {}
    sentences = []
    for number, table in enumerate(configuration.integrations, 1):
        entry = _entry(table, number, Path(configuration.path).parent)
        if not is_site_key(entry.name):
            sentences.append(f"integration {number}: {entry.error or 'it needs a name.'}")
        elif entry.name in by_name:
            sentences.append(f"integration {number}: the name “{entry.name}” is taken; left out.")
        else:
            by_name[entry.name] = entry
    return Integrations(configuration, by_name, tuple(sentences))


def _entry(table: dict[str, Any], number: int, folder: Path) -> Integration:
    errors = [f"“{key}” is not known" for key in sorted(table.keys() - {*TEXTS, *FILES, "fields"})]
    given = {name: _text(table, name, errors) for name in TEXTS}
    for name in FILES:
        if path := _text(table, name, errors):
            given[name.removesuffix("_file")] = _secret(folder / path, errors)
    kind = KINDS.get(given["kind"])
    name = given["name"] or given["kind"]
    if not is_site_key(name):
        errors.append(f"the name “{name[:60]}” may have letters, digits, hyphens and underscores only")
    if kind is None:
        errors.append(f"there is no kind “{given['kind'][:60]}”, there are {', '.join(KINDS)}")
    elif kind.find is not None:
        _check_url(given["url"], errors)
        if kind.needs_token and not given["token"]:
            errors.append("token (or token_file) is missing")
    # What stands in a header; a file may hold more than one line.
    errors += [
        f"{each} has to be one line of ASCII"
        for each in ("token", "webhook_secret")
        if not (given[each].isascii() and given[each].isprintable())
    ]
    if given["ca_file"]:
        given["ca_file"] = str(folder / given["ca_file"])
        if not Path(given["ca_file"]).is_file():
            errors.append(f"ca_file: there is no file {given['ca_file']}")
    if given["browser_origin"]:
        _check_origin(given["browser_origin"], errors)
    _check_webhook(given, errors)
    fields = table.get("fields", {})
    if not isinstance(fields, dict) or not all(isinstance(path, str) for path in fields.values()):
        errors.append('fields has to be written as { label_field = "path.in.the.answer" }')
        fields = {}
    title = given.pop("title") or (kind.title if kind else name)
    url = given.pop("url").rstrip("/")
    error = f"Integration {name or number}: {'; '.join(errors)}." if errors else ""
    return Integration(**given | {"name": name, "title": title, "url": url, "error": error}, fields=fields)


def _text(table: dict[str, Any], name: str, errors: list[str]) -> str:
    value = table.get(name, "")
    if isinstance(value, str) and value.isprintable() and len(value) <= 1000:
        return value.strip()
    # Not what it is: it may be a secret.
    errors.append(f"{name} has to be a text of one line")
    return ""


def _secret(path: Path, errors: list[str]) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        errors.append(f"{path} cannot be read ({type(error).__name__})")
        return ""


def _check_url(url: str, errors: list[str]) -> None:
    try:
        origin_of(url)
        if "?" in url or "#" in url:
            errors.append("url is the address of the app, without ? and #")
    except HubError as error:
        errors.append(f"url: {error.detail.rstrip('.')}" if url else "url is missing")


def _check_origin(origin: str, errors: list[str]) -> None:
    try:
        origin_of(origin)
        if origin.count("/") != 2:
            errors.append("browser_origin is scheme and host, such as https://grocy.invalid, and nothing behind")
    except HubError as error:
        errors.append(f"browser_origin: {error.detail.rstrip('.')}")


def _check_webhook(given: dict[str, str], errors: list[str]) -> None:
    if given["printer"] and given["pool"]:
        errors.append("name a printer or a pool, and not both")
    if not given["webhook_secret"]:
        return
    if len(given["webhook_secret"]) < SHORTEST_SECRET:
        errors.append(f"webhook_secret has to have at least {SHORTEST_SECRET} characters")
    elif signs(given["webhook_secret"]) and not is_base64(given["webhook_secret"]):
        errors.append("webhook_secret begins with whsec_, but is not base64 behind it")
    if not given["template"] or not (given["printer"] or given["pool"]):
        errors.append("a webhook needs a template, and a printer or a pool")
