import socket
import time
from ipaddress import ip_network

import pytest
from django.conf import LazySettings

from printers import networks
from printers.errors import AddressRefused
from printers.networks import HostUnknown, check_address, check_snmp_address


@pytest.fixture(autouse=True)
def _a_hub_with_real_printers(settings: LazySettings) -> None:
    settings.DEMO = False
    settings.PRINTER_NETWORKS = []


def _answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    answers = [(socket.AF_INET6 if ":" in a else socket.AF_INET, 1, 6, "", (a, 0)) for a in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: answers)


@pytest.mark.parametrize("host", ["10.1.2.3", "172.16.0.9", "192.168.178.20", "fd00::20", " 192.168.1.1 "])
def test_it_works(host: str) -> None:
    assert check_address(host, 9100) == (host.strip(), 9100)


def test_a_name_is_resolved_once_and_the_checked_address_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, "192.168.1.7")
    assert check_address("labels.lan", 9100) == ("192.168.1.7", 9100)


@pytest.mark.parametrize(
    ("host", "part"),
    [
        ("127.0.0.1", "this machine itself"),
        ("127.8.9.10", "this machine itself"),
        ("::1", "this machine itself"),
        ("::ffff:127.0.0.1", "this machine itself"),
        ("::127.0.0.1", "this machine itself"),
        ("64:ff9b::7f00:1", "this machine itself"),
        ("2002:7f00:1::", "this machine itself"),
        ("0.0.0.0", "names no device"),
        ("0.1.2.3", "names no device"),
        ("::", "names no device"),
        ("169.254.169.254", "link-local"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("::ffff:169.254.169.254", "link-local"),
        ("fe80::1", "link-local"),
        ("224.0.0.251", "group"),
        ("ff02::1", "group"),
        ("255.255.255.255", "group"),
        ("8.8.8.8", "outside the networks"),
        ("100.100.100.200", "outside the networks"),
        ("2001:4860:4860::8888", "outside the networks"),
        ("", "needs a host"),
    ],
)
def test_it_refuses(host: str, part: str) -> None:
    with pytest.raises(AddressRefused, match=part):
        check_address(host, 9100)


def test_one_bad_answer_among_good_ones_refuses_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, "192.168.1.7", "169.254.169.254")
    with pytest.raises(AddressRefused, match=r"labels\.lan \(169\.254\.169\.254\)"):
        check_address("labels.lan", 9100)


@pytest.mark.parametrize("spelling", ["0x7f.1", "2130706433", "127.1"])
def test_other_spellings_of_loopback_are_resolved_before_the_check(spelling: str) -> None:
    with pytest.raises(AddressRefused, match="this machine itself"):
        check_address(spelling, 9100)


@pytest.mark.parametrize("port", [0, 22, 80, 6379, 9099, 9103, 161])
def test_only_the_ports_of_label_printers(port: int) -> None:
    with pytest.raises(AddressRefused, match="9100, 9101, 9102"):
        check_address("192.168.1.7", port)


def test_snmp_has_its_own_port() -> None:
    assert check_snmp_address("192.168.1.7", 161) == ("192.168.1.7", 161)
    with pytest.raises(AddressRefused, match="Allowed: 161"):
        check_snmp_address("192.168.1.7", 9100)


def test_configured_networks_replace_the_private_ones(settings: LazySettings) -> None:
    settings.PRINTER_NETWORKS = ["203.0.113.0/24"]
    assert check_address("203.0.113.9", 9100) == ("203.0.113.9", 9100)
    with pytest.raises(AddressRefused, match="LABELHUB_PRINTER_NETWORKS"):
        check_address("192.168.1.7", 9100)


def test_configured_networks_do_not_open_loopback_or_metadata(settings: LazySettings) -> None:
    settings.PRINTER_NETWORKS = ["0.0.0.0/0", "::/0"]
    for host in ("127.0.0.1", "169.254.169.254", "0.0.0.0"):
        with pytest.raises(AddressRefused):
            check_address(host, 9100)


def test_a_malformed_network_allows_nothing(settings: LazySettings) -> None:
    settings.PRINTER_NETWORKS = ["203.0.113.0/99", "10.0.0.0/8"]
    assert networks.allowed_networks() == (ip_network("10.0.0.0/8"),)


def test_demo_opens_loopback_on_any_port(settings: LazySettings) -> None:
    settings.DEMO = True
    assert check_address("127.0.0.1", 40123) == ("127.0.0.1", 40123)
    assert check_address("::ffff:127.0.0.2", 40123) == ("127.0.0.2", 40123)


def test_demo_does_not_open_other_ports_elsewhere(settings: LazySettings) -> None:
    settings.DEMO = True
    with pytest.raises(AddressRefused, match="Port 22"):
        check_address("192.168.1.7", 22)


def test_an_unknown_name_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*args: object, **more: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(HostUnknown, match=r"no host called labels\.lan"):
        check_address("labels.lan", 9100)


def test_a_silent_name_server_does_not_hold_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: time.sleep(0.5))
    started = time.monotonic()
    with pytest.raises(HostUnknown, match="No name server answered"):
        check_address("labels.lan", 9100, timeout_s=0.05)
    assert time.monotonic() - started < 0.4
