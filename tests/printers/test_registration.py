import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from printers.identity import derive_printer_id
from printers.models import Event, Printer
from templates_app.models import Template
from tests.api import assert_problem, make_printer, script
from tests.templates_app.test_registration import made

pytestmark = pytest.mark.django_db

DESK = {"kind": "printer", "site": "lab", "name": "desk", "model": "pt-p750w", "host": "127.0.0.7", "media": "tze:12"}
ID = derive_printer_id("PT-P750W", "127.0.0.7", 9100)


def post(*descriptors: Any, scopes: tuple[str, ...] = (), **more: Any) -> Any:
    return script(*scopes).post("/api/templates/register", {"descriptors": list(descriptors), **more})


def kinds(entries: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(entry["kind"], entry["key"], entry["path"]) for entry in entries]


def test_it_works() -> None:
    response = post(made(), DESK)
    assert response.status_code == 200, response.content
    body = response.json()
    assert ("NewDescriptor", "lab/desk", "") in kinds(body["additive"])
    assert body["printers"] == {"lab/desk": str(ID)}
    desk = Printer.objects.select_related("site").get()
    assert (desk.id, desk.path, desk.model, desk.media) == (ID, "lab/desk", "PT-P750W", "tze:12")
    assert desk.source == Printer.Source.PERSON
    assert Template.objects.filter(key="tag").exists()


def test_again_it_is_already_present() -> None:
    post(DESK)
    body = post(DESK).json()
    assert (body["already_present"], body["additive"], body["destructive"]) == (["lab/desk"], [], [])
    assert Event.objects.filter(kind__startswith="printer.").count() == 1


@pytest.mark.parametrize(
    ("change", "kind", "path"),
    [
        ({"host": "127.0.0.8"}, "ChangedElement", "/host"),
        ({"name": "bench"}, "ChangedElement", "/name"),
        ({"media": "tze:24"}, "ChangedMedia", "/media"),
    ],
)
def test_what_surprises_needs_force(change: dict[str, str], kind: str, path: str) -> None:
    post(DESK)
    wanted = DESK | change
    before = list(Printer.objects.values())
    body = assert_problem(post(wanted, made()), 409, "registration-conflict")
    assert kinds(body["destructive"]) == [(kind, "lab/desk", path)]
    assert body["force_required"] is True
    dry = post(wanted, made(), dry_run=True).json()
    assert kinds(dry["destructive"]) == [(kind, "lab/desk", path)]
    assert list(Printer.objects.values()) == before
    assert Template.objects.count() == 0

    assert post(wanted, made(), force=True).status_code == 200
    printer = Printer.objects.get()
    assert (printer.id, str(getattr(printer, path[1:]))) == (ID, next(iter(change.values())))


def test_what_is_not_named_stays_and_quiet_changes_are_applied() -> None:
    post(DESK | {"snmp_community": "s3cret", "snmp_port": 161})
    wanted = {name: value for name, value in DESK.items() if name != "media"} | {"snmp_community": "t0psecret"}
    response = post(wanted)
    assert kinds(response.json()["changed_text"]) == [("changed_text", "lab/desk", "/snmp_community")]
    assert b"s3cret" not in response.content
    assert b"t0psecret" not in response.content
    desk = Printer.objects.get()
    assert (desk.media, desk.snmp_community) == ("tze:12", "t0psecret")


def test_an_error_policy_is_a_quiet_change() -> None:
    post(DESK)
    assert Printer.objects.get().error_policy == "retry-current-job"
    assert kinds(post(DESK | {"error_policy": "stop-printer"}).json()["changed_text"]) == [
        ("changed_text", "lab/desk", "/error_policy")
    ]
    assert Printer.objects.get().error_policy == "stop-printer"


def test_a_printer_that_has_the_handle_is_that_printer() -> None:
    older = make_printer("desk", site="lab", host="127.0.0.9")
    body = post(DESK, force=True).json()
    assert ("ChangedElement", "lab/desk", "/host") in kinds(body["destructive"])
    assert body["printers"] == {"lab/desk": str(older.id)}
    assert Printer.objects.get().host == "127.0.0.7"


def test_every_problem_of_every_descriptor_is_named() -> None:
    bad = {"kind": "printer", "site": "lab", "name": "a", "model": "PT-P9999", "host": "8.8.8.8", "colour": "red"}
    outside = DESK | {"host": "8.8.8.8", "name": "b"}
    response = post(DESK, bad, outside, DESK)
    pointers = ["/descriptors/1/colour", "/descriptors/1", "/descriptors/2/host", "/descriptors/3"]
    body = assert_problem(response, 422, "invalid", *pointers)
    assert "PT-P9999" in json.dumps(body)
    assert Printer.objects.count() == 0


def test_a_handle_that_another_printer_has_is_refused() -> None:
    post(DESK)
    make_printer("front", site="lab")
    refused = post(made(), DESK | {"name": "", "queue_path": "/q/front"}, force=True)
    body = assert_problem(refused, 422, "invalid", "/descriptors/1")
    assert "“front” is taken by another one" in body["detail"]
    assert Template.objects.count() == 0


def test_designing_is_not_enough() -> None:
    response = post(DESK, scopes=("read", "print", "design"))
    assert response.status_code == 403
    assert Printer.objects.count() == 0


class TestCommand:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "printers.toml"
        path.write_text('[[printer]]\nsite = "lab"\nname = "desk"\nmodel = "PT-P750W"\nhost = "127.0.0.7"\n')
        return path

    def test_it_works(self, file: Path) -> None:
        out = StringIO()
        with pytest.raises(CommandError, match="differs"):
            call_command("register", str(file), "--check", stdout=StringIO())
        assert Printer.objects.count() == 0
        call_command("register", str(file), stdout=out)
        assert "+ lab/desk: NewDescriptor" in out.getvalue()
        assert Printer.objects.get().id == ID
        call_command("register", str(file), "--check", stdout=out)
        assert "= lab/desk: as registered" in out.getvalue()

    def test_one_printer_is_a_file_of_its_own(self, tmp_path: Path) -> None:
        path = tmp_path / "desk.json"
        path.write_text(json.dumps(DESK))
        call_command("register", str(path), stdout=StringIO())
        assert Printer.objects.get().id == ID

    def test_a_conflict_says_what_it_is_about(self, file: Path) -> None:
        call_command("register", str(file), stdout=StringIO())
        file.write_text(file.read_text().replace("127.0.0.7", "127.0.0.8"))
        with pytest.raises(CommandError, match=r"! lab/desk/host: ChangedElement"):
            call_command("register", str(file), stdout=StringIO())
        assert Printer.objects.get().host == "127.0.0.7"
