"""Whose an address is, so that each client is counted once however many addresses it has."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_V6_SITE = 64  # bits of an IPv6 address that one site has to itself
_LONGEST = 64  # characters that are kept of what is no address: a proxy may forward anything


def parsed(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text is, an IPv4 one where it is written as IPv6; None when it is none."""
    try:
        ip = ip_address(host)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


@lru_cache(4096)
def site(host: str) -> str:
    """Return what one client has to itself of an address: all of IPv4, the first half of IPv6."""
    ip = parsed(host)
    if isinstance(ip, IPv6Address):
        return str(ip_network((ip.packed, _V6_SITE), strict=False))
    return host[:_LONGEST] if ip is None else str(ip)
