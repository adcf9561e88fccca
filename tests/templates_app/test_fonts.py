import os
from pathlib import Path

import pytest

from templates_app.fonts import FAMILIES, find_face
from templates_app.fonts.coverage import read_coverage

LATIN = "AZaz09ÄÖÜäöüßéèñçøåłžşğœ€£—–…“”„·×°µ"
GREEK = "ΑΩαωάΰ"
CYRILLIC = "АЯаяёЁіїєґЂџ"


@pytest.mark.parametrize("bold", [False, True])
def test_the_shipped_family_has_latin_greek_and_cyrillic(bold: bool) -> None:
    coverage = read_coverage(str(FAMILIES["sans"][bold]))
    assert [c for c in LATIN + GREEK + CYRILLIC if not coverage.has(c)] == []
    assert not coverage.has("日")


def test_its_licence_stands_beside_it() -> None:
    for path in FAMILIES["sans"].values():
        assert "SIL OPEN FONT LICENSE" in (path.parent / "OFL.txt").read_text(encoding="utf-8")


def test_metrics_are_those_of_the_font() -> None:
    metrics = find_face("sans", bold=False).metrics
    # OS/2 sCapHeight 714 and sxHeight 536 of 1000.
    assert metrics.cap == pytest.approx(0.714, abs=0.002)
    assert metrics.x == pytest.approx(0.536, abs=0.01)


def test_text_is_split_where_another_font_is_needed() -> None:
    face = find_face("sans", bold=False)
    assert list(face.runs("plain")) == [(face.path, "plain")]
    if "日" in face.missing("日"):
        if os.environ.get("LABELHUB_TEST_SERVICES") == "1":
            pytest.fail("no CJK font here")
        pytest.skip("no CJK font here")
    runs = list(face.runs("ab 日本 c"))
    assert [text for _, text in runs] == ["ab ", "日本", " c"]
    assert runs[0][0] == runs[2][0] == face.path
    assert runs[1][0] != face.path


def test_no_font_file_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.ttf"
    for content in (b"", b"not a font at all", b"\x00\x01\x00\x00\x00\x10" + bytes(40)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="font"):
            read_coverage(str(path))
