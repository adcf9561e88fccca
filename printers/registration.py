"""Printer entries of a registration, written as in the configuration: what would change, and the change itself.

A printer keeps what an entry does not name, and its id: that derives from model, host and port of the first entry.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from printers.callers import Caller
from printers.configuration import KEYS, PrinterEntry, read_entry
from printers.errors import Forbidden, HubError, InvalidInput, Problem
from printers.identity import effective_handle
from printers.inventory import change_printer, create_printer
from printers.media import find_medium, find_model
from printers.models import Printer
from printers.networks import check_address, is_literal

# Neither names it nor says where its labels come out: a change surprises nobody.
QUIET = ("snmp_port", "snmp_community", "error_policy")


class Change(NamedTuple):
    """Its kind in the words of the registration, the printer's `site/handle`, a pointer, and a sentence."""

    kind: str
    key: str
    path: str
    message: str


@dataclass
class PrinterChanges:
    already_present: list[str] = field(default_factory=list)
    additive: list[Change] = field(default_factory=list)
    destructive: list[Change] = field(default_factory=list)
    changed_text: list[Change] = field(default_factory=list)


class PrinterRegistration:
    """One registration's printers; `look` first, then `write`, both in the transaction of the registration."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.ids: dict[str, UUID] = {}
        self._new: list[dict[str, Any]] = []
        self._changed: list[tuple[Printer, dict[str, Any]]] = []

    def look(self, entries: Sequence[tuple[str, Mapping[str, Any]]]) -> PrinterChanges:
        """What these (pointer, entry) would change. Raises InvalidInput naming every problem, and Forbidden."""
        if "manage" not in self.caller.scopes:
            raise Forbidden("Registering printers needs the scope “manage”.")
        problems: list[Problem] = []
        read = [(pointer, table, read_entry({**_without_kind(table)}, pointer)) for pointer, table in entries]
        for pointer, table, entry in read:
            problems += _problems(pointer, table, entry)
        problems += _twins(read)
        rows = _Rows([entry for _, _, entry in read])
        problems += [Problem(pointer, said) for pointer, _, entry in read if (said := rows.contradiction(entry))]
        if problems:
            raise InvalidInput(f"{problems[0].pointer}: {problems[0].message}", problems)
        found = PrinterChanges()
        for _, table, entry in read:
            self._compare(entry, _without_kind(table), rows.of(entry), found)
        return found

    def write(self) -> None:
        """Raises as create_printer and change_printer do."""
        for values in self._new:
            create_printer(values, self.caller)
        for row, values in self._changed:
            change_printer(row, values, self.caller)

    def _compare(
        self, entry: PrinterEntry, table: Mapping[str, Any], row: Printer | None, found: PrinterChanges
    ) -> None:
        wanted = {name: getattr(entry, name) for name in ("site", *sorted(KEYS - {"site"})) if name in table}
        wanted["model"] = find_model(entry.model).name
        if entry.media:
            wanted["media"] = find_medium(entry.media).key
        if row is None:
            key = _key(entry)
            self.ids[key] = entry.id
            self._new.append({"id": entry.id, "site": entry.site, **wanted})
            found.additive.append(Change("NewDescriptor", key, "", f"The printer “{key}” is new."))
            return
        key = row.path if row.handle else _key(entry)
        self.ids[key] = row.id
        changes = {name: value for name, value in wanted.items() if value != _present(row, name)}
        if not changes:
            found.already_present.append(key)
            return
        self._changed.append((row, changes))
        for name, value in changes.items():
            before = _present(row, name)
            if name in QUIET or (name == "media" and not before):
                # A community is a secret: that it changes may be said, not to what.
                said = f"{name} is another one." if name in QUIET else f"what lies in it is said: {value}."
                found.changed_text.append(Change("changed_text", key, f"/{name}", f"“{key}”: {said}"))
                continue
            kind = "ChangedMedia" if name == "media" else "ChangedElement"
            sentence = f"The printer “{key}” changes its {name}: {before or 'none'} → {value or 'none'}."
            found.destructive.append(Change(kind, key, f"/{name}", sentence))


class _Rows:
    """The registered printers that entries may mean, in two queries: by their ids, and by their handles."""

    def __init__(self, entries: Sequence[PrinterEntry]) -> None:
        ids = {entry.id for entry in entries}
        handles = {handle for entry in entries if (handle := effective_handle(entry.name, entry.queue_path))}
        rows = Printer.objects.select_related("site")
        self.by_id = {row.id: row for row in rows.filter(id__in=ids)}
        self.by_path = {(row.site.key, row.handle): row for row in rows.filter(handle__in=handles)}

    def of(self, entry: PrinterEntry) -> Printer | None:
        handle = effective_handle(entry.name, entry.queue_path)
        return self.by_path.get((entry.site, handle)) or self.by_id.get(entry.id)

    def contradiction(self, entry: PrinterEntry) -> str:
        """An entry that means one printer by its address and another one by its handle."""
        named, addressed = self.of(entry), self.by_id.get(entry.id)
        if named is None or addressed is None or named.id == addressed.id:
            return ""
        return (
            f"{entry.model} at {entry.host}:{entry.port} is the printer {addressed.path} here, and the handle "
            f"“{named.handle}” is taken by another one, {named.id}. Give this one its own name."
        )


def _present(row: Printer, name: str) -> Any:
    return row.site.key if name == "site" else getattr(row, name)


def _key(entry: PrinterEntry) -> str:
    handle = effective_handle(entry.name, entry.queue_path)
    return f"{entry.site}/{handle}" if handle else f"{entry.site}/{entry.model} at {entry.host}:{entry.port}"


def _without_kind(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name != "kind"}


def _problems(pointer: str, table: Mapping[str, Any], entry: PrinterEntry) -> Iterator[Problem]:
    for name in sorted(_without_kind(table).keys() - KEYS):
        yield Problem(f"{pointer}/{name}", f"“{name}” is not known here; known are {', '.join(sorted(KEYS))}.")
    if entry.error:
        yield Problem(pointer, entry.error.removeprefix(f"{pointer}: "))
    elif is_literal(entry.host):
        try:
            check_address(entry.host, entry.port)
        except HubError as error:
            yield Problem(f"{pointer}/host", error.detail)


def _twins(read: Sequence[tuple[str, Mapping[str, Any], PrinterEntry]]) -> Iterator[Problem]:
    seen: dict[object, str] = {}
    for pointer, _, entry in read:
        for same in (entry.id, (entry.site, effective_handle(entry.name, entry.queue_path))):
            if isinstance(same, tuple) and same[1] is None:
                continue
            first = seen.setdefault(same, pointer)
            if first != pointer:
                yield Problem(pointer, f"This printer is described twice, first in {first}.")
                break
