"""What an operator may choose about many publishers in one process, and which settings are whose."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from recommender.concurrency.retries import attempt
from recommender.errors import SettingsError, shown
from recommender.service import settings as service
from recommender.service.settings import ServiceSettings, load_service_settings
from recommender.setting_sources import FILE_NAME, given, load_table

TABLE = "publishers"
TITLES = "titles"
"""The table of what titles of a group let stand in their blocks of each other; see `titles`."""
PREFIX = "RELATED_PUBLISHERS_"
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
NAMES = "letters, digits, '.', '_' and '-', 64 at most, the first and the last a letter or a digit"
_HOST = re.compile(r"[a-z0-9.-]{1,253}|\[[0-9a-f:.]+\]")
_OF_CONNECTIONS = (
    *("max_head", "head_seconds", "body_seconds", "idle_seconds", "stop_seconds", "proxies"),
    *("connections", "connections_by_address"),
)
"""Settings of the process: connections are let in before it is known whom they are for."""
_OF_ONE = ("hook_secret", "webhook_url", "webhook_secret", "webhook_private", "public_url", "sidebar_origins")
"""Settings that are one publisher's alone: set for all, one is told of another's stories, or write there."""
_TABLES_OF_ONE = ("RELATED_CATALOG_", "RELATED_FOLLOW_")


@dataclass(frozen=True, kw_only=True)
class PublishersSettings:
    """How many archives one process holds, and by which hosts they are reached.

    Parameters
    ----------
    open : int
        Archives that are open at once; whose were asked least recently is closed when it has nothing in hand.
    loaded : int
        Of these, archives whose index and features are in memory: all that make blocks or are written to.
        Stored blocks do without.
    look_seconds : float
        How often each archive that nobody asks is looked at for what other processes wrote to it. Embargoes
        end in time whatever it is.
    hosts : str
        Hosts that lead to a publisher without its prefix, separated by commas, such as
        ``related.gazette.example=gazette``.
    """

    open: int = 500
    loaded: int = 32
    look_seconds: float = 300
    hosts: str = ""

    def __post_init__(self) -> None:
        for name in ("open", "loaded", "look_seconds"):
            if not getattr(self, name) > 0:
                raise SettingsError(f"setting {TABLE}.{name} is {getattr(self, name)}; give a number above 0")
        self.by_host  # noqa: B018 (read for its error)

    @cached_property
    def by_host(self) -> Mapping[str, str]:
        """The names of publishers by host, in small letters."""
        found: dict[str, str] = {}
        for word in filter(None, map(str.strip, self.hosts.split(","))):
            host, _, name = word.partition("=")
            host = host.strip().lower()
            if not _HOST.fullmatch(host) or not NAME.fullmatch(name.strip()) or host in found:
                raise SettingsError(
                    f"setting {TABLE}.hosts holds {shown(word)}; give each host once, without a port, with "
                    "the name of its publisher: related.gazette.example=gazette"
                )
            found[host] = name.strip()
        if len(set(found.values())) < len(found):
            raise SettingsError(f"setting {TABLE}.hosts names a publisher twice; give each one host")
        return found


def load_publishers_settings(directory: Path, env: Mapping[str, str] | None = None) -> PublishersSettings:
    """Read the settings of many publishers; the environment counts before the file.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value.
    """
    return load_table(PublishersSettings, directory, os.environ if env is None else env, PREFIX, TABLE)


def load_common(directory: Path, env: Mapping[str, str] | None = None) -> ServiceSettings:
    """Return the service's settings that count for all publishers, unless one has its own.

    Raises
    ------
    SettingsError
        Also for one that can be one publisher's alone, wherever it stands.
    """
    env = os.environ if env is None else env
    for name, (_, source) in given(ServiceSettings, directory, env, service.PREFIX, service.TABLE).items():
        if name in _OF_ONE:
            raise SettingsError(
                f"{source}: setting service.{name} is of one publisher; set it in the {FILE_NAME} of "
                "its archive"
            )
    if (path := directory / FILE_NAME).is_file():
        read, error = attempt(lambda: tomllib.loads(path.read_text("utf-8")))
        if error is None and (others := sorted((read or {}).keys() - {TABLE, TITLES, service.TABLE})):
            raise SettingsError(
                f"{path}: {others[0]} is not of all publishers; only the tables [{TABLE}], "
                f"[{TITLES}.NAME] and [{service.TABLE}] are read here: set it in the {FILE_NAME} of each "
                "archive that is meant"
            )
    if found := [key for key in env if key.startswith(_TABLES_OF_ONE)]:
        raise SettingsError(
            f"environment variable {found[0]} would count for every publisher; set it in the {FILE_NAME} of "
            f"the archive that is meant, and unset {found[0]}"
        )
    return load_service_settings(directory, env)


def settings_of(archive: Path, common: ServiceSettings) -> ServiceSettings:
    """Return the service's settings of one publisher: its own file's, else those that count for all.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value.
    """
    own = {name: value for name, (value, _) in given(
        ServiceSettings, archive, {}, service.PREFIX, service.TABLE
    ).items() if name not in _OF_CONNECTIONS}  # fmt: skip
    try:
        both = msgspec.convert(msgspec.to_builtins(common) | own, ServiceSettings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{archive / FILE_NAME}: {error}; docs/settings.md lists them") from error
    if not both.works:
        raise SettingsError(
            "setting service.works is false, and one process for many publishers does the work of all; "
            f"take it out of {archive / FILE_NAME} or what counts for all"
        )
    return both


def path_of(directory: Path, name: str) -> Path | None:
    """Return where the archive of a publisher is, None where there is none of that name."""
    if not NAME.fullmatch(name):
        return None
    path = directory / name
    return path if path.is_dir() else None


def place_of(directory: Path, name: str) -> tuple[Path, int, int] | None:
    """Return where the archive of a publisher is, and which directory of which disk that is."""
    path = path_of(directory, name)
    if path is None:
        return None
    found = path.stat()
    return path, found.st_dev, found.st_ino


def names_in(directory: Path) -> list[str]:
    """Return the names of all publishers."""
    with os.scandir(directory) as found:
        return sorted(each.name for each in found if each.is_dir() and NAME.fullmatch(each.name))
