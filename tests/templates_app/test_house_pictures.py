import io
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from jobs.models import Job
from jobs.submission import Request, submit
from labelhub.accounts.models import User
from printers.callers import Caller
from templates_app import catalog
from templates_app.catalog import definition_of
from templates_app.elements.image import LARGEST_BYTES, PICTURES
from templates_app.errors import DoesNotFit, InvalidDefinition, InvalidFields
from templates_app.house_pictures import PictureInUse, PictureRefused, add_picture, remove_picture
from templates_app.models import HousePicture, Template, TemplateVersion
from templates_app.registration import register
from templates_app.rendering import resolve
from tests.pages.rows import make_printer, signed_in
from tests.templates_app.labels import definition, rendered

pytestmark = pytest.mark.django_db

ANN = Caller(label="ann")


@pytest.fixture(autouse=True)
def _forgetful() -> Iterator[None]:
    yield
    PICTURES.clear()
    catalog._parsed.clear()


def png(size: tuple[int, int] = (40, 20), kind: str = "PNG", *, shade: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("L", size, shade).save(out, kind)
    return out.getvalue()


def template(**image: Any) -> dict[str, Any]:
    logo = {"kind": "image", "name": "logo", "width": 10.0, **image}
    fields = [{"name": "sign", "type": "image"}]
    return {"key": "house", "title": "House", "media": "tze:12", "fields": fields, "elements": [logo]}


class TestLibrary:
    def test_it_works(self) -> None:
        picture = add_picture(png(), ANN, file_name="C:\\Our Logo.png".replace("\\", "/"))
        assert (picture.name, picture.kind, picture.width, picture.height) == ("our-logo", "png", 40, 20)
        register([template(picture="our-logo")], by="ann", origin="test")
        PICTURES.clear()
        drawn = rendered(definition_of(TemplateVersion.objects.get()))
        assert drawn.elements[0].box[2] > 0
        assert drawn.raster.black.getextrema()[0] == 0

    def test_the_same_bytes_are_stored_once(self) -> None:
        first, second = (add_picture(png(), ANN, name=name) for name in ("one", "two"))
        assert (first.pk, second.name, HousePicture.objects.count()) == (second.pk, "one", 1)

    @pytest.mark.parametrize(
        ("data", "says"),
        [
            (b"", "no PNG or JPEG"),
            (b"GIF89a" + b"\0" * 40, "no PNG or JPEG"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG or JPEG"),
            (png()[:46], "damaged"),
            (png((6001, 1)), "6000 dots wide"),
            (png((5000, 5000)), "16 million dots"),
            (png() + b"\0" * LARGEST_BYTES, "1.5 MB"),
        ],
    )
    def test_what_is_none_or_too_much_is_refused(self, data: bytes, says: str) -> None:
        with pytest.raises(PictureRefused, match=says):
            add_picture(data, ANN, name="logo")
        assert not HousePicture.objects.exists()

    @pytest.mark.parametrize("side", [7_000, 12_000, 60_000])
    def test_a_bomb_is_refused_by_its_header(self, side: int) -> None:
        """So many dots in some bytes; nothing of them is unpacked."""
        data = bytearray(png())
        data[16:24] = side.to_bytes(4, "big") * 2
        data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
        with pytest.raises(PictureRefused, match="million dots"):
            add_picture(bytes(data), ANN, name="bomb")

    @pytest.mark.parametrize("name", ["", "..", "名", "///"])
    def test_a_name_is_plain(self, name: str) -> None:
        with pytest.raises(PictureRefused, match="small letters"):
            add_picture(png(), ANN, name=name)

    def test_a_name_belongs_to_one_picture_for_ever(self) -> None:
        add_picture(png(), ANN, name="logo")
        with pytest.raises(PictureInUse, match="never changes"):
            add_picture(png(shade=9), ANN, name="logo")
        remove_picture("logo")
        assert bytes(HousePicture.objects.get().data) == b""
        with pytest.raises(PictureInUse, match="is or was called"):
            add_picture(png(shade=9), ANN, name="logo")
        assert add_picture(png(), ANN, name="other").name == "logo"
        assert HousePicture.objects.get().removed_at is None


class TestUse:
    def test_one_that_is_not_here_cannot_be_registered(self) -> None:
        with pytest.raises(InvalidDefinition, match="no picture “logo” in this hub"):
            register([template(picture="logo")], by="ann", origin="test")
        assert not Template.objects.exists()

    def test_one_that_is_not_here_cannot_be_drawn(self) -> None:
        with pytest.raises(DoesNotFit, match="Image “logo”: there is no picture “other”"):
            rendered(definition({"kind": "image", "name": "logo", "picture": "other"}))

    def test_two_sources_are_one_too_many(self) -> None:
        with pytest.raises(InvalidDefinition, match="either a field, a picture or data"):
            register([template(picture="logo", field="sign")], by="ann", origin="test")

    def test_a_label_names_one_as_a_value(self) -> None:
        add_picture(png(), ANN, name="logo")
        made = register([template(field="sign")], by="ann", origin="test")
        assert made.versions == {"house": 1}
        printer = make_printer()
        submit(Request(str(printer.id), "house", [{"sign": "picture:logo"}]), ANN)
        assert Job.objects.get().fields == {"sign": "picture:logo"}
        assert HousePicture.objects.get().used_at is not None
        with pytest.raises(PictureInUse, match="may be printed again"):
            remove_picture("logo")
        HousePicture.objects.update(used_at=timezone.now() - timedelta(days=400))
        remove_picture("logo")

    def test_a_value_that_is_not_here_names_its_field(self) -> None:
        made = definition({"kind": "image", "field": "sign"}, fields=[{"name": "sign", "type": "image"}])
        with pytest.raises(InvalidFields, match="no picture “other”") as caught:
            resolve(made, {"sign": "picture:other"})
        assert [problem.pointer for problem in caught.value.problems] == ["/fields/sign"]

    def test_it_stays_while_an_old_version_has_it(self) -> None:
        add_picture(png(), ANN, name="logo")
        add_picture(png(shade=9), ANN, name="unused")
        register([template(picture="logo")], by="ann", origin="test")
        register([template(field="sign")], by="ann", origin="test", force=True)
        with pytest.raises(PictureInUse, match="used by house"):
            remove_picture("logo")
        remove_picture("unused")
        assert list(HousePicture.objects.filter(removed_at=None).values_list("name", flat=True)) == ["logo"]


class TestPages:
    def boss(self) -> Any:
        client = signed_in()
        client.force_login(User.objects.create(username="boss", is_superuser=True))
        return client

    def test_it_works(self) -> None:
        client = self.boss()
        client.post("/pictures/add", {"file": SimpleUploadedFile("Logo.png", png())})
        text = client.get("/pictures").content.decode()
        assert "logo" in text
        assert "No template uses it." in text
        small = client.get("/pictures/logo/small.png")
        assert (small.status_code, small.headers["Content-Type"], small.content[:4]) == (200, "image/png", b"\x89PNG")
        client.post("/pictures/logo/remove")
        assert client.get("/pictures/logo/small.png").status_code == 404
        assert "No picture has been added yet." in client.get("/pictures").content.decode()

    def test_what_is_refused_is_said(self) -> None:
        client = self.boss()
        client.post("/pictures/add", {"file": SimpleUploadedFile("a.png", b"<script>alert(1)</script>")})
        assert "this is no PNG or JPEG" in client.get("/pictures").content.decode()
        assert not HousePicture.objects.exists()

    def test_who_only_prints_may_not(self) -> None:
        client = signed_in()
        assert client.post("/pictures/add", {"file": SimpleUploadedFile("a.png", png())}).status_code == 403
        assert not HousePicture.objects.exists()

    def test_the_print_form_offers_them(self) -> None:
        add_picture(png(), ANN, name="logo")
        register([template(field="sign")], by="ann", origin="test")
        printer, client = make_printer(), self.boss()
        assert 'value="picture:logo"' in client.get("/print/house").content.decode()
        client.post("/print/house", {"printer": str(printer.id), "copies": "1", "f.sign": "picture:logo"})
        assert Job.objects.get().fields == {"sign": "picture:logo"}
