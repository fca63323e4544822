"""One WordPress with 250 posts, one service, one browser for all checks: they take a minute to start."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

from recommender.catalog import Catalog
from recommender.service.keys import Keyring, Right
from recommender.service.signing import new_secret
from recommender.story.story import Story
from tests.browser import CHROMIUM, pages
from tests.seed_posts import seed_stories
from tests.service.running import Running, free_port, related
from tests.wordpress.stack import HERE, PASSWORD, PLUGIN, Site, missing, wordpress

if TYPE_CHECKING:
    from playwright.sync_api import Page

POSTS = int(os.environ.get("POSTS", "250"))
PICTURED = 100  # of them, the newest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what this machine cannot run."""
    browser = CHROMIUM and importlib.util.find_spec("playwright")
    lacking = missing() or ("" if browser else "a browser and Playwright")
    for item in items if lacking else ():
        if item.path.parent == HERE and "site" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=f"not installed: {lacking}"))


class Engine:
    """The real service on an archive of its own, which can be stopped and started again."""

    def __init__(self, archive: Path, webhook: str) -> None:
        self.archive, self.port = archive, free_port()
        self.secret = new_secret()
        self._running: Running | None = None
        subprocess.run(
            related("init", "--archive", str(archive)), check=True, capture_output=True, timeout=120
        )
        origin = webhook.partition("/?")[0]
        secret = f'webhook_private = true\nwebhook_secret = "{self.secret}"'
        settings = f'[service]\nwebhook_url = "{webhook}"\n{secret}\nsidebar_origins = "{origin}"\n'
        (archive / "related.toml").write_text(settings, "utf-8")
        (archive / "related.toml").chmod(0o600)
        with Catalog.open(archive / "catalog.sqlite") as catalog:
            self.key = Keyring(catalog).add("wordpress", [Right.READ, Right.PUBLISH])
            self.reader = Keyring(catalog).add("reader", [Right.READ])

    @property
    def url(self) -> str:
        """Where it answers while it runs."""
        return f"http://127.0.0.1:{self.port}"

    def count(self) -> dict[str, int]:
        """Return how many stories the archive holds, by status."""
        with Catalog.open(self.archive / "catalog.sqlite") as catalog:
            return dict(catalog.statistics().by_status)

    def get(self, id_: str) -> Story:
        """Return a story as it is held."""
        with Catalog.open(self.archive / "catalog.sqlite") as catalog:
            _, story = catalog.get(id_) or pytest.fail(f"no story {id_}")
            return story

    def stories(self) -> dict[str, Story]:
        """Return all that is held, by id."""
        with Catalog.open(self.archive / "catalog.sqlite") as catalog:
            return {story.id: story for story in catalog.by_nums(catalog.nums()).values()}

    def start(self) -> None:
        """Start it, at the same address each time."""
        words = ["serve", "--archive", str(self.archive), "--host", "127.0.0.1", "--port", str(self.port)]
        self._running = Running(self.archive, command=related(*words))

    def stop(self) -> None:
        """Take it away without a word."""
        if self._running is not None:
            self._running.kill()
            self._running = None

    def ask(self, id_: str, key: str = "") -> httpx.Response:
        """Ask for a block, as readers may unless a key is given."""
        headers = {"Authorization": f"Bearer {key or self.reader}"}
        return httpx.get(f"{self.url}/stories/{quote(id_, safe='')}/related", headers=headers, timeout=60)

    def block(self, id_: str) -> list[str]:
        """Return the ids in a block that readers may see."""
        return [slot["story"]["id"] for slot in self.ask(id_).raise_for_status().json()["slots"]]


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plug-in as it is given away."""
    out = tmp_path_factory.mktemp("dist") / PLUGIN.name
    return Path(shutil.make_archive(str(out), "zip", PLUGIN.parent, PLUGIN.name))


@pytest.fixture(scope="session")
def site(plugin: Path) -> Iterator[Site]:
    """A WordPress with the plug-in, and nothing in it yet."""
    with wordpress(plugin) as running:
        yield running


@pytest.fixture(scope="session")
def engine(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The service, which the plug-in knows."""
    webhook = f"{site.url}/?rest_route=/related-stories/v1/changed"
    engine = Engine(tmp_path_factory.mktemp("engine") / "archive", webhook)
    engine.start()
    try:
        site.run("options", {"related_stories_key": engine.key, "related_stories_secret": engine.secret})
        site.run("options", {"related_stories": {"url": engine.url, "number": 5}})
        yield engine
    finally:
        engine.stop()


@pytest.fixture(scope="session")
def posts(site: Site, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Any]]:
    """The numbers of posts written before the service was there, with the seeds that they were made of."""
    stories = seed_stories(POSTS)
    site.run("options", {"related_stories": {"url": ""}})
    numbers = site.run("posts", [as_post(story) for story in stories])
    picture = tmp_path_factory.mktemp("pictures") / "picture.jpg"
    paint(picture)
    site.run("picture", str(picture), numbers[-PICTURED:], "A gradient")
    site.run("options", {"related_stories": {"url": engine.url, "number": 5}})
    return dict(zip(numbers, stories, strict=True))


@pytest.fixture(scope="session")
def sent(site: Site, posts: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """The same, after "Send all posts" is through."""
    site.run("send_all")
    for _ in range(POSTS):
        site.cron()
        if site.run("option", "related_stories_bulk")["done"]:
            break
    return posts


@pytest.fixture(scope="session")
def page(site: Site) -> Iterator[Page]:
    """A browser in which the administrator is logged in."""
    with pages() as page:
        page.goto(f"{site.url}/wp-login.php")
        page.fill("#user_login", "admin")
        page.fill("#user_pass", PASSWORD)
        page.click("#wp-submit")
        page.wait_for_selector("#wpadminbar")
        yield page


def as_post(story: dict[str, Any]) -> dict[str, Any]:
    """Return what WordPress is told of a seed."""
    written = story["published"]
    return {
        "post_title": story["headline"],
        "post_content": story["body"],
        "post_excerpt": story.get("deck", ""),
        "post_status": "publish",
        "post_date": written[:19].replace("T", " "),
        "tags_input": story.get("tags", []),
    }


def paint(path: Path) -> None:
    """Write a picture: a gradient."""
    from PIL import Image  # of the extra "report"

    wide, high = 600, 400
    pixels = [(40 + 150 * x // wide, 90 + 100 * y // high, 150) for y in range(high) for x in range(wide)]
    image = Image.new("RGB", (wide, high))
    image.putdata(pixels)
    image.save(path)
