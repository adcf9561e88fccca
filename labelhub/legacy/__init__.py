"""Import of a Label-Printer-Hub database (SQLite), both generations: before its datetime fix, and 0.11."""

from labelhub.legacy.importing import import_hub
from labelhub.legacy.ledger import Report
from labelhub.legacy.source import ImportRefused

__all__ = ["ImportRefused", "Report", "import_hub"]
