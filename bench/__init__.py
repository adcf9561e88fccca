"""Benchmarks, peers side by side in the same run. Each module has `rows()`, and may have `notes(rows)`, a paragraph
below its table; `python -m bench` puts them together."""

from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table. `peer` and `ours` are in `unit`; `peer` is None where there is no peer."""

    work: str
    peer_name: str
    peer: float | None
    ours: float
    unit: str
    target: str

    @property
    def ratio(self) -> float | None:
        return self.peer / self.ours if self.peer else None
