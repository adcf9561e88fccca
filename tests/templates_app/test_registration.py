import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from printers.errors import HubError
from templates_app import registration
from templates_app.definition import document, fingerprint, parse
from templates_app.errors import InvalidDefinition
from templates_app.models import Counter, Preset, Template, TemplateVersion
from templates_app.registration import Known, RegistrationConflict, diff, load_builtin, register

pytestmark = pytest.mark.django_db

NAME, OWNER = {"name": "name", "type": "string", "max_length": 20}, {"name": "owner", "default": "us"}
TEXT = {"kind": "text", "name": "t", "text": "{name}", "size": 2}


def made(**changes: Any) -> dict[str, Any]:
    return {"key": "tag", "title": "Tag", "media": "tze:12", "fields": [NAME], "elements": [TEXT], **changes}


def put(*descriptors: dict[str, Any], **options: Any) -> registration.Registered:
    return register(descriptors, by="ada", origin="test", **options)


def kinds(new: dict[str, Any], old: dict[str, Any] | None = None) -> tuple[list[str], list[str], list[str]]:
    before = parse(old or made())
    found = diff([parse(new)], {"tag": Known(fingerprint(before), lambda: before)})
    return tuple([e.kind for e in entries] for entries in (found.additive, found.destructive, found.changed_text))  # type: ignore[return-value]


class TestClassifier:
    @pytest.mark.parametrize(
        ("changes", "additive", "destructive", "text"),
        [
            ({}, [], [], []),
            ({"fields": [NAME, OWNER]}, ["NewField"], [], []),
            ({"tape_limit": 2}, [], ["ChangedMedia"], []),
            (
                {"fields": [NAME, {"name": "n", "required": True, "default": 1, "type": "integer"}]},
                ["NewField"],
                [],
                [],
            ),
            ({"fields": [NAME, {"name": "n", "required": True}]}, [], ["NowRequired"], []),
            ({"fields": [{**NAME, "required": True}]}, [], ["NowRequired"], []),
            ({"fields": [{**NAME, "required": True, "default": "x"}]}, [], [], ["changed_text"]),
            ({"fields": [{**NAME, "type": "text"}]}, [], ["ChangedFieldType"], []),
            ({"fields": [{**NAME, "many": True}]}, [], ["ChangedFieldType"], []),
            ({"fields": [{**NAME, "max_length": 10}]}, [], ["ChangedFieldType"], []),
            ({"fields": [{**NAME, "max_length": 30}]}, [], [], ["changed_text"]),
            ({"fields": [{**NAME, "pattern": "a+"}]}, [], ["ChangedFieldType"], []),
            ({"fields": [{**NAME, "label": {"en": "N", "de": "N"}}]}, [], [], ["changed_text"]),
            ({"fields": [{**NAME, "example": "x"}]}, [], [], ["changed_text"]),
            ({"fields": [{**NAME, "help": "x"}]}, [], [], ["changed_text"]),
            ({"fields": [], "elements": [{**TEXT, "text": "x"}]}, [], ["RemovedField", "ChangedElement"], []),
            ({"elements": [TEXT, {**TEXT, "name": "u"}]}, ["NewElement"], [], []),
            ({"elements": [{**TEXT, "name": "u"}]}, ["NewElement"], ["RemovedElement"], []),
            ({"elements": [{**TEXT, "size": 3}]}, [], ["ChangedElement"], []),
            ({"elements": [{"kind": "line", "name": "t"}]}, [], ["ChangedElement"], []),
            (
                {"elements": [{"kind": "group", "name": "g", "elements": [TEXT]}]},
                ["NewElement"],
                ["ChangedElement"],
                [],
            ),
            ({"media": "tze:24"}, [], ["ChangedMedia"], []),
            ({"length": 40}, [], ["ChangedMedia"], []),
            ({"padding": 1}, [], ["ChangedMedia"], []),
            ({"orientation": "across"}, [], ["ChangedMedia"], []),
            ({"title": "New"}, [], [], ["changed_text"]),
            ({"description": "New"}, [], [], ["changed_text"]),
            ({"counters": {"box": {}}}, ["NewElement"], [], []),
        ],
    )
    def test_it_works(
        self, changes: dict[str, Any], additive: list[str], destructive: list[str], text: list[str]
    ) -> None:
        assert kinds(made(**changes)) == (additive, destructive, text)

    def test_defaults_written_out_are_no_change(self) -> None:
        assert kinds(made(elements=[{**TEXT, "overflow": "error", "x": 0}])) == ([], [], [])

    def test_counters_change_like_elements(self) -> None:
        old = made(counters={"box": {"width": 3}})
        assert kinds(made(counters={"box": {"width": 4}}), old) == ([], ["ChangedElement"], [])
        assert kinds(made(), old) == ([], ["RemovedElement"], [])

    def test_reordering_fields_is_text_and_elements_is_not(self) -> None:
        two = [TEXT, {**TEXT, "name": "u"}]
        old = made(fields=[NAME, OWNER], elements=two)
        assert kinds(made(fields=[OWNER, NAME], elements=two), old) == ([], [], ["changed_text"])
        assert kinds(made(fields=[NAME, OWNER], elements=two[::-1]), old) == ([], ["ChangedElement"], [])

    def test_paths_name_what_changed(self) -> None:
        before = parse(made())
        found = diff(
            [parse(made(fields=[{**NAME, "max_length": 3}], elements=[{**TEXT, "size": 3}]))],
            {"tag": Known("", lambda: before)},
        )
        assert [e.path for e in found.destructive] == ["/fields/name/max_length", "/elements/t/size"]
        assert {e.key for e in found.destructive} == {"tag"}

    def test_a_thousand_against_a_thousand_is_quick(self) -> None:
        definitions = [parse(made(key=f"tag-{n}")) for n in range(1000)]
        known = {d.key: Known(fingerprint(d), lambda d=d: d) for d in definitions}  # type: ignore[misc]
        started = time.perf_counter()
        assert len(diff(definitions, known).already_present) == 1000
        # The target is 0.1 s on a quiet machine.
        assert time.perf_counter() - started < 1

    def test_there_is_no_second_one(self) -> None:
        """Only the classifier may put words to differences: the kinds of entry stand in one module."""
        rooms = Path(registration.__file__).parents[2]
        files = [p for room in ("templates_app", "jobs", "labelhub") for p in (rooms / room).rglob("*.py")]
        holders = {p.name for p in files if '"RemovedField"' in p.read_text(encoding="utf-8")}
        assert holders == {"diff.py"}


class TestRegister:
    def test_it_works(self) -> None:
        done = put(made())
        template = Template.objects.select_related("current").get(key="tag")
        assert done.versions == {"tag": 1}
        assert [e.kind for e in done.diff.additive] == ["NewDescriptor"]
        assert template.current is not None
        assert (template.title, template.source) == ("Tag", "registered")
        assert (template.current.created_by, template.current.origin) == ("ada", "test")
        assert parse(template.current.definition) == parse(made())

    def test_unchanged_writes_nothing(self) -> None:
        put(made())
        done = put(made())
        assert (done.diff.already_present, done.versions) == (["tag"], {})
        assert TemplateVersion.objects.count() == 1

    @pytest.mark.parametrize("force", [False, True])
    def test_additive_alone_is_applied_with_force_and_without(self, force: bool) -> None:
        put(made())
        preset = Preset.objects.create(template=Template.objects.get(), name="p", values={"name": "x"})
        done = put(made(fields=[NAME, OWNER]), force=force)
        assert done.versions == {"tag": 2}
        assert Preset.objects.filter(pk=preset.pk).exists()
        assert list(TemplateVersion.objects.order_by("number").values_list("number", flat=True)) == [1, 2]

    def test_destructive_without_force_changes_nothing_and_says_all(self) -> None:
        put(made(), made(key="other"))
        bad = [made(media="tze:24"), made(key="other", fields=[], elements=[{**TEXT, "text": "x"}]), made(key="third")]
        with pytest.raises(RegistrationConflict) as refused:
            put(*bad)
        found = refused.value.extra["diff"]
        assert found["force_required"] is True  # type: ignore[index]
        assert [e["kind"] for e in found["destructive"]] == ["ChangedMedia", "RemovedField", "ChangedElement"]  # type: ignore[index]
        assert [e["key"] for e in found["additive"]] == ["third"]  # type: ignore[index]
        assert TemplateVersion.objects.count() == 2
        assert not Template.objects.filter(key="third").exists()

    def test_force_replaces_and_lists_the_presets_that_no_longer_fit(self) -> None:
        put(made(fields=[NAME, OWNER]))
        template = Template.objects.get()
        Preset.objects.create(template=template, name="keeps", values={"name": "x"})
        Preset.objects.create(template=template, name="drops", values={"name": "x", "owner": "me"})
        Counter.objects.create(name="box", value=41)
        done = put(made(), force=True)
        assert [p["preset"] for p in done.dropped_presets] == ["drops"]
        assert list(Preset.objects.values_list("name", flat=True)) == ["keeps"]
        assert Counter.objects.get().value == 41

    def test_one_that_comes_back_as_another_keeps_no_preset_that_does_not_fit(self) -> None:
        put(made(fields=[NAME, OWNER]))
        for name, values in (("keeps", {"name": "x"}), ("drops", {"owner": "me"})):
            Preset.objects.create(template=Template.objects.get(), name=name, values=values)
        put(made(key="next"), prune=True, force=True)
        done = put(made())
        assert [entry.kind for entry in done.diff.additive] == ["NewDescriptor"]
        assert [p["preset"] for p in done.dropped_presets] == ["drops"]
        assert list(Preset.objects.values_list("name", flat=True)) == ["keeps"]

    @pytest.mark.parametrize("force", [False, True])
    def test_a_dry_run_answers_the_same_and_writes_nothing(self, force: bool) -> None:
        put(made())
        done = put(made(media="tze:24"), dry_run=True, force=force)
        assert done.diff.force_required
        assert TemplateVersion.objects.count() == 1

    def test_prune_removes_what_nobody_wants_but_not_the_built_in_ones(self) -> None:
        load_builtin()
        put(made(), made(key="other"))
        with pytest.raises(RegistrationConflict):
            put(made(), prune=True)
        put(made(), prune=True, force=True)
        assert set(Template.objects.filter(removed_at=None, source="registered").values_list("key", flat=True)) == {
            "tag"
        }
        assert Template.objects.filter(removed_at=None, source="builtin").count() == 6
        assert put(made(key="other")).versions == {"other": 2}

    def test_all_problems_of_all_descriptors_are_listed(self) -> None:
        with pytest.raises(InvalidDefinition) as refused:
            put(
                made(media="tze:13"),
                {"kind": "printer", "name": "x"},
                made(elements=[{"kind": "text"}]),
                made(),
                made(),
            )
        assert [p.pointer for p in refused.value.problems] == [
            "/descriptors/0/media", "/descriptors/1/kind", "/descriptors/2/elements/0/text", "/descriptors/4/key",
        ]  # fmt: skip
        assert Template.objects.count() == 0

    def test_printers_go_to_whom_they_are_for(self) -> None:
        class Registrar:
            ids = {"main/x": 5}
            written = False

            def look(self, entries: Any) -> Any:
                assert list(entries) == [("/descriptors/1", {"kind": "printer", "name": "x"})]
                change = ("ChangedElement", "main/x", "/host", "It moves.")
                return SimpleNamespace(already_present=[], additive=[], destructive=[change], changed_text=[])

            def write(self) -> None:
                self.written = True

        registrar = Registrar()
        descriptors = (made(), {"kind": "printer", "name": "x"})
        with pytest.raises(RegistrationConflict, match=r"main/x.*It moves"):
            put(*descriptors, printers=registrar)
        assert (registrar.written, Template.objects.count()) == (False, 0)
        dry = put(*descriptors, printers=registrar, dry_run=True)
        assert (registrar.written, dry.diff.force_required, len(dry.diff.additive)) == (False, True, 1)
        done = put(*descriptors, printers=registrar, force=True)
        assert (registrar.written, done.as_json()["printers"]) == (True, {"main/x": "5"})

    def test_a_stored_definition_that_no_longer_parses_needs_force(self) -> None:
        put(made())
        TemplateVersion.objects.update(definition={"key": "tag"}, sha256="x")
        with pytest.raises(RegistrationConflict, match="can no longer be read"):
            put(made())
        assert put(made(), force=True).versions == {"tag": 2}


class TestBuiltIn:
    def test_it_works_and_is_idempotent(self) -> None:
        assert load_builtin() == 6
        assert load_builtin() == 6
        assert TemplateVersion.objects.count() == 6

    def test_an_empty_set_is_an_error(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(registration, "BUILTIN", tmp_path)
        with pytest.raises(HubError, match="No built-in template"):
            load_builtin()

    def test_a_damaged_one_is_named(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(registration, "BUILTIN", tmp_path)
        for content in (b"key = ", b"\xff\xfe"):
            (tmp_path / "x.toml").write_bytes(content)
            with pytest.raises(HubError, match=r"x\.toml is damaged"):
                load_builtin()

    def test_what_somebody_registered_under_its_key_stays_theirs(self) -> None:
        put(made(key="name-18"))
        load_builtin()
        template = Template.objects.select_related("current").get(key="name-18")
        assert template.current is not None
        assert template.current.definition == document(parse(made(key="name-18")))

    def test_every_title_and_label_is_in_both_languages(self) -> None:
        load_builtin()
        for version in TemplateVersion.objects.all():
            texts = [version.definition["title"], version.definition["description"]]
            texts += [field["label"] for field in version.definition["fields"]]
            assert all(set(text) == {"en", "de"} for text in texts), version.definition["key"]


class TestCommand:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("register", *arguments, stdout=out)
        return out.getvalue()

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "tag.toml"
        path.write_text(
            'key = "tag"\ntitle = "Tag"\nmedia = "tze:12"\n[[fields]]\nname = "name"\n'
            '[[elements]]\nkind = "text"\nname = "t"\ntext = "{name}"\n',
            encoding="utf-8",
        )
        return path

    def test_it_works(self, file: Path) -> None:
        assert "tag is now version 1" in self.run(str(file))
        assert "= tag: as registered" in self.run(str(file))

    def test_check_fails_unless_nothing_differs(self, file: Path) -> None:
        with pytest.raises(CommandError, match="differs") as refused:
            self.run(str(file), "--check")
        assert refused.value.returncode == 1
        assert Template.objects.count() == 0
        self.run(str(file))
        assert "as registered" in self.run(str(file), "--check")

    def test_a_conflict_prints_the_diff(self, file: Path) -> None:
        self.run(str(file))
        file.write_text(file.read_text(encoding="utf-8").replace("tze:12", "tze:18"), encoding="utf-8")
        with pytest.raises(CommandError, match="! tag/media: ChangedMedia"):
            self.run(str(file))
        assert "version 2" in self.run(str(file), "--force")

    def test_problems_have_their_place(self, file: Path) -> None:
        file.write_text(file.read_text(encoding="utf-8").replace("{name}", "{nam}"), encoding="utf-8")
        with pytest.raises(CommandError, match=r"/descriptors/0/elements/0/text: There is no field “nam”"):
            self.run(str(file))
        with pytest.raises(CommandError, match="cannot be read"):
            self.run(str(file) + ".missing")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_follow_each_other() -> None:
    def run(_: int) -> registration.Registered:
        try:
            return put(made())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(run, range(4)))
    assert sorted(len(done.versions) for done in runs) == [0, 0, 0, 1]
    assert TemplateVersion.objects.count() == 1
