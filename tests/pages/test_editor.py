import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from templates_app.models import DraftStep, Preset, Template, TemplateDraft, TemplateVersion
from templates_app.registration import register
from tests.pages.rows import make_template
from tests.pages.test_roles import person
from tests.pages.test_templates import registered, shelf

pytestmark = pytest.mark.django_db

URL = "/templates/shelf/edit"


@pytest.fixture
def client() -> Client:
    registered()
    return person("designer")


def inputs(text: str) -> dict[str, str]:
    """What a browser would send of the form, as far as these tests need it."""
    found = dict(re.findall(r'<input[^>]* name="(/[^":]*)"[^>]* value="([^"]*)"', text))
    found |= dict(re.findall(r'<textarea[^>]* name="(/[^"]*)"[^>]*>([^<]*)</textarea>', text))
    found |= dict(re.findall(r'<input type="hidden" name="(at|kind|mode)" value="([^"]*)"', text))
    for name, body in re.findall(r'<select[^>]* name="(/[^"]*)"[^>]*>(.*?)</select>', text, re.DOTALL):
        found[name] = re.findall(r'<option value="([^"]*)" selected', body)[0]
    return found


def send(client: Client, at: str = "", do: str = "keep", **changes: str) -> str:
    form = inputs(client.get(f"{URL}?at={at}").content.decode())
    # A checkbox that is not ticked is not sent, and none of these tests ticks one.
    form = {name: value for name, value in form.items() if f'name="{name}" value="true"' not in name}
    named = {f"{at}/{name}": value for name, value in changes.items()}
    answer = client.post(URL, form | named | {"do": do})
    assert answer.status_code == 302, answer.content
    return str(answer.headers["Location"])


def document() -> dict[str, Any]:
    draft = TemplateDraft.objects.get()
    found: dict[str, Any] = draft.steps.get(number=draft.at).document
    return found


def element() -> dict[str, Any]:
    found: dict[str, Any] = document()["elements"][0]
    return found


def test_it_works(client: Client) -> None:
    text = client.get(URL).content.decode()
    assert "data:image/png;base64," in text
    assert 'data-element="/elements/0"' in text
    assert "every code reads back" in text


def test_what_is_typed_is_kept_and_shown(client: Client) -> None:
    before = client.get(f"{URL}?at=/elements/0").content.decode()
    form = inputs(before) | {"/elements/0/text": "{what|upper}!"}
    text = client.post(f"{URL}/live", form).content.decode()
    assert element() == {"kind": "text", "name": "line", "text": "{what|upper}!"}
    assert "<html" not in text
    picture = re.compile('data:image/png;base64,[^"]+')
    assert picture.findall(text) != picture.findall(before)
    assert 'value="{what|upper}!"' in client.get(f"{URL}?at=/elements/0").content.decode() or "{what|upper}!" in text
    assert TemplateVersion.objects.count() == 1


def test_an_untouched_form_changes_nothing(client: Client) -> None:
    make_template()
    for template in Template.objects.all():
        for at in ("", "/fields/0", "/elements/0", "/elements/0/elements/0", "/elements/0/elements/1"):
            url = f"/templates/{template.key}/edit"
            page = client.get(f"{url}?at={at}").content.decode()
            form = inputs(page)
            ticked = dict(re.findall(r'type="checkbox" id="in[^"]*" name="(/[^":]*)" value="(true)" checked', page))
            form = {n: v for n, v in form.items() if not re.search(rf'type="checkbox"[^>]*name="{re.escape(n)}"', page)}
            media = {
                "/media:mode": "keys",
                "/media:key": re.findall(r'name="/media:key" value="([^"]+)" checked', page),
                "checks": re.findall(r'name="checks" value="([^"]+)"', page),
            }
            if 'name="/media:mode"' not in page:
                del media["/media:mode"]
            client.post(url, {**form, **ticked, **media, "do": "keep"})
    assert TemplateDraft.objects.count() == 0


def test_errors_stand_at_their_input(client: Client) -> None:
    form = inputs(client.get(f"{URL}?at=/elements/0").content.decode()) | {"/elements/0/text": "{nobody}"}
    text = client.post(f"{URL}/live", form).content.decode()
    assert re.search(r'id="error-in-elements-0-text" hx-swap-oob="true">There is no field “nobody”', text)
    assert 'value="go:/elements/0"' in text
    text = client.get(f"{URL}/review").content.decode()
    assert "Not yet" in text
    assert 'href="/templates/shelf/edit?at=/elements/0"' in text
    assert client.post(f"{URL}/review", {"force": "1"}).status_code == 422
    assert TemplateVersion.objects.count() == 1


def test_lint_stands_at_the_element(client: Client) -> None:
    send(client, "/elements/0", size="0.6", min_size="0.5")
    text = client.get(f"{URL}?at=/elements/0").content.decode()
    assert 'value="go:/elements/0">line</button>' in text
    assert "is small" in text


def test_add_move_copy_delete(client: Client) -> None:
    assert send(client, "/elements/0", "add:barcode").endswith("at=/elements/1&new=1")
    assert document()["elements"][1] == {"kind": "barcode", "name": "barcode", "value": "{what}"}
    assert send(client, "/elements/1", "up").endswith("at=/elements/0")
    assert send(client, "/elements/1", "add:group").endswith("at=/elements/2&new=1")
    assert send(client, "/elements/2", "up").endswith("at=/elements/1")
    assert send(client, "/elements/2", "in").endswith("at=/elements/1/elements/0")
    assert send(client, "/elements/1/elements/0", "copy").endswith("at=/elements/1/elements/1")
    names = [each["name"] for each in document()["elements"][1]["elements"]]
    assert names == ["line", "line-2"]
    assert send(client, "/elements/1/elements/1", "out").endswith("at=/elements/2")
    assert send(client, "/elements/0", "delete").endswith("at=/elements/0")
    assert [each["name"] for each in document()["elements"]] == ["group", "line-2"]


def test_fields_and_counters(client: Client) -> None:
    assert send(client, "", "add:field").endswith("at=/fields/1&new=1")
    send(client, "/fields/1", name="place", type="choice")
    send(client, "/fields/1", choices="Top\nBottom", example="Top")
    assert document()["fields"][1] == {
        "name": "place",
        "example": "Top",
        "type": "choice",
        "choices": ["Top", "Bottom"],
    }
    assert send(client, "", "add:counter").endswith("at=/counters/shelf&new=1")
    assert send(client, "/counters/shelf", name="box", width="5").endswith("at=/counters/box")
    assert document()["counters"] == {"box": {"width": 5}}


def test_a_field_takes_its_uses_along(client: Client) -> None:
    send(client, "/fields/0", name="thing")
    assert document()["fields"][0]["name"] == "thing"
    assert element()["text"] == "{thing}"
    assert "refused=name" in send(client, "/fields/0", name="")
    assert document()["fields"][0]["name"] == "thing"


def test_undo_and_redo_outlive_a_reload(client: Client) -> None:
    send(client, "/elements/0", text="one")
    send(client, "/elements/0", "add:line")
    send(client, "", "undo")
    assert [each["kind"] for each in document()["elements"]] == ["text"]
    send(client, "", "undo")
    assert element()["text"] == "{what}"
    send(client, "", "undo")
    assert element()["text"] == "{what}"
    send(client, "", "redo")
    send(client, "", "redo")
    assert [each["kind"] for each in document()["elements"]] == ["text", "line"]
    send(client, "", "undo")
    send(client, "/elements/0", text="two")
    send(client, "", "redo")
    assert (len(document()["elements"]), element()["text"]) == (1, "two")


def test_typing_is_one_step(client: Client) -> None:
    for text in ("a", "ab", "abc"):
        send(client, "/elements/0", text=text)
    assert DraftStep.objects.count() == 2
    send(client, "", "undo")
    assert element()["text"] == "{what}"


def test_text_and_form_hold_the_same(client: Client) -> None:
    text = client.get(f"{URL}?mode=text").content.decode()
    assert "[[elements]]" in text
    toml = 'key = "shelf"\ntitle = "Shelf"\nmedia = "tze:12"\n# A remark\n[[elements]]\nkind = "text"\ntext = "Hi"\n'
    answer = client.post(URL, {"mode": "text", "text": toml, "do": "form"})
    assert answer.headers["Location"] == URL
    assert document()["elements"] == [{"kind": "text", "text": "Hi"}]
    assert "# A remark" in client.get(f"{URL}?mode=text").content.decode()
    client.post(URL, {"mode": "text", "text": toml, "do": "json"})
    shown = client.get(f"{URL}?mode=text").content.decode()
    assert "&quot;kind&quot;: &quot;text&quot;" in shown
    send(client, "/elements/0", text="Ho")
    assert "text = &quot;Ho&quot;" in client.get(f"{URL}?mode=text").content.decode()


UNREADABLE = ["key = ", '[{"a": 1}]', "3", "{", '{"a": "\\ud800"}', "a = nan", "[" * 5000, "a = 1e999"]
UNREADABLE.append('{"a": ' + "9" * 5000 + "}")


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_text_that_cannot_be_read_is_kept(client: Client, text: str) -> None:
    answer = client.post(f"{URL}/live", {"mode": "text", "text": text})
    assert answer.status_code == 200
    assert "No picture while the text cannot be read." in answer.content.decode()
    assert document() == register_text()
    assert TemplateDraft.objects.get().steps.get(number=1).text == text
    assert client.get(URL).status_code == 200
    assert client.post(f"{URL}/review").status_code == 422


def register_text() -> dict[str, Any]:
    found: dict[str, Any] = TemplateVersion.objects.get().definition
    return found


GARBAGE = [
    {"fields": 3, "elements": "x", "counters": [], "media": 7, "title": [], "padding": {}},
    {"fields": [1, {"name": [], "type": []}, {"type": "choice", "choices": 5}], "elements": [3, {"kind": []}, {}]},
    {
        "elements": [
            {"kind": "group", "elements": {"a": 1}, "repeat": 3},
            {"kind": "barcode", "symbology": [], "level": 3},
        ]
    },
    {"media": {"kinds": 5, "shapes": {}, "min_width": []}, "title": {"en": [], "fr": 1}, "description": 4},
    {"counters": {"a": 3, "b": {"width": "x"}, "": {}}, "elements": [{"kind": "image", "data": 3, "field": []}]},
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_whatever_stands_in_the_text_the_form_can_be_used(client: Client, garbage: dict[str, Any]) -> None:
    client.post(URL, {"mode": "text", "text": json.dumps({"key": "shelf", **garbage}), "do": "form"})
    places = ["", *(f"/{kind}/{n}" for kind in ("fields", "elements") for n in range(3)), "/counters/a", "/counters/b"]
    for at in places:
        page = client.get(f"{URL}?at={at}")
        assert page.status_code == 200, at
        for do in ("keep", "add:text", "add:field", "add:counter", "copy", "in", "out", "down", "delete"):
            client.post(f"{URL}/live", {"at": at, "kind": "text", "mode": "form"})
            assert client.post(URL, inputs(page.content.decode()) | {"do": do}).status_code == 302, (at, do)
            client.post(URL, {"do": "undo"})
    assert client.get(f"{URL}/review").status_code == 200


@pytest.mark.parametrize(
    "at", ["/elements/99", "/fields/0/name", "/../x", "/counters/none", "x" * 300, "/elements/0/text"]
)
def test_places_that_are_not_there(client: Client, at: str) -> None:
    assert client.get(URL, {"at": at}).status_code == 200
    for do in ("delete", "up", "in", "out", "copy", "add:nothing", "nonsense", f"go:{at}"):
        assert client.post(URL, {"at": at, "kind": "text", "do": do, f"{at}/text": "x"}).status_code == 302
    assert TemplateDraft.objects.count() == 0


def test_another_key_is_refused(client: Client) -> None:
    client.post(URL, {"mode": "text", "text": json.dumps(shelf(key="other")), "do": "keep"})
    assert "duplicate the template" in client.get(f"{URL}/review").content.decode()
    client.post(f"{URL}/review", {"force": "1"})
    assert Template.objects.count() == 1


class TestRegistering:
    def post(self, client: Client, **more: str) -> Any:
        seen = re.search(r'name="seen" value="([^"]*)"', client.get(f"{URL}/review").content.decode())
        return client.post(f"{URL}/review", {"seen": seen[1] if seen else "", **more})

    def test_what_breaks_nothing(self, client: Client) -> None:
        send(client, "", "add:field")
        text = client.get(f"{URL}/review").content.decode()
        assert "NewField" in text
        assert 'name="force"' not in text
        assert self.post(client).headers["Location"] == "/templates/shelf"
        version = TemplateVersion.objects.get(number=2)
        assert (version.created_by, version.origin) == ("eva", "web")
        assert TemplateDraft.objects.count() == 0

    def test_what_could_break_something_needs_force(self, client: Client) -> None:
        preset = Preset.objects.create(template=Template.objects.get(), name="Usual", values={"what": "Nails"})
        send(client, "/fields/0", "delete")
        send(client, "/elements/0", text="Fixed")
        text = client.get(f"{URL}/review").content.decode()
        for entry in ("RemovedField", "ChangedElement", "Usual", "no field “what” any more"):
            assert entry in text
        answer = self.post(client)
        assert answer.status_code == 409
        assert "RemovedField" in answer.content.decode()
        assert (TemplateVersion.objects.count(), Preset.objects.get()) == (1, preset)
        assert self.post(client, force="1").status_code == 302
        assert (TemplateVersion.objects.count(), Preset.objects.count()) == (2, 0)

    def test_what_was_not_seen_is_not_registered(self, client: Client) -> None:
        send(client, "/elements/0", text="mine")
        seen = re.search(r'name="seen" value="([^"]*)"', client.get(f"{URL}/review").content.decode())
        register([shelf(title="Theirs")], by="bob", origin="test")
        assert seen
        answer = client.post(f"{URL}/review", {"seen": seen[1], "force": "1"})
        assert answer.status_code == 409
        assert "Something changed meanwhile" in answer.content.decode()
        assert TemplateVersion.objects.count() == 2
        assert "Somebody registered another version" in client.get(URL).content.decode()

    def test_nothing_to_register(self, client: Client) -> None:
        assert "like this already" in client.get(f"{URL}/review").content.decode()
        assert self.post(client).status_code == 302
        assert TemplateVersion.objects.count() == 1


def test_discard(client: Client) -> None:
    send(client, "/elements/0", text="x")
    assert send(client, "", "discard") == "/templates/shelf"
    assert TemplateDraft.objects.count() == DraftStep.objects.count() == 0
    answer = client.post(URL, {"do": "discard"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/templates/shelf")


def test_drafts_are_ones_own(client: Client) -> None:
    send(client, "/elements/0", text="secret words")
    other = person("designer", name="otto")
    assert "secret words" not in other.get(f"{URL}?at=/elements/0").content.decode()


def test_choosing_parts_makes_no_draft(client: Client) -> None:
    text = client.get(URL).content.decode()
    assert '<option value="tze:24">24 mm tape</option>' in text
    client.post(URL, {"mode": "form", "at": "", "medium": "", "v:what": "", "do": "go:/elements/0"})
    assert TemplateDraft.objects.count() == 0


def test_values_for_the_preview(client: Client) -> None:
    before = client.get(URL).content.decode()
    text = client.post(
        f"{URL}/live", {"mode": "form", "at": "", "v:what": "Nails", "medium": "tze:24"}
    ).content.decode()
    draft = TemplateDraft.objects.get()
    assert (draft.examples, draft.medium, draft.at) == ({"what": "Nails"}, "tze:24", 0)
    assert "24 mm" in text
    assert text != before


class TestNew:
    def test_it_works(self, client: Client) -> None:
        form = {"key": "drawer", "title": "Drawer", "medium": "dk:62"}
        answer = client.post("/templates/_new", form)
        assert answer.headers["Location"] == "/templates/drawer/edit"
        assert "data:image/png" in client.get("/templates/drawer/edit").content.decode()
        assert not Template.objects.filter(key="drawer").exists()
        seen = re.search(r'name="seen" value="([^"]*)"', client.get("/templates/drawer/edit/review").content.decode())
        assert seen
        client.post("/templates/drawer/edit/review", {"seen": seen[1]})
        assert Template.objects.get(key="drawer").title == "Drawer"

    def test_duplicate(self, client: Client) -> None:
        page = client.get("/templates/_new?from=shelf").content.decode()
        assert 'value="shelf-2"' in page
        client.post("/templates/_new?from=shelf", {"key": "shelf-2", "title": "Shelf, copy"})
        copied = document()
        assert (copied["key"], copied["title"], copied["elements"]) == ("shelf-2", "Shelf, copy", shelf()["elements"])

    @pytest.mark.parametrize("key", ["", "Shelf", "a b", "shelf", "-a", "ä", "x" * 121, "a--b"])
    def test_keys_that_are_refused(self, client: Client, key: str) -> None:
        answer = client.post("/templates/_new", {"key": key, "title": "T", "medium": "tze:12"})
        assert (answer.status_code, TemplateDraft.objects.count()) == (422, 0)

    def test_what_is_nowhere(self, client: Client) -> None:
        assert client.get("/templates/nothing/edit").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "printer"])
def test_others_edit_nothing(role: str) -> None:
    registered()
    client = person(role)
    for path in (
        "/templates/shelf/edit",
        "/templates/shelf/edit/live",
        "/templates/shelf/edit/review",
        "/templates/_new",
    ):
        assert client.get(path).status_code == client.post(path, {"do": "add:text"}).status_code == 403
    assert TemplateDraft.objects.count() == 0


def test_queries_do_not_grow_with_the_label(client: Client) -> None:
    counts = []
    for _ in range(3):
        send(client, "/elements/0", "add:line")
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2] <= 9
