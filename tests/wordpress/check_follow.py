"""A real WordPress, read by its REST API and followed: what is new, changed, hidden and gone there.

A site of its own, so that the plug-in's checks find theirs as they left it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from recommender.following.follower import Follower, Look
from recommender.following.settings import Address, FollowSettings
from recommender.ingest.base import Found
from recommender.ingest.live.base import Reached, Reader
from recommender.ingest.live.reading import read_address
from recommender.newsroom import Newsroom
from recommender.story.story import Status
from recommender.web.client import WebClient
from recommender.web.settings import WebSettings
from tests.fakes import HashEmbedder
from tests.seed_posts import seed_stories
from tests.wordpress.conftest import as_post
from tests.wordpress.stack import Site, missing, wordpress

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"not installed: {missing()}")
KIND = "wordpress-json"
COUNT = 130  # posts: more than one answer holds
WEB = WebSettings(private_hosts="127.0.0.1", pause_seconds=0.0)


@pytest.fixture(scope="module")
def blog(plugin: Path) -> Iterator[Site]:
    with wordpress(plugin) as site:
        yield site


@pytest.fixture(scope="module")
def numbers(blog: Site) -> list[int]:
    made: list[int] = blog.run("posts", [as_post(story) for story in seed_stories(COUNT)])
    return made


def with_password(blog: Site) -> WebSettings:
    password = blog.run("password").replace(" ", "%20")
    return replace(WEB, credentials=blog.url.replace("//", f"//admin:{password}@"))


@pytest.mark.parametrize("path", ["", "/wp-json/wp/v2/posts", "/2013/09/nothing-there/"])
def test_all_posts_are_read_once_and_by_their_guids(blog: Site, numbers: list[int], path: str) -> None:
    with WebClient(WEB) as web:
        items = list(read_address(blog.url + path, Reader(web=web), KIND))
    found = [item for item in items if isinstance(item, Found)]
    assert [int(item.origin.id) for item in found] == sorted(numbers)
    assert {item.story.id for item in found} == set(blog.run("story_ids", numbers))
    assert all(item.story.status is Status.PUBLISHED for item in found)
    assert len([item for item in items if isinstance(item, Reached)]) == 2


class Desk:
    """A newsroom that follows the site, with a clock that is moved by hand."""

    def __init__(self, newsroom: Newsroom, blog: Site, web: WebSettings) -> None:
        self.newsroom, self._blog, self._web = newsroom, blog, web
        self.now = 4_000_000_000.0

    def look(self, later: int = 0) -> Look:
        self.now += later
        with WebClient(self._web) as web:
            follower = Follower(self.newsroom, web, FollowSettings(), clock=lambda: self.now)
            (url,) = follower.follow([Address(self._blog.url, KIND)])
            look = follower.look(url)
        assert not look.error
        return look

    def status(self, number: int) -> Status:
        (id_,) = self._blog.run("story_ids", [number])
        held = self.newsroom.archive.catalog.get(id_)
        assert held
        return held[1].status


def test_changes_are_followed_by_their_time_and_what_is_gone_by_its_absence(
    blog: Site, numbers: list[int], tmp_path: Path
) -> None:
    with Newsroom.create(tmp_path / "news", embedder=HashEmbedder()) as newsroom:
        desk = Desk(newsroom, blog, WEB)
        assert desk.look().taken == COUNT
        assert desk.look().taken == 0
        changed, private, trashed, locked, *_ = numbers
        blog.run("update", changed, {"post_title": "A corrected headline"})
        blog.run("update", locked, {"post_password": "sesame"})
        assert desk.look().taken == 2
        assert desk.status(locked) is Status.DRAFT
        blog.run("update", private, {"post_status": "private"})
        blog.run("trash", trashed)
        withdrawn = [desk.look(later).withdrawn for later in (60, 4000, 700, 4000, 700)]
        assert sum(withdrawn) == 2
        assert {desk.status(private), desk.status(trashed)} == {Status.RETRACTED}
        blog.run("untrash", trashed)
        blog.run("update", trashed, {"post_status": "publish"})
        desk.look()
        assert desk.status(trashed) is Status.PUBLISHED


def test_who_has_a_password_hides_what_is_hidden_at_once(
    blog: Site, numbers: list[int], tmp_path: Path
) -> None:
    with Newsroom.create(tmp_path / "news", embedder=HashEmbedder()) as newsroom:
        desk = Desk(newsroom, blog, with_password(blog))
        desk.look()
        private, trashed = numbers[10:12]
        blog.run("update", private, {"post_status": "private"})
        blog.run("trash", trashed)
        assert desk.look().taken >= 2
        assert (desk.status(private), desk.status(trashed)) == (Status.DRAFT, Status.RETRACTED)
