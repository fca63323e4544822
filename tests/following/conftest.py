from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.catalog.web_sources import WebSourceRow, WebSources
from recommender.following.follower import Follower, Look
from recommender.following.settings import Address, FollowSettings
from recommender.newsroom import Newsroom
from recommender.settings import Settings
from recommender.story.story import Status, Story
from tests.fakes import HashEmbedder
from tests.web.site import Site, client, running

NOW = 1_772_600_000  # some days after the stories


class Clock:
    now = float(NOW)

    def __call__(self) -> float:
        return self.now


class Desk:
    """A newsroom that follows a site, and a clock that is moved by hand."""

    def __init__(self, newsroom: Newsroom, clock: Clock, site: Site) -> None:
        self.newsroom, self.clock, self.site = newsroom, clock, site
        self.settings = FollowSettings()
        self.sources = WebSources(newsroom.archive.catalog)

    def look(self, path: str = "", kind: str | None = None, **settings: object) -> Look:
        with client(pause_seconds=0.0, **settings) as web:
            follower = Follower(self.newsroom, web, self.settings, clock=self.clock)
            (url,) = follower.follow([Address(self.site.url + path, kind)])
            return follower.look(url)

    def kept(self, path: str) -> WebSourceRow:
        """Return what is kept of a site."""
        row = self.sources.get(self.site.url + path)
        assert row
        return row

    def later(self, seconds: int) -> None:
        self.clock.now += seconds

    def stories(self) -> dict[str, Story]:
        """Return the stories by their headlines' numbers."""
        catalog = self.newsroom.archive.catalog
        return {one.headline.split()[2]: one for one in catalog.by_nums(catalog.nums()).values()}

    def public(self) -> str:
        """Return the numbers of the stories that readers may see."""
        shown = (number for number, one in self.stories().items() if one.status is Status.PUBLISHED)
        return "".join(sorted(shown))


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        yield site


@pytest.fixture
def desk(tmp_path: Path, site: Site) -> Iterator[Desk]:
    clock = Clock()
    settings = Settings(least_score=0.0)
    with Newsroom.create(tmp_path / "news", settings, HashEmbedder(), clock) as newsroom:
        yield Desk(newsroom, clock, site)
