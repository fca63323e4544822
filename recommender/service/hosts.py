"""Where the service may post to: which addresses are public, and which are of a machine or a network.

Knows no HTTP: the settings are checked by it where that is not installed.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from recommender.errors import SettingsError, shown
from recommender.story.text_safety import is_web_url

# Names that are of the machine or the network that it stands in (RFC 6761, RFC 6762; clouds' metadata).
_PRIVATE_NAMES = ("localhost", "local", "internal", "home.arpa", "lan", "intranet")
WAY_OUT = "name a public host, or set webhook_private = true for one of your own network"


def check_address(url: str, *, private: bool) -> None:
    """Refuse an address that nothing may be posted to.

    Raises
    ------
    SettingsError
        When it is no http(s) address or holds credentials or control characters; or when its host is of a
        private network and `private` is false.
    """
    if not is_web_url(url):
        problem = "give an http(s) URL without name and password, white space or control characters"
        raise SettingsError(f"setting service.webhook_url is {shown(url)}; {problem}")
    host = (urlsplit(url).hostname or "").rstrip(".")
    if private:
        return
    address = _literal(host)
    named = address is None and (
        "." not in host or host.endswith(tuple(f".{name}" for name in _PRIVATE_NAMES))
    )
    if named or (address is not None and not is_public(address)):
        raise SettingsError(f"setting service.webhook_url names {shown(host)}, a private host; {WAY_OUT}")


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet, not of a machine, a network or a cloud."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    parsed = mapped or parsed
    return parsed.is_global and not parsed.is_multicast


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
