"""What an operator may choose about followed sites: table `[follow]` of `related.toml`, environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import SettingsError, SourceError, shown
from recommender.ingest.registry import source_of
from recommender.setting_sources import load_table
from recommender.story.text_safety import is_web_url
from recommender.web.errors import without_secrets

TABLE = "follow"
PREFIX = "RELATED_FOLLOW_"


@dataclass(frozen=True, kw_only=True)
class FollowSettings:
    """Which sites are followed, and how. Every field has a default that works.

    Parameters
    ----------
    urls : list of str
        Feeds, sitemaps, sites of WordPress and the like that the service follows; in the environment
        separated by white space. ``wordpress-json https://news.example`` says the kind, too.
    full_pages : bool
        Read the page of a story of which a feed gives a summary alone.
    least_seconds, most_seconds : int
        Between two looks at a site: soon again where something is new, later where nothing is.
    gone_seconds : int
        How long a page must be gone before its story is withdrawn.
    watch_days : int
        For how many days after its last change a story is looked at, whether it is still there.
    """

    urls: tuple[str, ...] | str = ()
    full_pages: bool = False
    least_seconds: int = 300
    most_seconds: int = 21_600
    gone_seconds: int = 600
    watch_days: int = 30

    def __post_init__(self) -> None:
        if not 1 <= self.least_seconds <= self.most_seconds:
            raise SettingsError("settings follow: give least_seconds from 1 up, and most_seconds above it")
        if min(self.gone_seconds, self.watch_days) < 0:
            raise SettingsError("settings follow.gone_seconds and watch_days are numbers from 0 up")
        for one in self.addresses:
            one.check()

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The sites that are followed."""
        if isinstance(self.urls, str):
            return addresses_in(self.urls.split())
        return addresses_in([word for entry in self.urls for word in entry.split()])


@dataclass(frozen=True, slots=True)
class Address:
    """A site, and its kind where that was named."""

    url: str
    kind: str | None = None

    def check(self) -> None:
        """Raise `SettingsError` where this is no address, or of no known kind."""
        try:
            if self.kind is not None:
                source_of(self.kind)
        except SourceError as error:
            raise SettingsError(f"the followed site {self._named}: {error}") from error
        if not is_web_url(self.url):
            problem = "give an http(s) URL without name and password (see RELATED_WEB_CREDENTIALS)"
            raise SettingsError(f"the followed site {self._named}: {problem}")

    @property
    def _named(self) -> str:
        return shown(without_secrets(self.url))


def addresses_in(words: list[str]) -> tuple[Address, ...]:
    """Return the addresses among words, each with the kind that stands before it, if any; each once."""
    found: dict[str, Address] = {}
    kind: str | None = None
    for word in words:
        if "://" in word:
            found[word] = Address(word, kind)
            kind = None
        elif kind is not None:
            break
        else:
            kind = word
    if kind is not None:
        raise SettingsError(
            f"the followed site {shown(kind)} is no address; give an http(s) URL after a kind"
        )
    return tuple(found.values())


def load_follow_settings(archive: Path, env: Mapping[str, str] | None = None) -> FollowSettings:
    """Read the settings of an archive; the environment counts before the file.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value.
    """
    return load_table(FollowSettings, archive, os.environ if env is None else env, PREFIX, TABLE)
