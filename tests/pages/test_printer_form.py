"""Adding a printer, changing it, taking it off the list."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from jobs.dispatch import drain
from labelhub.accounts.models import ApiToken, User
from printers import discovery
from printers.callers import HUB
from printers.emulator import EmulatedPrinter
from printers.inventory import create_printer
from printers.models import Event, Printer, Site, TokenBinding, UserLimit
from printers.snmp import Answer
from printers.status import refresh
from tests.pages.rows import make_job, make_printer, make_template
from tests.pages.test_roles import person

pytestmark = pytest.mark.django_db

WHOLE = {
    "step": "add",
    "name": "bench",
    "site": "main",
    "model": "PT-P750W",
    "media": "",
    "host": "127.0.0.1",
    "port": "9100",
    "snmp_port": "161",
    "snmp_community": "public",
    "error_policy": "stop-printer",
    "queue_path": "",
}


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def device() -> Iterator[EmulatedPrinter]:
    emulated = EmulatedPrinter("PT-P750W", "tze:24", speed=0, tape_color="yellow", text_color="black").start()
    yield emulated
    emulated.stop()


@pytest.fixture
def manager() -> Client:
    return person("manager")


def where(device: EmulatedPrinter) -> dict[str, str]:
    return {"host": "127.0.0.1", "port": str(device.port), "snmp_port": str(device.snmp_port)}


def errors(answer: Any) -> dict[str, list[str]]:
    return {name: list(said) for name, said in answer.context["form"].errors.items()}


def changed(printer: Printer, **values: str) -> dict[str, str]:
    """The form as a browser sends it, with these typed in."""
    form = {
        name: str(getattr(printer, name))
        for name in ("name", "model", "media", "host", "port", "snmp_port", "error_policy", "queue_path")
    }
    return form | {"site": printer.site.key, "snmp_community": "", "enabled": "on", "disabled_reason": ""} | values


class TestNew:
    def test_it_works(self, manager: Client, device: EmulatedPrinter) -> None:
        assert manager.get("/printers/new").status_code == 200
        asked = manager.post("/printers/new", where(device) | {"step": "ask"})
        text = asked.content.decode()
        assert asked.status_code == 200
        assert "It is a PT-P750W" in text
        assert 'value="PT-P750W" selected' in text
        assert "24 mm tape, black on yellow" in text
        assert 'fill="#ffd60a"' in text
        assert "Ready" in text
        assert not Printer.objects.exists()
        made = manager.post("/printers/new", WHOLE | where(device))
        printer = Printer.objects.get()
        assert made["Location"] == f"/printers/{printer.id}"
        assert (printer.path, printer.model, printer.port, printer.snmp_port, printer.source) == (
            "main/bench", "PT-P750W", device.port, device.snmp_port, "person",
        )  # fmt: skip
        assert Event.objects.filter(kind="printer.created", printer=printer, actor="eva").count() == 1
        assert refresh(printer).media_key == "tze:24"
        page = manager.get(made["Location"]).content.decode()
        assert "Print a test label" in page
        assert f'action="/printers/{printer.id}/test"' in page

    def test_who_does_not_answer_says_why_and_may_be_added(self, manager: Client, device: EmulatedPrinter) -> None:
        nowhere = where(device)
        device.stop()
        asked = manager.post("/printers/new", nowhere | {"step": "ask"})
        assert asked.status_code == 200
        assert "nothing listens for SNMP there" in asked.content.decode()
        assert manager.post("/printers/new", WHOLE | nowhere | {"model": "QL-820NWB"}).status_code == 302
        assert Printer.objects.get().model == "QL-820NWB"

    def test_another_community(self, manager: Client) -> None:
        emulated = EmulatedPrinter("QL-820NWB", "dk:62", speed=0, community="secret").start()
        try:
            asked = manager.post("/printers/new", where(emulated) | {"step": "ask", "snmp_community": "secret"})
        finally:
            emulated.stop()
        assert "It is a QL-820NWB" in asked.content.decode()
        assert "no-store" in asked["Cache-Control"]

    def test_asking_again_keeps_what_was_typed(self, manager: Client, device: EmulatedPrinter) -> None:
        asked = manager.post("/printers/new", WHOLE | where(device) | {"step": "ask", "name": "kept", "site": "lab"})
        form = asked.context["form"]
        assert (form["name"].value(), form["site"].value()) == ("kept", "lab")

    def test_it_says_that_it_is_there_already(self, manager: Client, device: EmulatedPrinter) -> None:
        twin = make_printer(host="127.0.0.1", port=device.port)
        text = manager.post("/printers/new", where(device) | {"step": "ask"}).content.decode()
        assert f'href="/printers/{twin.id}"' in text

    def test_what_a_device_calls_itself_is_only_text(
        self, manager: Client, device: EmulatedPrinter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            discovery, "read", lambda *_: Answer(device_id="MFG:X;MDL:<b>Toaster</b>;", printer_status=3)
        )
        text = manager.post("/printers/new", where(device) | {"step": "ask"}).content.decode()
        assert "&lt;b&gt;Toaster&lt;/b&gt;" in text
        assert "<b>Toaster" not in text

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"host": ""}, "host"),
            ({"host": "8.8.8.8"}, "host"),
            ({"host": "0.0.0.0"}, "host"),
            ({"host": "10.0.0.5", "port": "22"}, "host"),
            ({"port": "70000"}, "port"),
            ({"snmp_port": "x"}, "snmp_port"),
            ({"snmp_community": "x" * 121}, "snmp_community"),
        ],
    )
    @pytest.mark.parametrize("step", ["ask", "add"])
    def test_an_address_is_refused_at_its_field(
        self, manager: Client, wrong: dict[str, str], field: str, step: str
    ) -> None:
        answer = manager.post("/printers/new", WHOLE | wrong | {"step": step})
        assert answer.status_code == 422
        assert list(errors(answer)) == [field]
        assert 'aria-invalid="true"' in answer.content.decode()
        assert not Printer.objects.exists()

    def test_loopback_is_for_the_demo(self, manager: Client, settings: Any) -> None:
        settings.DEMO = False
        answer = manager.post("/printers/new", WHOLE | {"step": "ask"})
        assert (answer.status_code, list(errors(answer))) == (422, ["host"])

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": " "}, "name"),
            ({"name": "a/b"}, "name"),
            ({"name": "6f1b3c7e-9d6a-4f48-9a8c-d4e0e1c5a3b2"}, "name"),
            ({"site": "no spaces"}, "site"),
            ({"site": ""}, "site"),
            ({"model": "toaster"}, "model"),
            ({"model": ""}, "model"),
            ({"media": "dk:62"}, "media"),
            ({"media": "nonsense"}, "media"),
            ({"queue_path": "labels"}, "queue_path"),
            ({"error_policy": "hope"}, "error_policy"),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field(self, manager: Client, wrong: dict[str, str], field: str) -> None:
        answer = manager.post("/printers/new", WHOLE | wrong)
        assert answer.status_code == 422
        assert list(errors(answer)) == [field]
        assert answer.context["form"]["host"].value() == "127.0.0.1"
        assert not Printer.objects.exists()
        assert not Site.objects.exists()

    def test_a_queue_path_names_it_too(self, manager: Client) -> None:
        assert manager.post("/printers/new", WHOLE | {"name": "", "queue_path": "/labels/bench"}).status_code == 302
        assert Printer.objects.get().handle == "bench"

    def test_a_taken_handle(self, manager: Client) -> None:
        holder = make_printer("bench")
        answer = manager.post("/printers/new", WHOLE)
        assert answer.status_code == 409
        assert list(errors(answer)) == ["name"]
        assert str(holder.id) in errors(answer)["name"][0]
        assert list(Printer.objects.all()) == [holder]

    @pytest.mark.parametrize("role", ["viewer", "printer", "designer"])
    def test_only_who_manages(self, role: str) -> None:
        client = person(role)
        assert client.get("/printers/new").status_code == 403
        assert client.post("/printers/new", WHOLE).status_code == 403
        assert "/printers/new" not in client.get("/").content.decode()
        assert "/printers/new" not in client.get("/printers").content.decode()
        assert not Printer.objects.exists()

    def test_not_who_is_limited_to_some(self, manager: Client) -> None:
        mine = make_printer()
        UserLimit.objects.create(user=User.objects.get(), printer=mine)
        assert manager.get("/printers/new").status_code == 403
        assert manager.post("/printers/new", WHOLE).status_code == 403
        assert "/printers/new" not in manager.get("/printers").content.decode()
        assert Printer.objects.count() == 1

    def test_an_empty_hub_leads_here(self, manager: Client) -> None:
        for path in ("/", "/printers"):
            assert 'href="/printers/new"' in manager.get(path).content.decode()

    def test_a_forged_post_makes_none(self, manager: Client) -> None:
        forger = Client(enforce_csrf_checks=True)
        forger.force_login(User.objects.get())
        assert forger.post("/printers/new", WHOLE).status_code == 403
        assert not Printer.objects.exists()


class TestEdit:
    def test_it_works(self, manager: Client) -> None:
        printer = make_printer(snmp_community="hush")
        text = manager.get(f"/printers/{printer.id}/edit").content.decode()
        assert 'value="workbench"' in text
        assert "hush" not in text
        answer = manager.post(f"/printers/{printer.id}/edit", changed(printer, name="office", media="tze:18"))
        assert answer["Location"] == f"/printers/{printer.id}"
        printer.refresh_from_db()
        assert (printer.path, printer.media, printer.snmp_community) == ("main/office", "tze:18", "hush")
        assert Event.objects.get(kind="printer.changed").data == {"changed": ["media", "name"]}

    def test_the_next_job_goes_to_the_new_address(self, manager: Client, device: EmulatedPrinter) -> None:
        printer = make_printer(host="127.0.0.1", port=9, media="tze:12")
        device.load("tze:12")
        template = make_template()
        form = changed(printer, **where(device))
        assert manager.post(f"/printers/{printer.id}/edit", form).status_code == 302
        make_job(Printer.objects.get(), template)
        drain(printer.id)
        assert len(device.labels) == 1

    def test_a_new_community(self, manager: Client) -> None:
        printer = make_printer(snmp_community="hush")
        answer = manager.post(f"/printers/{printer.id}/edit", changed(printer, snmp_community="louder", name="a/b"))
        assert answer.status_code == 422
        printer.refresh_from_db()
        assert printer.snmp_community == "hush"
        manager.post(f"/printers/{printer.id}/edit", changed(printer, snmp_community="louder"))
        printer.refresh_from_db()
        assert printer.snmp_community == "louder"

    def test_switched_off_with_the_reason_and_on_again(self, manager: Client) -> None:
        printer = make_printer()
        off = changed(printer, disabled_reason="at the repair shop")
        del off["enabled"]
        manager.post(f"/printers/{printer.id}/edit", off)
        printer.refresh_from_db()
        assert (printer.enabled, printer.disabled_reason) == (False, "at the repair shop")
        assert "at the repair shop" in manager.get("/").content.decode()
        manager.post(f"/printers/{printer.id}/edit", changed(printer, disabled_reason="at the repair shop"))
        printer.refresh_from_db()
        assert (printer.enabled, printer.disabled_reason) == (True, "")

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": ""}, "name"),
            ({"site": "a b"}, "site"),
            ({"model": ""}, "model"),
            ({"model": "QL-820NWB", "media": "tze:12"}, "media"),
            ({"host": "8.8.8.8"}, "host"),
            ({"port": "0"}, "port"),
            ({"queue_path": "x/"}, "queue_path"),
            ({"disabled_reason": "x" * 301}, "disabled_reason"),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field(self, manager: Client, wrong: dict[str, str], field: str) -> None:
        printer = make_printer()
        before = Printer.objects.values().get()
        answer = manager.post(f"/printers/{printer.id}/edit", changed(printer, **wrong))
        assert answer.status_code == 422
        assert list(errors(answer)) == [field]
        assert Printer.objects.values().get() == before

    def test_a_taken_handle(self, manager: Client) -> None:
        printer, _holder = make_printer(), make_printer("office")
        answer = manager.post(f"/printers/{printer.id}/edit", changed(printer, name="office"))
        assert (answer.status_code, list(errors(answer))) == (409, ["name"])
        printer.refresh_from_db()
        assert printer.name == "workbench"

    def test_what_nobody_touched_is_not_judged(self, manager: Client) -> None:
        printer = make_printer(host="no-such-host.invalid", name="old")
        assert manager.post(f"/printers/{printer.id}/edit", changed(printer, name="new")).status_code == 302

    def test_one_that_is_only_watched_needs_no_name(self, manager: Client) -> None:
        printer = make_printer("")
        assert manager.post(f"/printers/{printer.id}/edit", changed(printer, model="PT-E550W")).status_code == 302

    def test_the_configuration_has_the_last_word(self, manager: Client) -> None:
        printer, own = make_printer(source="configuration"), make_printer("own")
        assert "configuration file" in manager.get(f"/printers/{printer.id}/edit").content.decode()
        assert "configuration file" not in manager.get(f"/printers/{own.id}/edit").content.decode()

    def test_only_who_manages(self) -> None:
        printer, client = make_printer(), person("printer")
        assert client.get(f"/printers/{printer.id}/edit").status_code == 403
        assert client.post(f"/printers/{printer.id}/edit", changed(printer, name="mine")).status_code == 403
        assert "/edit" not in client.get(f"/printers/{printer.id}").content.decode()
        assert Printer.objects.get().name == "workbench"


class TestRemove:
    def test_it_asks_first(self, manager: Client) -> None:
        printer = make_printer()
        assert "Remove workbench?" in manager.get(f"/printers/{printer.id}/remove").content.decode()
        assert Printer.objects.exists()
        assert manager.post(f"/printers/{printer.id}/remove")["Location"] == "/printers"
        assert not Printer.objects.exists()
        assert Event.objects.get(kind="printer.removed").actor == "eva"

    def test_not_with_a_history(self, manager: Client) -> None:
        printer = make_printer()
        make_job(printer)
        answer = manager.post(f"/printers/{printer.id}/remove")
        assert answer.status_code == 409
        assert "history of jobs" in answer.content.decode()
        assert Printer.objects.exists()

    def test_not_what_limits_a_token(self, manager: Client) -> None:
        printer = make_printer()
        token, _text = ApiToken.issue("inventory", ["print"])
        TokenBinding.objects.create(token=token, printer=printer)
        assert "inventory" in manager.post(f"/printers/{printer.id}/remove").content.decode()
        assert Printer.objects.exists()

    def test_only_who_manages(self) -> None:
        printer = make_printer()
        assert person("printer").post(f"/printers/{printer.id}/remove").status_code == 403
        assert Printer.objects.exists()


class TestUseModel:
    def test_it_works(self, manager: Client) -> None:
        printer = make_printer(status={"model_seen": "PT-E550W"})
        assert "Use PT-E550W" in manager.get(f"/printers/{printer.id}").content.decode()
        assert manager.get(f"/printers/{printer.id}/use-model").status_code == 405
        assert manager.post(f"/printers/{printer.id}/use-model").status_code == 302
        printer.refresh_from_db()
        assert printer.model == "PT-E550W"
        assert "Use PT-E550W" not in manager.get(f"/printers/{printer.id}").content.decode()

    def test_nothing_to_use(self, manager: Client) -> None:
        printer = make_printer(status={"model_seen": "Brother PT-P750W"})
        assert "use-model" not in manager.get(f"/printers/{printer.id}").content.decode()
        assert manager.post(f"/printers/{printer.id}/use-model").status_code == 302
        assert not Event.objects.filter(kind="printer.changed").exists()

    def test_not_with_media_that_it_cannot_take(self, manager: Client) -> None:
        printer = make_printer(status={"model_seen": "QL-820NWB"})
        Printer.objects.update(media="tze:12")
        manager.post(f"/printers/{printer.id}/use-model")
        printer.refresh_from_db()
        assert printer.model == "PT-P750W"

    def test_only_who_manages(self) -> None:
        printer, client = make_printer(status={"model_seen": "PT-E550W"}), person("printer")
        text = client.get(f"/printers/{printer.id}").content.decode()
        assert "says that it is a PT-E550W" in text
        assert "use-model" not in text
        assert client.post(f"/printers/{printer.id}/use-model").status_code == 403
        assert Printer.objects.get().model == "PT-P750W"


@pytest.mark.parametrize(("model", "size", "medium"), [("QL-820NWB", "12", "dk:12"), ("PT-P750W", "12", "tze:12")])
def test_a_bare_size_means_what_the_model_takes(manager: Client, model: str, size: str, medium: str) -> None:
    assert create_printer({"name": "x", "model": model, "host": "10.0.0.5", "media": size}, HUB).media == medium
