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
        """How many times better than the peer: less of a cost, more of a rate."""
        if not self.peer:
            return None
        return self.ours / self.peer if self.unit == "/s" else self.peer / self.ours
