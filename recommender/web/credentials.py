"""Names and passwords of sites, each bound to one scheme, host and port. Knows no kind of site."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

from recommender.errors import SettingsError
from recommender.web.hosts import Reach

_PORTS = {"http": 80, "https": 443}
Origin = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Login:
    """A name and its password, or a key under any name."""

    name: str
    password: str

    @property
    def header(self) -> str:
        """The value of ``Authorization`` (RFC 7617)."""
        return "Basic " + base64.b64encode(f"{self.name}:{self.password}".encode()).decode()

    def __repr__(self) -> str:
        return f"Login({self.name!r})"


@dataclass(frozen=True, slots=True)
class Logins:
    """What an operator gave, by origin."""

    by_origin: Mapping[Origin, Login]

    @classmethod
    def parse(cls, text: str, reach: Reach) -> Self:
        """Read addresses that hold a name and a password.

        Raises
        ------
        SettingsError
            For what is none; never with the password in it. Over plain HTTP only a private host is sent one.
        """
        found: dict[Origin, Login] = {}
        for number, word in enumerate(text.split(), start=1):
            place = f"setting web.credentials: entry {number}"
            try:
                parts = urlsplit(word)
                origin = origin_of(word)
            except ValueError:
                raise SettingsError(f"{place} is no address; write https://name:password@host") from None
            if not parts.username or not parts.password or origin is None:
                raise SettingsError(f"{place} lacks name, password or host; write https://name:password@host")
            if parts.scheme == "http" and not reach.may_be_private(origin[1]):
                raise SettingsError(f"{place} would be sent to {origin[1]} unencrypted; write https://")
            found[origin] = Login(unquote(parts.username), unquote(parts.password))
        return cls(found)

    def of(self, url: str) -> Login | None:
        """Return what may be sent to an address."""
        origin = origin_of(url)
        return None if origin is None else self.by_origin.get(origin)


def origin_of(url: str) -> Origin | None:
    """Return scheme, host and port of an address; None where it is no web address."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname.rstrip("."), parts.port or _PORTS[parts.scheme]
