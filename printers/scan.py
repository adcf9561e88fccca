"""A look for label printers in one small network, by SNMP alone and only when a person asks for it.

Every address is checked against the networks where printers may live (printers/networks.py), first as a whole and
then again where its packet leaves. In demo mode only this machine's own emulated printers are looked for.
"""

import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network

from django.conf import settings
from django.utils.translation import gettext as _

from printers.configuration import DEFAULT_COMMUNITY, DEFAULT_PORT, DEFAULT_SNMP_PORT
from printers.discovery import Found, found_in
from printers.errors import AddressRefused
from printers.models import Printer
from printers.networks import allowed_networks
from printers.snmp import Target, read_all

# 256 addresses: what one network at home or in an office has.
LEAST_PREFIX = 24
PATIENCE_S = 0.8
# Asked together; between two of these the page shows how far it is.
CHUNK = 64
# Where emulated printers listen: SNMP port → printing port (manage.py emulator, and the demo's own).
EMULATED = {1161: 9100, 16101: 9101, 16102: 9102, 16103: 9103, 16104: 9104}
LOOPBACK = IPv4Network("127.0.0.0/8")


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    snmp_port: int
    port: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """A label printer that answered; `known` is the hub's own printer at that address."""

    place: Place
    found: Found
    known: Printer | None


def places_of(text: str) -> list[Place]:
    """Every address to ask of a network such as 192.168.1.0/24. Raises AddressRefused; sends nothing."""
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise AddressRefused(_("This is no network. Write it as 192.168.1.0/24.")) from error
    if not isinstance(network, IPv4Network):
        raise AddressRefused(_("Only IPv4 networks can be looked through. Add an IPv6 printer by its address."))
    if settings.DEMO:
        if not network.subnet_of(LOOPBACK):
            raise AddressRefused(_("In demo mode the hub looks for emulated printers on 127.0.0.1 only."))
        return [Place("127.0.0.1", snmp_port, port) for snmp_port, port in EMULATED.items()]
    if network.prefixlen < LEAST_PREFIX:
        sentence = _(
            "%(network)s has %(n)d addresses; at most 256 are asked at a time. Choose a part of it, such as /24."
        )
        raise AddressRefused(sentence % {"network": network, "n": network.num_addresses})
    if not any(_holds(allowed, network) for allowed in allowed_networks()):
        raise AddressRefused(
            _("%(network)s is outside the networks where printers may live. Add it to LABELHUB_PRINTER_NETWORKS.")
            % {"network": network}
        )
    return [Place(str(host), DEFAULT_SNMP_PORT, DEFAULT_PORT) for host in network.hosts()]


def scan(places: Sequence[Place], community: str = DEFAULT_COMMUNITY) -> list[Sighting]:
    """Ask these, all at once; only those that say that they are label printers."""
    answers = read_all([Target(each.host, each.snmp_port, community) for each in places], PATIENCE_S)
    heard = [(place, answer) for place, answer in zip(places, answers, strict=True) if answer.ok]
    known = {
        (printer.host, printer.snmp_port): printer
        for printer in Printer.objects.filter(host__in=[place.host for place, _answer in heard]).select_related("site")
    }
    return [
        Sighting(
            place, found_in(answer, place.host, place.port, place.snmp_port), known.get((place.host, place.snmp_port))
        )
        for place, answer in heard
    ]


def likely_networks(visitor: str = "") -> list[str]:
    """Where printers may well be, as /24: around this machine, those that are known, and who asks. Sends nothing."""
    if settings.DEMO:
        return ["127.0.0.0/8"]
    hosts = [*_own_addresses(), *Printer.objects.values_list("host", flat=True)[:50], visitor]
    found = []
    for host in hosts:
        with suppress(ValueError):
            address = ip_address(host)
            if isinstance(address, IPv4Address) and any(address in network for network in allowed_networks()):
                found.append(str(ip_network(f"{address}/{LEAST_PREFIX}", strict=False)))
    # A small network that is allowed by name is worth a look, too.
    found += [str(each) for each in allowed_networks() if each.version == 4 and each.prefixlen >= LEAST_PREFIX]
    return list(dict.fromkeys(found))


def _own_addresses() -> Iterable[str]:
    """The addresses from which this machine would reach each allowed network: a UDP socket that is only connected."""
    for network in allowed_networks():
        if network.version != 4:
            continue
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((str(network.network_address + 1), 9))
            yield probe.getsockname()[0]


def _holds(allowed: object, network: IPv4Network) -> bool:
    return isinstance(allowed, IPv4Network) and network.subnet_of(allowed)
