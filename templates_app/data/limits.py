"""How much a table may hold, and the error that says so."""

from printers.errors import InvalidInput

MAX_BYTES = 20_000_000
# What lies in a workbook's zip, unpacked: all of it, its texts, and the small parts that are read as a whole.
MAX_UNPACKED = 200_000_000
MAX_SHARED_TEXTS = 40_000_000
MAX_SMALL_PART = 4_000_000
MAX_PARTS = 2_000
MAX_ROWS = 10_000
MAX_COLUMNS = 200
MAX_CELL = 4_000
# Rows without a value: a sheet may be formatted down to its last row.
MAX_BLANK = 1_100_000


class TableRefused(InvalidInput):
    """A table that cannot be read, or is too large; the sentence names the row where there is one."""

    code = "table-refused"
