"""What every reader gives: the lines of a table, and a word on how they were read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from templates_app.data.limits import MAX_BLANK, MAX_CELL, MAX_COLUMNS, MAX_ROWS, TableRefused


@dataclass(frozen=True, slots=True)
class Line:
    """`number` as the spreadsheet counts it, from 1. `problems`: columns whose cell has no value, and why."""

    number: int
    cells: list[str]
    problems: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class Source:
    """`lines` can be read once. `names` are the columns where the format itself names them, complete after the last
    line; None where the first line may do so. `notes` say how the table was read."""

    kind: str
    notes: list[str]
    lines: Iterator[Line]
    names: list[str] | None = field(default=None)
    # Of a workbook: the one that is read, and all that could be.
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)


def within_limits(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines that have a value, their cells trimmed; raises TableRefused naming the row that is too much."""
    seen = blank = 0
    for line in lines:
        cells = [cell.strip() for cell in line.cells]
        while cells and not cells[-1]:
            cells.pop()
        if not cells and not line.problems:
            blank += 1
            if blank > MAX_BLANK:
                raise TableRefused(_("Row %(row)d: there are too many empty rows.") % {"row": line.number})
            continue
        seen += 1
        # The names of the columns are a row as well.
        if seen > MAX_ROWS + 1:
            raise TableRefused(
                _("Row %(row)d: a table may have %(most)d rows. Split it into several.")
                % {"row": line.number, "most": MAX_ROWS}
            )
        if len(cells) > MAX_COLUMNS:
            raise TableRefused(
                _("Row %(row)d has %(count)d columns, %(most)d are allowed.")
                % {"row": line.number, "count": len(cells), "most": MAX_COLUMNS}
            )
        for at, cell in enumerate(cells):
            _check_cell(line.number, at, cell)
        yield Line(line.number, cells, line.problems)
    if not seen:
        raise TableRefused(_("The table has no rows."))


def _check_cell(row: int, column: int, cell: str) -> None:
    if len(cell) > MAX_CELL:
        raise TableRefused(
            _("Row %(row)d, column %(column)s: this has %(count)d characters, %(most)d are allowed.")
            % {"row": row, "column": letters(column), "count": len(cell), "most": MAX_CELL}
        )
    # Neither database nor label can hold these.
    if not cell.isprintable() and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in cell):
        raise TableRefused(
            _("Row %(row)d, column %(column)s: this holds bytes that are no text.")
            % {"row": row, "column": letters(column)}
        )


def letters(column: int) -> str:
    """A, B, … Z, AA: the column's name in a spreadsheet."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
