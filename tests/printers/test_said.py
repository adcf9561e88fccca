import pytest
from django.utils import translation

from printers.said import said


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("It needs 24 mm tape; 12 mm tape is loaded.", "Gebraucht wird: 24-mm-Band; eingelegt ist: 12-mm-Band."),
        ("It needs 3.5 mm tape; 6 mm tape is loaded.", "Gebraucht wird: 3,5-mm-Band; eingelegt ist: 6-mm-Band."),
        ("The printer needs somebody: cover open.", "Der Drucker braucht jemanden: Klappe offen."),
        ("It needs {}; cover open, jam is loaded.", "Gebraucht wird: {}; eingelegt ist: Klappe offen, jam."),
        ("There is no field “nme”; did you mean “name”?", "Es gibt kein Feld „nme“; ist „name“ gemeint?"),
        # Two sentences that were put together, and one that nobody knows.
        ("The label is blank. Leave it out.", "Das Etikett ist leer. Lassen Sie es weg."),
        ("Drums were heard. Leave it out.", "Drums were heard. Lassen Sie es weg."),
        # A part of a sentence, as a sentence of its own.
        ("“x” is no whole number", "„x“ ist keine ganze Zahl"),
        ("A text is needed.", "Hier wird ein Text gebraucht."),
    ],
)  # fmt: skip
def test_it_works(english: str, german: str) -> None:
    with translation.override("de"):
        assert said(english) == german
    with translation.override("en"):
        assert said(english) == english


@pytest.mark.parametrize("text", ["", "Ein Band ist eingelegt.", "cover-open", "12.5", "{}", "Bobby “{0}” Tables."])
def test_what_nobody_knows_stays_as_it_is(text: str) -> None:
    with translation.override("de"):
        assert said(text) == text


def test_what_a_person_wrote_is_not_translated() -> None:
    with translation.override("de"):
        assert said("The field “text” is new.") == "Das Feld „text“ ist neu."
        assert said("There is no printer “12.5”.") == "Es gibt keinen Drucker „12.5“."
        assert said("The field “{1}” is new.") == "Das Feld „{1}“ ist neu."
