"""Configuration → rows. Idempotent, harmless when many processes start at once, and nothing is ever lost by it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from printers.configuration import Configuration, PrinterEntry, load_configuration
from printers.errors import HubError
from printers.identity import effective_handle
from printers.models import Printer, Site, record
from printers.move import move_printer
from printers.networks import check_address, is_literal
from printers.unresolved import mark_unresolved

log = logging.getLogger(__name__)

LEFT_CONFIGURATION = "No longer in the configuration."
# Any constant of our own: it names the lock under which one process at a time reconciles (PostgreSQL).
ADVISORY_LOCK = 0x1ABE1B0B
REFRESHED = ("name", "queue_path", "model", "host", "port", "snmp_port", "snmp_community", "media", "config_error")


@dataclass
class Reconciled:
    """What a run did, by printer ids."""

    created: list[UUID] = field(default_factory=list)
    refreshed: list[UUID] = field(default_factory=list)
    migrated: dict[UUID, UUID] = field(default_factory=dict)
    disabled: list[UUID] = field(default_factory=list)
    untouched: list[UUID] = field(default_factory=list)


def reconcile(configuration: Configuration | None = None) -> Reconciled:
    """Bring the rows in line with the configuration, in one transaction, one process at a time.

    A file that cannot be read changes nothing: what it lacks is not known.
    """
    configuration = configuration or load_configuration()
    for problem in configuration.problems:
        log.warning("configuration: %s", problem)
    if not configuration.path or not configuration.readable:
        return Reconciled()
    with transaction.atomic():
        _one_at_a_time()
        done = _Reconciliation(configuration).run()
    # After it: while a name server thinks, nobody should wait for this lock.
    mark_unresolved(entry for entry in configuration.printers if not entry.error)
    return done


def _one_at_a_time() -> None:
    # SQLite's IMMEDIATE transaction is that lock already.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])


class _Reconciliation:
    def __init__(self, configuration: Configuration) -> None:
        self.done = Reconciled()
        self.sites = _ensure_sites(configuration.sites)
        self.entries = list(_without_taken_handles(map(_checked, configuration.printers)))
        self.wanted = {entry.id for entry in self.entries}
        self.rows = {row.id: row for row in Printer.objects.all()}

    def run(self) -> Reconciled:
        self._free_swapped_names()
        for entry in self.entries:
            self._apply(self._with_its_handle(entry))
        self._disable_what_left()
        return self.done

    def _values(self, entry: PrinterEntry) -> dict[str, object]:
        values = {"site_id": self.sites[entry.site].id, **{name: _value(entry, name) for name in REFRESHED}}
        return values | ({"error_policy": entry.error_policy} if entry.error_policy else {})

    def _free_swapped_names(self) -> None:
        """Two configured printers may have exchanged their names: no order of updates would pass the constraint."""
        changing = [
            entry.id
            for entry in self.entries
            if (row := self.rows.get(entry.id))
            and row.handle
            and row.handle != effective_handle(entry.name, entry.queue_path)
        ]
        handles = {(self.sites[e.site].id, effective_handle(e.name, e.queue_path)) for e in self.entries}
        taken = [i for i in changing if (self.rows[i].site_id, self.rows[i].handle) in handles]
        if taken:
            Printer.objects.filter(id__in=taken).update(name="", queue_path="")
            for printer_id in taken:
                self.rows[printer_id].name = self.rows[printer_id].queue_path = ""
                self.rows[printer_id].handle = None

    def _with_its_handle(self, entry: PrinterEntry) -> PrinterEntry:
        """A row with this handle under another id becomes this printer: its history moves along."""
        handle, site_id = effective_handle(entry.name, entry.queue_path), self.sites[entry.site].id
        holder = next(
            (
                r
                for r in self.rows.values()
                if handle and (r.site_id, r.handle) == (site_id, handle) and r.id not in self.wanted
            ),
            None,
        )
        if holder is None:
            return entry
        try:
            with transaction.atomic():
                move_printer(holder.id, entry.id)
        except IntegrityError as error:
            # Both are printing this very moment: leave both as they are, the next start finds one of them idle.
            log.warning("configuration: %s cannot take over %s now: %s", entry.where, holder.id, error)
            sentence = (
                f"{entry.where}: the handle “{handle}” still belongs to {holder.id}, which is busy; restart the hub."
            )
            return replace(entry, error=sentence, name="", queue_path="")
        self.done.migrated[holder.id] = entry.id
        record(
            "printer.migrated",
            printer_id=entry.id,
            actor="configuration",
            data={"from": str(holder.id), "handle": handle},
        )
        del self.rows[holder.id]
        self.rows[entry.id] = Printer.objects.get(id=entry.id)
        return entry

    def _apply(self, entry: PrinterEntry) -> None:
        values, row = self._values(entry), self.rows.get(entry.id)
        if entry.error and (row is None or row.config_error != entry.error):
            log.error("configuration: %s", entry.error)
        if row is None:
            created = Printer.objects.create(id=entry.id, source=Printer.Source.CONFIGURATION, **values)
            self.rows[entry.id] = created
            self.done.created.append(entry.id)
            record("printer.created", printer_id=entry.id, actor="configuration")
            return
        values["source"] = Printer.Source.CONFIGURATION
        if not row.enabled and row.disabled_reason == LEFT_CONFIGURATION:
            values |= {"enabled": True, "disabled_reason": ""}
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        if not changed:
            if entry.id not in self.done.migrated.values():
                self.done.untouched.append(entry.id)
            return
        for name in changed:
            setattr(row, name, values[name])
        row.save(update_fields=[*changed, "updated_at"])
        self.done.refreshed.append(entry.id)
        record(
            "printer.changed",
            printer_id=entry.id,
            actor="configuration",
            data={"changed": sorted(name.removesuffix("_id") for name in changed)},
        )

    def _disable_what_left(self) -> None:
        for row in self.rows.values():
            if row.source != Printer.Source.CONFIGURATION or row.id in self.wanted or not row.enabled:
                continue
            Printer.objects.filter(id=row.id).update(enabled=False, disabled_reason=LEFT_CONFIGURATION)
            self.done.disabled.append(row.id)
            record("printer.disabled", printer_id=row.id, actor="configuration", data={"reason": LEFT_CONFIGURATION})


def _value(entry: PrinterEntry, name: str) -> object:
    return entry.error if name == "config_error" else getattr(entry, name)


def _ensure_sites(wanted: dict[str, str]) -> dict[str, Site]:
    sites = {site.key: site for site in Site.objects.filter(key__in=wanted)}
    if missing := wanted.keys() - sites.keys():
        Site.objects.bulk_create([Site(key=key, title=wanted[key]) for key in missing], ignore_conflicts=True)
        sites = {site.key: site for site in Site.objects.filter(key__in=wanted)}
    for key, title in wanted.items():
        if title and sites[key].title != title:
            sites[key].title = title
            sites[key].save(update_fields=["title"])
    return sites


def _checked(entry: PrinterEntry) -> PrinterEntry:
    """Refuse an address that no printer may have; a name that does not resolve yet is the probe's business."""
    if entry.error or not is_literal(entry.host):
        return entry
    try:
        check_address(entry.host, entry.port)
    except HubError as error:
        return replace(entry, error=f"{entry.where}: {error.detail}")
    return entry


def _without_taken_handles(entries: Iterable[PrinterEntry]) -> Iterable[PrinterEntry]:
    """Of two entries with one handle the first keeps it; the second stays watchable, and says why."""
    holders: dict[tuple[str, str], PrinterEntry] = {}
    for entry in entries:
        handle = effective_handle(entry.name, entry.queue_path)
        holder = holders.setdefault((entry.site, handle), entry) if handle else entry
        if holder is entry:
            yield entry
            continue
        sentence = (
            f"{entry.where}: the handle “{handle}” belongs to {holder.where} on site {entry.site}; "
            "give one of them another name."
        )
        yield replace(entry, error=sentence, name="", queue_path="")
