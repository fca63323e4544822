"""What an operator may choose about requests to other sites: table `[web]` of `related.toml`, environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from recommender.errors import SettingsError
from recommender.setting_sources import load_table
from recommender.web.credentials import Logins
from recommender.web.hosts import Reach

TABLE = "web"
PREFIX = "RELATED_WEB_"


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """How other sites are asked. Every field has a default that works.

    Parameters
    ----------
    private_hosts : str
        Hosts of this machine or a private network that may be asked, separated by commas: ``localhost,
        cms.lan``. All others with private addresses are refused, also where a public site redirects to one.
    own_hosts : str
        Hosts of your own, separated by commas, whose ``robots.txt`` is not asked.
    contact : str
        An address or an e-mail that a site's operator can turn to; part of the user agent.
    pause_seconds : float
        Between two requests to one host; a longer ``Crawl-delay`` of its ``robots.txt`` counts.
    seconds : float
        How long one request may take in all.
    credentials : str
        Names and passwords, as addresses separated by white space: ``https://editor:password@news.example``.
        Each is sent to that host alone. Set it in the environment: ``RELATED_WEB_CREDENTIALS``.
    credentials_file : str
        A file that holds the same.
    """

    private_hosts: str = ""
    own_hosts: str = ""
    contact: str = ""
    pause_seconds: float = 0.5
    seconds: float = 120.0
    credentials: str = ""
    credentials_file: str = ""

    def __post_init__(self) -> None:
        if not self.pause_seconds >= 0 or not self.seconds > 0:
            raise SettingsError("settings web.pause_seconds and web.seconds are numbers from 0 up")
        if not self.contact.isprintable() or not self.contact.isascii() or set(self.contact) & set("()"):
            raise SettingsError(f"setting web.contact is {self.contact!r}; give an address in plain ASCII")
        self.logins  # noqa: B018 (read for its error)

    @cached_property
    def reach(self) -> Reach:
        """Where connections may lead."""
        return Reach(_hosts(self.private_hosts))

    @cached_property
    def own(self) -> frozenset[str]:
        """The hosts whose rules for robots are not asked."""
        return _hosts(self.own_hosts)

    @cached_property
    def logins(self) -> Logins:
        """The names and passwords."""
        text = self.credentials
        if self.credentials_file:
            try:
                text += "\n" + Path(self.credentials_file).expanduser().read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(
                    f"setting web.credentials_file: cannot read {self.credentials_file} ({error}); "
                    "name a file that holds https://name:password@host"
                ) from error
        return Logins.parse(text, self.reach)


def _hosts(names: str) -> frozenset[str]:
    return frozenset(name.strip().lower().rstrip(".") for name in names.split(",") if name.strip())


def load_web_settings(archive: Path | None, env: Mapping[str, str] | None = None) -> WebSettings:
    """Read the settings of an archive; the environment counts before the file.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value.
    """
    return load_table(WebSettings, archive, os.environ if env is None else env, PREFIX, TABLE)
