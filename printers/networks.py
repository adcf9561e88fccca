"""Where printers may live.

A printer's host and port decide where the hub sends arbitrary bytes, so they are checked when a person types them
and again at every connection; a name is resolved once, and the connection goes to the address that was checked.
"""

import os
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings

from printers.errors import AddressRefused

PRINTING_PORTS = frozenset({9100, 9101, 9102})
SNMP_PORTS = frozenset({161})
RESOLVE_TIMEOUT_S = 5.0

type_of_ip = IPv4Address | IPv6Address
type_of_network = IPv4Network | IPv6Network

PRIVATE_NETWORKS: tuple[type_of_network, ...] = (
    ip_network("10.0.0.0/8"),
    ip_network("172.16.0.0/12"),
    ip_network("192.168.0.0/16"),
    ip_network("fc00::/7"),
)
NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
THIS_NETWORK = IPv4Network("0.0.0.0/8")


def _new_resolver() -> ThreadPoolExecutor:
    # getaddrinfo knows no timeout; its threads end when the system's resolver gives up.
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")


def _after_fork() -> None:
    """A forked child has the pool's memory and not its threads."""
    global _resolver
    _resolver = _new_resolver()


_resolver = _new_resolver()
os.register_at_fork(after_in_child=_after_fork)


class HostUnknown(AddressRefused):
    """The name has no address, or nobody answered in time; it may have one later."""

    code = "host-unknown"


def check_address(host: str, port: int, *, timeout_s: float = RESOLVE_TIMEOUT_S) -> tuple[str, int]:
    """The (numeric address, port) to print to. Raises AddressRefused, HostUnknown."""
    return _checked_or_known(host, port, PRINTING_PORTS, timeout_s)


def check_snmp_address(host: str, port: int, *, timeout_s: float = RESOLVE_TIMEOUT_S) -> tuple[str, int]:
    """The (numeric address, port) to ask by SNMP. Raises AddressRefused, HostUnknown."""
    return _checked_or_known(host, port, SNMP_PORTS, timeout_s)


def is_literal(host: str) -> bool:
    """Whether it is an address already, so that checking it asks no name server."""
    return _literal(host) is not None


def allowed_networks() -> tuple[type_of_network, ...]:
    """The networks of LABELHUB_PRINTER_NETWORKS; a malformed one allows nothing (a system check names it)."""
    return tuple(_networks(settings.PRINTER_NETWORKS)) or PRIVATE_NETWORKS


def _checked_or_known(host: str, port: int, ports: frozenset[int], timeout_s: float) -> tuple[str, int]:
    if is_literal(host):
        return _known(host, port, ports, settings.DEMO, tuple(settings.PRINTER_NETWORKS))
    return _checked(host, port, ports, timeout_s)


@lru_cache(maxsize=4096)
def _known(host: str, port: int, ports: frozenset[int], *_settings: object) -> tuple[str, int]:
    """A worker asks several times for each label, and as long as the settings are these the answer is the same."""
    return _checked(host, port, ports, 0.0)


def _checked(host: str, port: int, ports: frozenset[int], timeout_s: float) -> tuple[str, int]:
    host = host.strip()
    if not host:
        raise AddressRefused("A printer needs a host name or an address.")
    addresses = [_plain(address) for address in _addresses(host, timeout_s)]
    # Every answer counts: a name with one good and one bad address could be used to reach the bad one.
    for address in addresses:
        _check_one(host, address)
    # Label printers speak IPv4, whatever the name server says of them.
    address = min(addresses, key=lambda each: each.version)
    if port not in ports and not (settings.DEMO and address.is_loopback):
        listed = ", ".join(str(p) for p in sorted(ports))
        raise AddressRefused(f"Port {port} is not a port of label printers. Allowed: {listed}.")
    return str(address), port


def _check_one(host: str, address: type_of_ip) -> None:
    shown = str(address) if host == str(address) else f"{host} ({address})"
    if address.is_loopback:
        if settings.DEMO:
            return
        raise AddressRefused(f"{shown} is this machine itself. Printers on loopback exist in demo mode only.")
    if address.is_unspecified or (address.version == 4 and address in THIS_NETWORK):
        raise AddressRefused(f"{shown} names no device. Enter the printer's own address.")
    if address.is_multicast or address.is_reserved:
        raise AddressRefused(f"{shown} is a group, broadcast or reserved address. Enter the printer's own address.")
    if address.is_link_local:
        raise AddressRefused(
            f"{shown} is a link-local address, which a device gives itself when it got none. "
            "Give the printer an address on your network."
        )
    if not any(address in network for network in allowed_networks()):
        raise AddressRefused(
            f"{shown} is outside the networks where printers may live. "
            "If the printer is really there, add its network to LABELHUB_PRINTER_NETWORKS."
        )


def _addresses(host: str, timeout_s: float) -> list[type_of_ip]:
    literal = _literal(host)
    if literal is not None:
        return [literal]
    future = _resolver.submit(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    try:
        answers = future.result(timeout=max(timeout_s, 0.0))
    except TimeoutError:
        future.cancel()
        raise HostUnknown(f"No name server answered in {timeout_s:.0f} s when asked for {host}.") from None
    except (OSError, UnicodeError):
        raise HostUnknown(f"There is no host called {host}. Check the spelling, or enter its address.") from None
    found = [ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    if not found:
        raise HostUnknown(f"The name {host} has no address.")
    return list(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def _literal(host: str) -> type_of_ip | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _plain(address: type_of_ip) -> type_of_ip:
    """The IPv4 address that really gets the packets, where an IPv6 one only wraps it."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    # ::127.0.0.1, "IPv4-compatible", long deprecated.
    if 1 < int(address) < 2**32:
        return IPv4Address(int(address))
    return address


def _networks(texts: Iterable[str]) -> Iterable[type_of_network]:
    for text in texts:
        try:
            yield ip_network(text, strict=False)
        except ValueError:
            continue
