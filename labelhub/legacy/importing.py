"""The import as a whole: one transaction, and the same again changes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction

from labelhub.legacy.designs import import_presets, import_templates
from labelhub.legacy.devices import import_audit, import_paused, import_printers, import_statuses, import_tokens
from labelhub.legacy.ledger import Ledger, Report
from labelhub.legacy.source import ImportRefused, open_source
from labelhub.legacy.work import import_batches, import_jobs
from printers.instants import Fold

# What jobs point at comes before them.
STEPS = (
    import_printers,
    import_paused,
    import_statuses,
    import_templates,
    import_presets,
    import_tokens,
    import_batches,
    import_jobs,
    import_audit,
)


class _Undo(Exception):
    pass


def import_hub(
    path: Path, *, time_zone: str = "UTC", fold: Fold | None = None, site: str = "main", dry_run: bool = False
) -> Report:
    """Take over printers, status, jobs, batches, presets, templates, audit and API keys with their ids and instants.

    Raises ImportRefused with nothing written: the file is no such database, or local times are in doubt and `fold` is
    None. A dry run does all of it and takes it back.
    """
    source = open_source(path, ZoneInfo(time_zone), fold)
    with closing(source.database):
        report = Report(dry_run=dry_run)
        try:
            with transaction.atomic():
                ledger = Ledger(source, report, path.name, site)
                for take_over in STEPS:
                    take_over(ledger)
                if source.doubtful:
                    listed = "\n".join(f"  {line}" for line in source.doubtful[:50])
                    more = f"\n  … and {len(source.doubtful) - 50} more" if len(source.doubtful) > 50 else ""
                    raise ImportRefused(
                        f"{len(source.doubtful)} local times happened twice or never in {time_zone}, so nothing was "
                        f"imported. Say with --fold earlier or --fold later how to take them.\n{listed}{more}"
                    )
                if dry_run:
                    raise _Undo
        except _Undo:
            pass
        except sqlite3.DatabaseError as error:
            raise ImportRefused(f"{path} cannot be read to its end, so nothing was imported: {error}.") from error
        report.notes.extend(source.notes)
        return report
