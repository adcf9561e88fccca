"""The built-in templates, dot by dot, on every medium and resolution they are for.

After a wanted change look at what `python -m tests.templates_app.golden` writes, and commit it.
"""

import pytest

from printers.raster import Raster
from tests.templates_app.golden import CASES, FOLDER, Case, render_case


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_looks_as_it_did(case: Case) -> None:
    rendering, found = render_case(case)
    golden = Raster.from_png((FOLDER / f"{case}.png").read_bytes())
    assert rendering.raster.black.size == golden.black.size
    assert rendering.raster.black.tobytes() == golden.black.tobytes()
    if golden.red is not None:
        assert rendering.raster.red is not None
        assert rendering.raster.red.tobytes() == golden.red.tobytes()
    assert [f.message for f in found] == []


def test_no_golden_is_left_over() -> None:
    assert {p.stem for p in FOLDER.glob("*.png")} == {str(case) for case in CASES}
