import io
import tracemalloc
from collections.abc import Callable

import pytest

from templates_app.data import MAX_ROWS, read_table
from tests.templates_app.data.tables import workbook

ROW = ["Bench drill", "0007", "Workshop, bay 3", "https://inv.invalid/a/1042"]


def csv(count: int) -> bytes:
    return (";".join(ROW) + "\n").encode() * count


def xlsx(count: int) -> bytes:
    return workbook(*[ROW] * count)


@pytest.mark.parametrize(("make", "most"), [(csv, 1_000_000), (xlsx, 6_000_000)])
def test_ten_thousand_rows_are_never_in_memory_together(make: Callable[[int], bytes], most: int) -> None:
    raw = make(MAX_ROWS)
    for _line in read_table(io.BytesIO(raw[:]), len(raw)).lines:
        break
    tracemalloc.start()
    count = sum(1 for _line in read_table(io.BytesIO(raw), len(raw)).lines)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == MAX_ROWS
    assert peak < len(raw) + most
