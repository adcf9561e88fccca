"""The list, the tests and the page agree."""

import re

from tests.faults.listed import FAULTS
from tests.hubs import ROOT


def test_every_fault_has_a_test_and_a_row_on_the_page() -> None:
    marked = set[int]()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for arguments in re.findall(r"mark\.fault\(([\d, ]+)\)", path.read_text(encoding="utf-8")):
            marked |= {int(number) for number in arguments.split(",")}
    assert marked == set(FAULTS)
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == list(FAULTS)
