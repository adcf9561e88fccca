"""CSV and its relatives: the separator is found by trying which one makes an even table."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from templates_app.data.limits import TableRefused
from templates_app.data.lines import Line, Source, within_limits

SEPARATORS = {
    ",": gettext_lazy("commas"),
    ";": gettext_lazy("semicolons"),
    "\t": gettext_lazy("tabs"),
    "|": gettext_lazy("bars"),
}
_SAMPLE = 1 << 16
_SAMPLE_ROWS = 50


def read_separated(text: io.TextIOBase, encoding: str) -> Source:
    sample = text.read(_SAMPLE)
    whole = len(sample) < _SAMPLE
    text.seek(0)
    # Excel's own way to say it, in a line of its own.
    first = sample.partition("\n")[0].strip().strip('"').lower()
    said = first[4:5] if first.startswith("sep=") and first[4:5] in SEPARATORS else ""
    separator = said or _guess(sample, whole=whole)
    columns = max((len(row) for row in _records(sample, separator)), default=1)
    told = _("separated by %(what)s") % {"what": SEPARATORS[separator]} if columns > 1 else _("one column")
    notes = [", ".join(filter(None, (encoding, told)))]
    return Source("csv", notes, within_limits(_lines(text, separator, skip=1 if said else 0)))


def _lines(text: io.TextIOBase, separator: str, *, skip: int) -> Iterator[Line]:
    reader = csv.reader(text, delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _not_csv(number, str(error)) from error
        if number > skip:
            yield Line(number, cells)


def _not_csv(row: int, said: str) -> TableRefused:
    if "unexpected end" in said or "limit" in said:
        return TableRefused(_("Row %(row)d: a quotation mark is opened and never closed.") % {"row": row})
    if "expected after" in said:
        return TableRefused(_("Row %(row)d: a quotation mark inside quotes must be written twice.") % {"row": row})
    return TableRefused(_("Row %(row)d cannot be read: %(said)s.") % {"row": row, "said": said})


def _records(sample: str, separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
            if row:
                rows.append(row)
            if len(rows) >= _SAMPLE_ROWS:
                break
    except csv.Error:
        return []
    return rows


def _guess(sample: str, *, whole: bool) -> str:
    """The separator under which most rows have the same number of columns, and more than one."""
    best, found = (0.0, 0), ","
    for separator in ("\t", ";", ",", "|"):
        rows = _records(sample, separator)
        rows = rows if whole or len(rows) >= _SAMPLE_ROWS else rows[:-1]
        widths = Counter(len(row) for row in rows)
        width, times = widths.most_common(1)[0] if widths else (1, 0)
        if width > 1:
            # Three columns in all rows say more than two in most.
            score = (round(times / len(rows), 1), width)
            if score > best:
                best, found = score, separator
    return found
