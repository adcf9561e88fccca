"""What an import knows while it runs: what is there already, and what becomes of each row."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from jobs.layout import medium_for
from labelhub.accounts.models import ApiToken
from labelhub.legacy.source import Source, identity
from printers.errors import HubError
from printers.media import Model, find_model
from printers.models import Event, Printer, Site
from templates_app.catalog import definition_of
from templates_app.models import Template, TemplateVersion

ALREADY = "imported before"


@dataclass
class Count:
    read: int = 0
    written: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass
class Report:
    """Per table: rows read, written, and skipped with the reason of each; `notes` say what was read with care."""

    tables: dict[str, Count] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    dry_run: bool = False

    def of(self, table: str) -> Count:
        return self.tables.setdefault(table, Count())


class Ledger:
    def __init__(self, source: Source, report: Report, origin: str, site: str) -> None:
        self.source, self.report, self.origin = source, report, f"import of {origin}"
        self.site, _ = Site.objects.get_or_create(key=site)
        self.printers = set(Printer.objects.values_list("id", flat=True))
        self.handles = set(Printer.objects.filter(site=self.site).values_list("handle", flat=True))
        self.templates = {t.key: t for t in Template.objects.select_related("current")}
        self.template_keys: dict[Any, str] = {}
        self.tokens = set(ApiToken.objects.values_list("id", flat=True))
        self.token_names: dict[UUID, str] = {}
        self.batch_of: dict[UUID, tuple[UUID, int]] = {}
        self._rows: dict[UUID, Printer] = {}
        self._media: dict[tuple[UUID, int], str] = {}

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        count = self.report.of(table)
        for row in self.source.rows(table):
            count.read += 1
            yield row

    def skip(self, table: str, reason: str) -> None:
        self.report.of(table).skipped[reason] += 1

    def free_name(self, wanted: str) -> str:
        name, number = wanted, 1
        while name and name in self.handles:
            number += 1
            name = f"{wanted} ({number})"
        if name != wanted:
            self.report.notes.append(f"printer “{wanted}”: that name is taken here, so it is “{name}” now")
        return name

    def known_printer(self, value: Any) -> UUID | None:
        """The printer that a row points at; one that the old hub lost gets a disabled stand-in, so that no job is."""
        printer_id = identity(value)
        if printer_id is None or printer_id in self.printers:
            return printer_id
        self.remember_printer(
            Printer(
                id=printer_id,
                site=self.site,
                name=self.free_name(f"lost printer {str(printer_id)[:8]}"),
                model="unknown",
                enabled=False,
                disabled_reason="Jobs of the old hub name it, but it was gone there already.",
            )
        )
        self.report.notes.append(f"printer {printer_id}: gone in the old hub, kept here as disabled for its jobs")
        return printer_id

    def model_of(self, printer_id: UUID) -> Model | None:
        try:
            return find_model(self._row(printer_id).model)
        except HubError:
            return None

    def medium_of(self, printer_id: UUID, version: TemplateVersion) -> str:
        """The medium that a job of this template is for on this printer; empty where it takes none of them."""
        known = (printer_id, version.pk)
        if known not in self._media:
            try:
                self._media[known] = medium_for(definition_of(version), self._row(printer_id)).key
            except HubError:
                self._media[known] = ""
        return self._media[known]

    def _row(self, printer_id: UUID) -> Printer:
        if printer_id not in self._rows:
            self._rows[printer_id] = Printer.objects.select_related("status").get(pk=printer_id)
        return self._rows[printer_id]

    def remember_printer(self, printer: Printer, updated: datetime | None = None) -> None:
        printer.save(force_insert=True)
        if updated is not None:
            Printer.objects.filter(id=printer.id).update(updated_at=updated)
        self.printers.add(printer.id)
        self.handles.add(printer.name)

    def event(
        self,
        kind: str,
        at: datetime | None,
        *,
        printer_id: UUID | None = None,
        actor: str = "import",
        data: dict[str, Any],
    ) -> None:
        Event.objects.create(kind=kind, at=at or timezone.now(), printer_id=printer_id, actor=actor, data=data)
