import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from printers.models import Event
from templates_app.models import Counter, Favourite, Preset, Template, TemplateVersion
from templates_app.registration import register
from tests.pages.rows import make_printer, make_template, signed_in
from tests.pages.test_roles import person

pytestmark = pytest.mark.django_db


def shelf(**changes: Any) -> dict[str, Any]:
    return {
        "key": "shelf", "title": "Shelf", "media": ["tze:12", "tze:24"],
        "fields": [{"name": "what", "required": True, "example": "Screws"}],
        "elements": [{"kind": "text", "name": "line", "text": "{what}"}],
    } | changes  # fmt: skip


def registered(*documents: dict[str, Any]) -> Template:
    for document in documents or (shelf(),):
        register([document], by="bob", origin="test", force=True)
    return Template.objects.get(key="shelf")


def shown(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def keys(text: str) -> list[str]:
    return re.findall(r'class="template-card panel" href="/templates/([^"]+)"', text)


class TestGallery:
    def test_search(self) -> None:
        make_template()
        assert keys(shown(person("viewer"), "/templates?q=cable+flag")) == ["cable-flag-12"]

    def test_only_what_fits_the_loaded_tape(self) -> None:
        make_template()
        printer = make_printer(media="tze:18")
        client = person("viewer")
        assert keys(shown(client, f"/templates?for=in:{printer.id}")) == ["cable-flag-12", "name-18"]
        assert "workbench: 18 mm tape" in shown(client, "/templates")

    def test_only_what_a_printer_can_take(self) -> None:
        make_template()
        printer = make_printer(media="tze:18")
        found = keys(shown(person("viewer"), f"/templates?for=on:{printer.id}"))
        assert "box-24" in found
        assert "shelf-62" not in found

    def test_only_one_medium(self) -> None:
        make_template()
        assert keys(shown(person("viewer"), "/templates?for=dk:62")) == ["shelf-62"]

    @pytest.mark.parametrize("wanted", ["nonsense", "in:1", "on:", "in:" + "0" * 36])
    def test_an_unknown_filter_shows_all(self, wanted: str) -> None:
        make_template()
        assert len(keys(shown(person("viewer"), f"/templates?for={wanted}"))) == Template.objects.count()

    def test_the_number_of_queries_does_not_grow(self) -> None:
        make_template()
        client = person("viewer")
        counts = []
        for name in ("one", "two", "three"):
            make_printer(name)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                shown(client, "/templates?for=tze:12")
            counts.append(len(queries))
        assert counts[0] == counts[1] == counts[2] <= 8


class TestFavourites:
    def test_they_come_first_to_whom_they_belong(self) -> None:
        make_template()
        client = person("viewer")
        answer = client.post("/templates/shelf-62/favourite", {"wanted": "1"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/templates/shelf-62")
        text = shown(client, "/templates")
        assert (keys(text)[0], text.count('class="star"')) == ("shelf-62", 1)
        other = shown(signed_in(), "/templates")
        assert (keys(other)[0] == "shelf-62", 'class="star"' in other) == (False, False)

    def test_they_come_first_where_one_prints(self) -> None:
        make_template()
        make_printer(media="tze:12")
        client = person("printer")
        client.post("/templates/shelf-62/favourite", {"wanted": "1"})
        found = re.findall(r'href="/print/([^"?]+)', shown(client, "/print"))
        assert found[0] == "shelf-62"

    def test_one_is_given_up(self) -> None:
        registered()
        client = person("viewer")
        for _twice in range(2):
            client.post("/templates/shelf/favourite", {"wanted": "1"})
        assert Favourite.objects.count() == 1
        assert "Not a favourite any more" in shown(client, "/templates/shelf")
        client.post("/templates/shelf/favourite")
        assert Favourite.objects.count() == 0

    def test_a_registration_leaves_them(self) -> None:
        registered()
        person("viewer").post("/templates/shelf/favourite", {"wanted": "1"})
        kept = Favourite.objects.get()
        fields = [{"name": "what", "required": True}, {"name": "where"}]
        register([shelf(fields=fields)], by="bob", origin="test")
        register([shelf(fields=fields[:1], media="tze:24")], by="bob", origin="test", force=True)
        assert TemplateVersion.objects.count() == 3
        assert Favourite.objects.get() == kept

    def test_looking_makes_none(self) -> None:
        registered()
        assert person("viewer").get("/templates/shelf/favourite").status_code == 405
        assert Favourite.objects.count() == 0


class TestPage:
    def test_it_works(self) -> None:
        registered()
        text = shown(person("manager"), "/templates/shelf")
        assert "{what}" in text
        assert "bob" in text
        assert "<option" not in text
        assert 'href="/templates/shelf/edit"' in text
        assert 'href="/templates/_new?from=shelf"' in text

    def test_each_medium_has_its_preview(self) -> None:
        registered()
        client = person("viewer")
        narrow, wide = (shown(client, f"/templates/shelf?media={medium}") for medium in ("tze:12", "tze:24"))
        assert narrow != wide
        assert 'href="?media=tze:24" aria-current="true"' in wide

    def test_who_may_not_design_sees_no_button(self) -> None:
        registered(shelf(), shelf(title="Other"))
        text = shown(person("printer"), "/templates/shelf")
        assert "/edit" not in text
        assert "/restore" not in text
        assert "_new" not in text

    def test_looking_changes_nothing(self) -> None:
        registered(shelf(), shelf(title="Other"))
        client = person("manager")
        paths = ["", "/edit", "/edit?mode=text", "/edit/review", "/compare", "/versions/1/restore", "/picture.png"]
        client.get("/templates")
        with CaptureQueriesContext(connection) as queries:
            for path in paths:
                client.get(f"/templates/shelf{path}")
        written = [
            q["sql"] for q in queries if re.match("(INSERT|UPDATE|DELETE)", q["sql"]) and "session" not in q["sql"]
        ]
        assert written == []


class TestVersions:
    def test_compare(self) -> None:
        registered(shelf(), shelf(elements=[{"kind": "text", "name": "line", "text": "{what|upper}"}]))
        text = shown(person("viewer"), "/templates/shelf/compare?from=1&to=2")
        assert "The text “line” changes: text." in text
        assert "<ins>+ text = &quot;{what|upper}&quot;" in text
        assert "<del>- text = &quot;{what}&quot;" in text
        assert "/templates/shelf/versions/1/picture.png" in text

    @pytest.mark.parametrize("query", ["", "?from=9&to=9", "?from=²", "?to=2", "?from=2&to=1"])
    def test_compare_takes_whatever_comes(self, query: str) -> None:
        registered(shelf(), shelf(title="Other"))
        assert "Its title reads differently." in shown(person("viewer"), f"/templates/shelf/compare{query}")

    def test_one_version_has_nothing_to_compare(self) -> None:
        registered()
        assert "There is one version only." in shown(person("viewer"), "/templates/shelf/compare")

    def test_restore(self) -> None:
        template = registered(shelf(), shelf(title="Other"))
        client = person("designer")
        assert "Its title reads differently." in shown(client, "/templates/shelf/versions/1/restore")
        assert client.post("/templates/shelf/versions/1/restore").status_code == 302
        template.refresh_from_db()
        assert (template.title, template.current.number) == ("Shelf", 3)  # type: ignore[union-attr]
        assert template.current.origin == "web, version 1 restored"  # type: ignore[union-attr]

    def test_restoring_what_could_break_something_asks(self) -> None:
        template = registered(shelf(), shelf(media="tze:24"))
        client = person("designer")
        answer = client.post("/templates/shelf/versions/1/restore")
        assert answer.status_code == 409
        assert "ChangedMedia" in answer.content.decode()
        assert template.versions.count() == 2
        assert client.post("/templates/shelf/versions/1/restore", {"force": "1"}).status_code == 302
        assert template.versions.count() == 3

    @pytest.mark.parametrize("role", ["viewer", "printer"])
    def test_others_restore_nothing(self, role: str) -> None:
        registered(shelf(), shelf(title="Other"))
        assert person(role).post("/templates/shelf/versions/1/restore", {"force": "1"}).status_code == 403
        assert TemplateVersion.objects.count() == 2


class TestCounters:
    COUNTED = shelf(counters={"shelf": {"prefix": "S-", "width": 3}},
                    elements=[{"kind": "text", "name": "line", "text": "{serial:shelf}"}])  # fmt: skip

    def test_they_are_shown(self) -> None:
        registered(self.COUNTED)
        client = person("viewer")
        assert "S-001" in shown(client, "/templates/shelf")
        Counter.objects.create(name="shelf", value=41)
        text = shown(client, "/templates/shelf")
        assert "S-042" in text
        assert "/reset" not in text

    def test_they_are_set_anew_with_a_reason(self) -> None:
        registered(self.COUNTED)
        Counter.objects.create(name="shelf", value=41)
        client = person("manager")
        client.post("/templates/shelf/counters/shelf/reset", {"next": "7", "reason": "new year"})
        assert Counter.objects.get().value == 6
        event = Event.objects.get(kind="counter.reset")
        assert event.actor == "eva"
        assert event.data == {"counter": "shelf", "template": "shelf", "from": 41, "to": 6, "reason": "new year"}
        text = shown(client, "/templates/shelf")
        assert "S-007" in text
        assert "Set anew by eva: new year" in text

    @pytest.mark.parametrize(("number", "reason"), [("7", " "), ("", "x"), ("-1", "x"), ("²", "x"), ("9" * 16, "x")])
    def test_not_without(self, number: str, reason: str) -> None:
        registered(self.COUNTED)
        Counter.objects.create(name="shelf", value=41)
        person("manager").post("/templates/shelf/counters/shelf/reset", {"next": number, "reason": reason})
        assert (Counter.objects.get().value, Event.objects.count()) == (41, 0)

    @pytest.mark.parametrize("role", ["designer", "printer", "viewer"])
    def test_only_who_manages(self, role: str) -> None:
        registered(self.COUNTED)
        answer = person(role).post("/templates/shelf/counters/shelf/reset", {"next": "7", "reason": "x"})
        assert (answer.status_code, Counter.objects.count()) == (403, 0)

    def test_a_counter_of_another_template_is_not_there(self) -> None:
        registered(self.COUNTED)
        assert person("manager").post("/templates/shelf/counters/other/reset").status_code == 404


def test_presets_are_listed_with_what_can_be_done() -> None:
    template = registered()
    preset = Preset.objects.create(template=template, name="Usual", values={"what": "Nails"})
    assert f"/print/shelf?preset={preset.id}" in shown(person("printer"), "/templates/shelf")
