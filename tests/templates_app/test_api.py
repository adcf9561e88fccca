import pytest

from templates_app.models import Template, TemplateVersion
from templates_app.registration import load_builtin
from tests.api import NOBODY, assert_problem, script

pytestmark = pytest.mark.django_db

TAG = {
    "key": "tag",
    "title": {"en": "Tag", "de": "Schild"},
    "media": ["tze:12", "tze:18"],
    "fields": [{"name": "name", "required": True, "example": "Drill", "label": {"en": "Name", "de": "Bezeichnung"}}],
    "elements": [{"kind": "text", "name": "t", "text": "{name}"}],
}


class TestList:
    def test_it_works(self) -> None:
        load_builtin()
        body = script("read").get("/api/templates").json()
        assert [t["key"] for t in body["items"]] == [
            "address-29x90", "asset-tag-12", "box-24", "cable-flag-12", "name-18", "shelf-62",
        ]  # fmt: skip
        assert body["next_cursor"] is None
        first = body["items"][0]
        assert (first["version"], first["media"]) == (1, ["dk:29x90", "dk:38x90"])
        assert first["fields"][0] == {
            "name": "name", "type": "string", "required": True, "default": None, "example": "Marie Curie",
            "label": "Name", "help": "", "many": False, "unique": False, "max_length": 60,
        }  # fmt: skip

    def test_pages_and_media(self) -> None:
        load_builtin()
        reader = script("read")
        page = reader.get("/api/templates?limit=4").json()
        rest = reader.get(f"/api/templates?limit=4&cursor={page['next_cursor']}").json()
        assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (4, 2, None)
        found = reader.get("/api/templates?media=tze:24&fields=key").json()
        assert found["items"] == [{"key": "box-24"}, {"key": "name-18"}]

    def test_nobody_gets_nothing(self) -> None:
        load_builtin()
        assert_problem(NOBODY.get("/api/templates"), 401, "not-authenticated")


class TestRead:
    def test_it_works_in_the_language_asked_for(self) -> None:
        writer = script()
        writer.post("/api/templates/register", {"descriptors": [TAG]})
        body = writer.get("/api/templates/tag", Accept_Language="de").json()
        assert (body["title"], body["fields"][0]["label"]) == ("Schild", "Bezeichnung")
        assert body["definition"]["elements"] == TAG["elements"]
        assert writer.get("/api/templates/tag").json()["title"] == "Tag"

    def test_an_unknown_one_names_near_ones(self) -> None:
        load_builtin()
        body = assert_problem(script("read").get("/api/templates/asset-tag"), 404, "unknown-template")
        assert "asset-tag-12" in body["detail"]

    def test_the_schema_is_served(self) -> None:
        body = script("read").get("/api/templates/schema.json").json()
        assert body["title"] == "LabelHub template"
        assert {"key", "media", "elements"} <= set(body["required"])


class TestRegister:
    def test_it_works(self) -> None:
        response = script("manage").post("/api/templates/register", {"descriptors": [TAG]})
        assert response.status_code == 200
        assert response.json()["versions"] == {"tag": 1}
        assert TemplateVersion.objects.get().created_by == "script"

    def test_a_conflict_carries_the_whole_diff(self) -> None:
        writer = script()
        writer.post("/api/templates/register", {"descriptors": [TAG]})
        changed = {**TAG, "media": "tze:24", "title": "Else"}
        body = assert_problem(
            writer.post("/api/templates/register", {"descriptors": [changed]}), 409, "registration-conflict"
        )
        assert body["force_required"] is True
        assert [e["kind"] for e in body["diff"]["destructive"]] == ["ChangedMedia"]
        assert TemplateVersion.objects.count() == 1
        dry = writer.post("/api/templates/register", {"descriptors": [changed], "dry_run": True})
        assert (dry.status_code, dry.json()["force_required"], dry.json()["dry_run"]) == (200, True, True)
        assert TemplateVersion.objects.count() == 1
        done = writer.post("/api/templates/register", {"descriptors": [changed], "force": True})
        assert done.json()["versions"] == {"tag": 2}

    def test_problems_point_into_the_body(self) -> None:
        wrong = {**TAG, "elements": [{"kind": "text", "text": "{nam}"}]}
        assert_problem(
            script().post("/api/templates/register", {"descriptors": [wrong]}),
            422, "invalid-definition", "/descriptors/0/elements/0/text",
        )  # fmt: skip
        assert Template.objects.count() == 0

    def test_reading_rights_do_not_register(self) -> None:
        assert script("read", "print").post("/api/templates/register", {"descriptors": [TAG]}).status_code == 403
        assert Template.objects.count() == 0
