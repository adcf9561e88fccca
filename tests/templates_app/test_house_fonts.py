from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile

from labelhub.accounts.models import User
from printers.callers import Caller
from templates_app import catalog
from templates_app.catalog import definition_of
from templates_app.errors import DoesNotFit, InvalidDefinition
from templates_app.fonts import HOUSE, SHIPPED, find_face
from templates_app.house_fonts import FontInUse, FontRefused, add_font, remove_font
from templates_app.models import Font, TemplateVersion
from templates_app.registration import register
from tests.pages.rows import signed_in
from tests.templates_app.labels import definition, rendered

pytestmark = pytest.mark.django_db

ANN = Caller(label="ann")
BOLD = (SHIPPED / "NotoSans-Bold.ttf").read_bytes()
HELLO = {"kind": "text", "text": "Hello", "size": 4}


@pytest.fixture(autouse=True)
def _own_folder(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    yield
    HOUSE.clear()
    find_face.cache_clear()
    catalog._parsed.clear()


def template(font: str) -> dict[str, Any]:
    return {"key": "house", "title": "House", "media": "tze:12", "elements": [{**HELLO, "name": "t", "font": font}]}


def test_it_works(tmp_path: Path) -> None:
    font = add_font(BOLD, ANN)
    assert (font.name, font.title, font.added_by) == ("noto-sans-bold", "Noto Sans Bold", "ann")
    register([template("noto-sans-bold")], by="ann", origin="test")
    drawn = rendered(definition_of(TemplateVersion.objects.get()))
    assert drawn.raster.png == rendered(definition({**HELLO, "style": "bold"})).raster.png
    assert [path.name for path in (tmp_path / "fonts").iterdir()] == [f"{font.sha256}.ttf"]


def test_another_process_finds_it(tmp_path: Path) -> None:
    add_font(BOLD, ANN, name="house")
    register([template("house")], by="ann", origin="test")
    HOUSE.clear()
    find_face.cache_clear()
    (damaged,) = (tmp_path / "fonts").iterdir()
    damaged.write_bytes(b"x")
    assert rendered(definition_of(TemplateVersion.objects.get())).raster.lines > 0


def test_what_it_lacks_comes_from_the_shipped_font() -> None:
    add_font(BOLD, ANN, name="house")
    register([template("house")], by="ann", origin="test")
    definition_of(TemplateVersion.objects.get())
    assert find_face("house", bold=False).second[0][0].endswith("NotoSans-Regular.ttf")


def test_a_template_with_a_font_that_is_not_here_is_refused() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        register([template("nowhere")], by="ann", origin="test")
    assert [(p.pointer, p.message) for p in caught.value.problems] == [
        ("/descriptors/0/elements/t/font", "There is no font “nowhere” in this hub.")
    ]
    with pytest.raises(DoesNotFit, match="there is no font “nowhere” in this hub"):
        rendered(definition({**HELLO, "font": "nowhere"}))


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "", "no TrueType or OpenType"),
        (b"wOF2" + BOLD, "", "no TrueType or OpenType"),
        (BOLD[:5000], "", "damaged"),
        (b"\x00\x01\x00\x00" + b"\xff" * 400, "", "damaged"),
        (BOLD + b"\0" * 6_000_000, "", "6 MB"),
        (BOLD, "sans", "not “sans”"),
        (BOLD, "名", "small letters"),
    ],
)
def test_what_is_refused(data: bytes, name: str, says: str) -> None:
    with pytest.raises(FontRefused, match=says):
        add_font(data, ANN, name=name)
    assert not Font.objects.exists()


def test_a_font_never_changes_under_its_name() -> None:
    assert add_font(BOLD, ANN, name="house").pk == add_font(BOLD, ANN, name="house").pk
    with pytest.raises(FontInUse, match="Another font is called “house”"):
        add_font((SHIPPED / "NotoSans-Regular.ttf").read_bytes(), ANN, name="house")


def test_a_font_in_use_stays() -> None:
    add_font(BOLD, ANN, name="house")
    register([template("house")], by="ann", origin="test")
    register([template("sans")], by="ann", origin="test", force=True)
    with pytest.raises(FontInUse, match="house, or by an older version"):
        remove_font("house")
    TemplateVersion.objects.filter(number=1).delete()
    remove_font("house")
    assert not Font.objects.exists()


class TestPage:
    def test_a_designer_adds_and_removes(self) -> None:
        client = signed_in()
        client.force_login(User.objects.create(username="boss", is_superuser=True))
        client.post("/fonts/add", {"file": SimpleUploadedFile("x.ttf", BOLD), "name": "house"})
        assert Font.objects.get().added_by == "boss"
        text = client.get("/fonts").content.decode()
        assert "font = &quot;house&quot;" in text or 'font = "house"' in text
        assert client.get("/fonts/house/sample.png").content[:4] == b"\x89PNG"
        client.post("/fonts/house/remove")
        assert not Font.objects.exists()

    def test_a_sentence_for_what_is_no_font(self) -> None:
        client = signed_in()
        client.force_login(User.objects.create(username="boss", is_superuser=True))
        answer = client.post("/fonts/add", {"file": SimpleUploadedFile("x.ttf", b"text")}, follow=True)
        assert "This is no TrueType or OpenType font" in answer.content.decode()

    def test_others_only_look(self) -> None:
        client = signed_in()
        assert client.get("/fonts").status_code == 200
        assert client.post("/fonts/add", {"file": SimpleUploadedFile("x.ttf", BOLD)}).status_code == 403
        assert client.post("/fonts/house/remove").status_code == 403
        assert not Font.objects.exists()
