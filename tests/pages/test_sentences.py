"""The sentences that the rooms write in English, on German pages."""

import subprocess
from pathlib import Path

import pytest
from django.utils import translation

from printers.said import PLACE, Pattern, said
from tests.pages.sentences import CATALOG, entries, sentences_of, wanted
from tests.pages.test_preferences import catalog_of

KNOWN = entries(CATALOG)


def test_every_sentence_is_in_the_catalog_and_none_that_is_gone() -> None:
    found = wanted()
    assert len(found) > 300
    assert sorted(found - {key for key, text in KNOWN.items() if text}) == []
    assert sorted(set(KNOWN) - found) == []


@pytest.mark.services
def test_it_is_compiled(tmp_path: Path) -> None:
    subprocess.run(["msgfmt", "-o", tmp_path / "sentences.mo", CATALOG], check=True)
    assert catalog_of(tmp_path / "sentences.mo") == catalog_of(CATALOG.with_suffix(".mo"))


def test_each_is_said_with_all_that_stands_in_it() -> None:
    """And is not taken for another one that fits as well."""
    for english in KNOWN:
        values = [f"wert{n}" for n in range(english.count(PLACE))]
        expected = Pattern(english, KNOWN[english]).filled(values)
        with translation.override("de"):
            assert said(Pattern(english, english).filled(values)) == expected
        assert [value for value in values if value not in expected] == []


def test_what_is_found_in_source() -> None:
    source = '''
"""A docstring is none."""
log.info("Nor is what is logged.")
text = _("This has a catalog of its own.")
raise Refused(f"The {kind} “{name}” is new. Look at it.")
raise ValueError("no full stop yet")
TOLD = {"busy": "{where} is busy. Wait."}
KEY = "a key"
'''
    assert sorted(sentences_of(source)) == ["Look at it.", "The {} “{}” is new.", "no full stop yet", "{} is busy."]
