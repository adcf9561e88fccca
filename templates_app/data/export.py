"""Tables out: CSV that a spreadsheet shows and does not run."""

import csv
import io
from collections.abc import Iterable, Iterator

# Some programs take the wide forms for the narrow ones.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defused(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula, with an apostrophe before it (CWE-1236)."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Comma-separated lines with CRLF (RFC 4180), one by one, each cell defused."""
    for row in rows:
        out = io.StringIO()
        csv.writer(out).writerow([defused("" if cell is None else str(cell)) for cell in row])
        yield out.getvalue()
