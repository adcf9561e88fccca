"""Looking for printers in a network: only when asked, only where printers may live."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from labelhub.accounts.models import User
from printers import scan as scanning
from printers.emulator import EmulatedPrinter
from printers.errors import AddressRefused
from printers.models import Event, Printer, UserLimit
from printers.scan import likely_networks, places_of
from printers.snmp import Answer, Target
from tests.pages.rows import make_printer
from tests.pages.test_roles import person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_demo_mode(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEMO = True
    monkeypatch.setattr(scanning, "PATIENCE_S", 0.3)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatedPrinter]:
    with EmulatedPrinter("PT-P750W", "tze:24", speed=0) as running:
        monkeypatch.setattr(scanning, "EMULATED", {running.snmp_port: running.port, 1: 9100})
        yield running


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who would be asked; nobody is."""
    hosts: list[str] = []

    def nobody_answers(targets: list[Target], _patience: float) -> list[Answer]:
        assert all(target.check for target in targets)
        hosts.extend(target.host for target in targets)
        return [Answer(problem="timeout", error="no") for _target in targets]

    monkeypatch.setattr(scanning, "read_all", nobody_answers)
    return hosts


@pytest.fixture
def client() -> Client:
    return person("manager")


def test_it_works(client: Client, device: EmulatedPrinter) -> None:
    assert client.get("/printers/scan").context["network"] == "127.0.0.0/8"
    answer = client.post("/printers/scan", {"network": "127.0.0.0/8"})
    text = answer.content.decode()
    assert [each.place.snmp_port for each in answer.context["sightings"]] == [device.snmp_port]
    assert "PT-P750W" in text
    assert "24 mm tape" in text
    assert "1 label printer answered." in text
    assert f'name="snmp_port" value="{device.snmp_port}"' in text
    assert not Printer.objects.exists()
    assert not Event.objects.exists()
    assert device.labels == []
    there = {"host": "127.0.0.1", "port": device.port, "snmp_port": device.snmp_port, "step": "ask"}
    assert "It is a PT-P750W" in client.post("/printers/new", there).content.decode()


def test_what_the_hub_has_is_not_added_again(client: Client, device: EmulatedPrinter) -> None:
    printer = make_printer(host="127.0.0.1", port=device.port, snmp_port=device.snmp_port)
    text = client.post("/printers/scan", {"network": "127.0.0.0/8"}).content.decode()
    assert "In the hub: workbench" in text
    assert f'href="/printers/{printer.id}"' in text
    assert 'value="ask"' not in text


def test_in_parts(client: Client, settings: Any, asked: list[str]) -> None:
    settings.DEMO = False
    settings.PRINTER_NETWORKS = ["10.9.8.0/24"]
    page = client.post("/printers/scan", {"network": "10.9.8.0/24", "step": "parts"}).content.decode()
    assert 'name="at" value="0"' in page
    assert asked == []
    for at, end in ((0, 64), (64, 128), (128, 192), (192, 254)):
        part = client.post("/printers/scan", {"network": "10.9.8.0/24", "at": str(at)}).content.decode()
        assert "<html" not in part
        assert (f'name="at" value="{end}"' in part) is (end < 254)
        assert len(asked) == end
    assert "254 addresses were asked" in part
    assert asked == [f"10.9.8.{n}" for n in range(1, 255)]


def test_looking_at_the_page_asks_nobody(client: Client, asked: list[str]) -> None:
    assert client.get("/printers/scan?network=127.0.0.1").status_code == 200
    assert asked == []


@pytest.mark.parametrize(
    ("network", "allowed"),
    [
        ("8.8.8.0/24", []),
        ("192.168.1.0/24", ["10.9.8.0/24"]),
        ("10.9.8.0/23", ["10.9.8.0/24"]),
        ("10.0.0.0/8", []),
        ("10.0.0.0/23", []),
        ("127.0.0.0/24", []),
        ("127.0.0.1", ["127.0.0.0/8"]),
        ("0.0.0.0/0", []),
        ("fc00::/120", []),
        ("printer.invalid", []),
        ("", []),
    ],
)
def test_other_networks_are_refused(
    client: Client, settings: Any, asked: list[str], network: str, allowed: list[str]
) -> None:
    settings.DEMO = False
    settings.PRINTER_NETWORKS = allowed
    for more in ({}, {"at": "0"}, {"step": "parts"}):
        answer = client.post("/printers/scan", {"network": network} | more)
        if network == "127.0.0.1":
            # Named as allowed; every single packet is refused where it would leave.
            continue
        assert answer.status_code == 422, network
        assert 'role="alert"' in answer.content.decode()
    assert [host for host in asked if not host.startswith("127.")] == []


def test_a_packet_is_checked_again_where_it_leaves(client: Client, settings: Any) -> None:
    settings.DEMO = False
    settings.PRINTER_NETWORKS = ["127.0.0.0/8"]
    text = client.post("/printers/scan", {"network": "127.0.0.1"}).content.decode()
    assert "No label printer answered." in text


def test_the_demo_looks_at_this_machine_only(client: Client, asked: list[str]) -> None:
    assert client.post("/printers/scan", {"network": "192.168.1.0/24"}).status_code == 422
    assert asked == []
    assert {place.host for place in places_of("127.0.0.0/8")} == {"127.0.0.1"}


def test_neither_network_nor_broadcast_address_is_asked(settings: Any) -> None:
    settings.DEMO = False
    settings.PRINTER_NETWORKS = []
    hosts = [place.host for place in places_of("192.168.7.9/29")]
    assert hosts == [f"192.168.7.{n}" for n in range(9, 15)]
    assert [place.host for place in places_of("192.168.7.9")] == ["192.168.7.9"]
    with pytest.raises(AddressRefused):
        places_of("192.168.0.0/23")


def test_what_is_likely_is_allowed(settings: Any) -> None:
    settings.DEMO = False
    settings.PRINTER_NETWORKS = ["10.9.8.0/24"]
    make_printer(host="10.9.8.77")
    make_printer("far", host="192.168.1.5")
    assert likely_networks("10.9.8.3") == ["10.9.8.0/24"]
    settings.PRINTER_NETWORKS = []
    assert "192.168.1.0/24" in likely_networks("8.8.8.8")
    assert "8.8.8.0/24" not in likely_networks("8.8.8.8")


@pytest.mark.parametrize("role", ["viewer", "printer", "designer"])
def test_others_may_not(role: str, asked: list[str]) -> None:
    client = person(role)
    assert client.get("/printers/scan").status_code == 403
    assert client.post("/printers/scan", {"network": "127.0.0.0/8"}).status_code == 403
    assert asked == []


def test_who_is_limited_to_some_printers_may_not(client: Client, asked: list[str]) -> None:
    UserLimit.objects.create(user=User.objects.get(username="eva"), printer=make_printer())
    assert client.post("/printers/scan", {"network": "127.0.0.0/8"}).status_code == 403
    assert asked == []
