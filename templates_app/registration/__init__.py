"""Registering templates: the API, the command line, the editor and the built-in ones all come through here."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from django.db import connection, transaction
from django.utils import timezone

from printers.errors import Conflict, HubError, InvalidInput, Problem
from templates_app.definition import Definition, document, fingerprint, parse, words
from templates_app.definition.fields import convert
from templates_app.errors import InvalidDefinition
from templates_app.house_fonts import provide_fonts
from templates_app.house_pictures import provide_pictures
from templates_app.models import Preset, Template, TemplateVersion
from templates_app.registration.diff import Diff, Entry, Known, diff

__all__ = [
    "Diff",
    "Entry",
    "Known",
    "PrinterChanges",
    "PrinterRegistrar",
    "Registered",
    "RegistrationConflict",
    "apply",
    "diff",
    "load_builtin",
    "register",
    "unfitting_presets",
]

BUILTIN = Path(__file__).parent.parent / "builtin"
# Any number will do as long as nothing else takes it.
_LOCK = 0x6C61_6265_6C68_7562


class RegistrationConflict(Conflict):
    """Some change could break what relies on a template, and nobody said `force`."""

    code = "registration-conflict"


@dataclass(slots=True)
class Registered:
    """What was (or, after a dry run, would be) done."""

    diff: Diff
    versions: dict[str, int] = field(default_factory=dict)
    dropped_presets: list[dict[str, str]] = field(default_factory=list)
    dry_run: bool = False
    # The ids of the printers that were named, by the keys that the diff gives them.
    printers: dict[str, str] | None = None

    def as_json(self) -> dict[str, Any]:
        printers = {} if self.printers is None else {"printers": self.printers}
        return {
            **self.diff.as_json(),
            "versions": self.versions,
            "dropped_presets": self.dropped_presets,
            "dry_run": self.dry_run,
            **printers,
        }


class PrinterChanges(Protocol):
    """Their part of the diff; each change is (kind, key, path, message)."""

    already_present: list[str]
    additive: list[Any]
    destructive: list[Any]
    changed_text: list[Any]


class PrinterRegistrar(Protocol):
    """Whoever may write printers: looks at (pointer, descriptor) pairs first, writes when all may be written."""

    ids: Any

    def look(self, entries: Sequence[tuple[str, Mapping[str, Any]]]) -> PrinterChanges: ...

    def write(self) -> None: ...


def register(
    descriptors: Sequence[Any],
    *,
    by: str,
    origin: str,
    force: bool = False,
    dry_run: bool = False,
    prune: bool = False,
    printers: PrinterRegistrar | None = None,
) -> Registered:
    """Checks all descriptors, then applies them in one transaction.

    Raises InvalidDefinition with every problem of every descriptor (pointers from `/descriptors` on), and
    RegistrationConflict with the whole diff where a change needs `force`.
    """
    definitions, entries = _sorted_out(descriptors, with_printers=printers is not None)
    with transaction.atomic():
        _serialise()
        also = printers.look(entries) if printers is not None and entries else None
        done = apply(definitions, by=by, origin=origin, force=force, dry_run=dry_run, prune=prune, also=also)
        if printers is not None and also is not None:
            if not dry_run:
                printers.write()
            done.printers = {key: str(printer_id) for key, printer_id in printers.ids.items()}
    return done


def _sorted_out(
    descriptors: Sequence[Any], *, with_printers: bool
) -> tuple[list[Definition], list[tuple[str, Mapping[str, Any]]]]:
    definitions: list[Definition] = []
    entries: list[tuple[str, Mapping[str, Any]]] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for n, given in enumerate(descriptors):
        at = f"/descriptors/{n}"
        if isinstance(given, dict) and given.get("kind") == "printer":
            if with_printers:
                entries.append((at, given))
            else:
                problems.append(Problem(f"{at}/kind", "Printers are not registered from here."))
            continue
        try:
            definition = parse(given)
        except InvalidDefinition as error:
            problems += [Problem(at + p.pointer, p.message) for p in error.problems]
            continue
        if definition.key in seen:
            sentence = f"“{definition.key}” is described twice, first in /descriptors/{seen[definition.key]}."
            problems.append(Problem(f"{at}/key", sentence))
        seen[definition.key] = n
        missing = provide_fonts(definition) + provide_pictures(definition)
        problems += [Problem(at + p.pointer, p.message) for p in missing]
        definitions.append(definition)
    if problems:
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        raise InvalidDefinition(f"{problems[0].pointer}: {problems[0].message}{more}", problems)
    return definitions, entries


def apply(
    definitions: Sequence[Definition],
    *,
    by: str = "",
    origin: str = "",
    source: str = Template.Source.REGISTERED,
    force: bool = False,
    dry_run: bool = False,
    prune: bool = False,
    also: PrinterChanges | None = None,
) -> Registered:
    """Brings the registered templates to `definitions`; each change is a new version, old ones stay.

    Raises RegistrationConflict, with nothing written, where the diff is destructive and `force` is not given. The
    changes of `also` belong to the same diff; writing them is the caller's.
    """
    with transaction.atomic():
        _serialise()
        templates = {t.key: t for t in Template.objects.select_related("current")}
        wanted = {d.key for d in definitions}
        registered = {
            key: _known(t.current)
            for key, t in templates.items()
            if t.current is not None
            and t.removed_at is None
            and (key in wanted or (prune and t.source == Template.Source.REGISTERED))
        }
        found = diff(definitions, registered, prune=prune)
        if also is not None:
            found.already_present += also.already_present
            for name in ("additive", "destructive", "changed_text"):
                getattr(found, name).extend(Entry(*change) for change in getattr(also, name))
        done = Registered(found, dry_run=dry_run)
        if dry_run:
            return done
        if found.force_required and not force:
            raise RegistrationConflict(_summary(found), extra={"diff": found.as_json(), **found.as_json()})
        for definition in definitions:
            entries = found.of(definition.key)
            if entries:
                _write(templates.get(definition.key), definition, entries, done, by=by, origin=origin, source=source)
        for entry in found.destructive:
            if entry.kind == "RemovedDescriptor":
                Template.objects.filter(key=entry.key).update(removed_at=timezone.now())
        return done


def _serialise() -> None:
    """One registration at a time: SQLite's transactions are so from their start, PostgreSQL needs to be told."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _known(version: TemplateVersion) -> Known:
    def definition() -> Definition | None:
        try:
            return parse(version.definition)
        except InvalidDefinition:
            return None

    return Known(version.sha256, definition)


def _summary(found: Diff) -> str:
    first = found.destructive[0]
    more = f" And {len(found.destructive) - 1} more." if len(found.destructive) > 1 else ""
    return f"Registering “{first.key}” could break what relies on it: {first.message}{more} Send force to do it anyway."


def _write(
    template: Template | None,
    definition: Definition,
    entries: list[Entry],
    done: Registered,
    *,
    by: str,
    origin: str,
    source: str,
) -> None:
    title = words(definition.title, fallback=definition.key)[:200]
    if template is None:
        template = Template.objects.create(key=definition.key, title=title, source=source)
    last = template.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = TemplateVersion.objects.create(
        template=template,
        number=last + 1,
        definition=document(definition),
        sha256=fingerprint(definition),
        diff=[entry.as_json() for entry in entries],
        origin=origin[:120],
        created_by=by[:160],
    )
    template.current, template.title, template.removed_at = version, title, None
    template.source = source
    template.save(update_fields=["current", "title", "removed_at", "source"])
    done.versions[template.key] = version.number
    # One that comes back under its key may be another than the one that its presets were made for.
    if any(entry.kind == "NewDescriptor" or entry in done.diff.destructive for entry in entries):
        done.dropped_presets += _drop_presets(template, definition)


def _drop_presets(template: Template, definition: Definition) -> list[dict[str, str]]:
    dropped = []
    for preset, reason in unfitting_presets(template, definition):
        dropped.append({"template": template.key, "preset": preset.name, "reason": reason})
        preset.delete()
    return dropped


def unfitting_presets(template: Template, definition: Definition) -> list[tuple[Preset, str]]:
    """The presets whose values the template would no longer take, each with a reason."""
    found = []
    for preset in Preset.objects.filter(template=template):
        for name, value in preset.values.items():
            wanted = definition.field(name)
            try:
                if wanted is None:
                    raise ValueError(f"there is no field “{name}” any more")
                convert(wanted, value)
            except ValueError as error:
                found.append((preset, f"{name}: {error}"))
                break
    return found


def load_builtin() -> int:
    """Registers the templates that are shipped; the number of them. A damaged or empty set is an error."""
    paths = sorted(BUILTIN.glob("*.toml"))
    if not paths:
        raise HubError(f"No built-in template was found in {BUILTIN}: the installation is incomplete.")
    definitions = []
    for path in paths:
        try:
            definitions.append(parse(tomllib.loads(path.read_text(encoding="utf-8")), source=path.name))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InvalidInput(f"The built-in template {path.name} is damaged: {error}.") from error
    # What somebody registered under the same key is theirs.
    theirs = Template.objects.filter(key__in=[d.key for d in definitions]).exclude(source=Template.Source.BUILTIN)
    taken = set(theirs.values_list("key", flat=True))
    ours = [d for d in definitions if d.key not in taken]
    apply(ours, by="hub", origin="built-in", source=Template.Source.BUILTIN, force=True)
    return len(definitions)
