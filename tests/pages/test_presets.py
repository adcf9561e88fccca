import json

import pytest

from labelhub.accounts.models import User
from templates_app.models import LastValues, Preset, Template
from templates_app.registration import register
from tests.pages.rows import make_printer, signed_in
from tests.pages.test_roles import person
from tests.pages.test_templates import registered, shelf

pytestmark = pytest.mark.django_db

URL = "/print/shelf"


@pytest.fixture
def template() -> Template:
    return registered(shelf(fields=[{"name": "what", "required": True}, {"name": "where"}]))


def test_from_the_form_to_the_preset_and_back(template: Template) -> None:
    client = signed_in()
    form = {"f.what": "Nails", "f.where": "", "action": "preset"}
    text = client.post(URL, form).content.decode()
    assert 'name="values" value="{&quot;what&quot;: &quot;Nails&quot;}"' in text
    assert 'name="name" value="Nails"' in text
    assert Preset.objects.count() == 0
    answer = client.post(f"{URL}/keep", {"name": "  Usual  ", "values": json.dumps({"what": "Nails"})})
    preset = Preset.objects.get()
    assert (preset.name, preset.values, preset.owner) == ("Usual", {"what": "Nails"}, User.objects.get())
    assert answer.headers["Location"] == f"{URL}?preset={preset.id}"
    text = client.get(answer.headers["Location"]).content.decode()
    assert 'value="Nails"' in text
    assert 'aria-current="true">Usual</a>' in text


@pytest.mark.parametrize("name", ["", "  ", "Usual"])
def test_a_name_of_its_own_is_needed(template: Template, name: str) -> None:
    Preset.objects.create(template=template, name="Usual", values={"what": "Nails"})
    answer = signed_in().post(f"{URL}/keep", {"name": name, "values": '{"what": "Screws"}'})
    assert answer.status_code == 422
    assert "Screws" in answer.content.decode()
    assert Preset.objects.get().values == {"what": "Nails"}


@pytest.mark.parametrize("values", ["", "[]", "no", '{"other": "x"}', '{"what": "\\u0000\\ud800a"}'])
def test_only_values_of_fields_are_kept(template: Template, values: str) -> None:
    signed_in().post(f"{URL}/keep", {"name": "n", "values": values})
    assert [preset.values for preset in Preset.objects.all()] in ([], [{}], [{"what": "a"}])


@pytest.mark.parametrize("wanted", ["nonsense", "0a2e8558-11cf-4dcd-9d98-8477597a35ad", ""])
def test_a_preset_that_is_gone(template: Template, wanted: str) -> None:
    assert signed_in().get(f"{URL}?preset={wanted}").status_code == 200


def test_rename_and_delete(template: Template) -> None:
    client = signed_in()
    preset = Preset.objects.create(template=template, name="Usual", owner=User.objects.get())
    client.post(f"/templates/shelf/presets/{preset.id}", {"name": "Other"})
    preset.refresh_from_db()
    assert preset.name == "Other"
    client.post(f"/templates/shelf/presets/{preset.id}", {"name": "", "do": "delete"})
    assert Preset.objects.count() == 0


@pytest.mark.parametrize(("role", "left"), [("printer", 1), ("viewer", 1), ("manager", 0)])
def test_of_others(template: Template, role: str, left: int) -> None:
    preset = Preset.objects.create(template=template, name="Usual", owner=User.objects.create_user("bob"))
    person(role).post(f"/templates/shelf/presets/{preset.id}", {"do": "delete"})
    assert Preset.objects.count() == left


def test_what_was_printed_last_is_remembered_for_each_person(template: Template) -> None:
    printer = make_printer()
    client = signed_in()
    assert "As last time" not in client.get(URL).content.decode()
    form = {"f.what": "Nails", "f.where": "Top", "printer": str(printer.id), "copies": "1", "action": "print"}
    assert client.post(URL, form | {"submission": "1"}).status_code == 302
    assert client.post(URL, form | {"submission": "2", "f.where": ""}).status_code == 302
    assert LastValues.objects.get().values == {"what": "Nails"}
    assert "As last time" in client.get(URL).content.decode()
    assert 'value="Nails"' in client.get(f"{URL}?last=1").content.decode()
    assert "As last time" not in person("printer").get(URL).content.decode()


def test_a_refused_print_is_not_remembered(template: Template) -> None:
    printer = make_printer()
    form = {"f.what": "", "f.where": "Top", "printer": str(printer.id), "copies": "1", "action": "print"}
    assert signed_in().post(URL, form).status_code == 422
    assert LastValues.objects.count() == 0


def test_a_template_that_changed_takes_what_still_fits(template: Template) -> None:
    LastValues.objects.create(user=User.objects.create(username="ada"), template=template, values={"where": "Top"})
    register([shelf()], by="bob", origin="test", force=True)
    assert signed_in().get(f"{URL}?last=1").status_code == 200
