"""Which addresses are of the public internet, and which of a machine or a network.

Knows no HTTP: the settings are checked by it where that is not installed.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

# Names that are of the machine or the network that it stands in (RFC 6761, RFC 6762; clouds' metadata).
_PRIVATE_NAMES = ("localhost", "local", "internal", "home.arpa", "lan", "intranet")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # RFC 4291
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address that is meant


@dataclass(frozen=True, slots=True)
class Reach:
    """Which hosts may be asked: all that are public, and private ones that an operator named.

    Parameters
    ----------
    named : collection of str
        Hosts, in lower case, that may have a private address.
    anywhere : bool
        Any host may.
    """

    named: Collection[str] = ()
    anywhere: bool = False

    def has(self, host: str, address: str) -> bool:
        """Return whether a host that was found to be at an IP address may be asked there."""
        return self.may_be_private(host) or is_public(address)

    def may_be_private(self, host: str) -> bool:
        """Return whether a host may have a private address."""
        return self.anywhere or host.lower().rstrip(".") in self.named


ANYWHERE = Reach(anywhere=True)


def is_private(url: str) -> bool:
    """Return whether the host of an address is of a private network, as far as its name tells."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    address = _literal(host)
    if address is not None:
        return not is_public(address)
    return "." not in host or host.endswith(tuple(f".{name}" for name in _PRIVATE_NAMES))


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet, not of a machine, a network or a cloud."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or _translated(parsed)
        if inner is None and parsed not in _GLOBAL_UNICAST:
            return False
        parsed = inner or parsed
    return parsed.is_global and not parsed.is_multicast


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def _literal(host: str) -> str | None:
    """Return the IP address that a host is written as, in any way that a resolver reads; None for a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:  # 127.1, 0x7f000001, 2130706433
        return (
            socket.inet_ntoa(socket.inet_aton(host)) if host[-1:].isalnum() and host[:1].isdigit() else None
        )
    except OSError:
        return None
