"""What an operator may choose about the desk: table `[desk]` of `related.toml`, environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import SettingsError, shown
from recommender.setting_sources import load_table

TABLE = "desk"
PREFIX = "RELATED_DESK_"
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
MOST_DAYS = 366


@dataclass(frozen=True, kw_only=True)
class DeskSettings:
    """Who is let in at the desk. Every field has a default that works.

    Parameters
    ----------
    header : str
        A header, such as ``X-Forwarded-User``, in which a proxy of the setting `service.proxies` names who is
        signed in; nobody signs in at the desk itself then. Without such a proxy the service does not start.
        Empty: people sign in here.
    session_days : float
        How long who has signed in stays so, days.
    link_hours : float
        How long a personal link may be used, hours.
    """

    header: str = ""
    session_days: float = 7
    link_hours: float = 24

    def __post_init__(self) -> None:
        if self.header and not _HEADER.fullmatch(self.header):
            raise SettingsError(
                f"setting desk.header is {shown(self.header)}; give a header's name, such as X-Forwarded-User"
            )
        for name in ("session_days", "link_hours"):
            value, most = getattr(self, name), MOST_DAYS * (24 if name == "link_hours" else 1)
            if not 0 < value <= most:
                raise SettingsError(
                    f"setting desk.{name} is {value}; give a number above 0, {most:,} at most"
                )


def load_desk_settings(archive: Path, env: Mapping[str, str] | None = None) -> DeskSettings:
    """Read the desk's settings of an archive; the environment counts before the file.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value.
    """
    return load_table(DeskSettings, archive, os.environ if env is None else env, PREFIX, TABLE)
