"""A desk over a small archive: asked without a server, by a browser's cookies and the forms of its pages.

For the checks in a real browser: the browser, and a desk that is served to it.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import httpx
import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from recommender.catalog import Catalog
from recommender.desk import people
from recommender.desk.app import routes
from recommender.desk.people import People
from recommender.desk.roles import Role
from recommender.desk.safety import SESSION
from recommender.newsroom import Newsroom
from recommender.service.app import app_of
from recommender.service.proxies import BehindProxies
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from recommender.story.story import Story
from tests.browser import browsers
from tests.fakes import HashEmbedder
from tests.service.cases import story
from tests.service.running import Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page

STORIES = [
    story(f"{topic}-{day}", topic, day, section="News" if topic == "budget" else "Sport")
    for topic in ("ferry", "budget", "cricket")
    for day in range(1, 7)
]
PASSWORD = "correct horse battery"
MADE_MEANWHILE = re.compile('data-again="2"|Newer lists are being made')
TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')


class Clock:
    """Tells the time that it is set to."""

    def __init__(self, now: float = 1_740_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class Office:
    """A desk, and the people at it."""

    newsroom: Newsroom
    service: Service
    clock: Clock
    people: People = field(init=False)

    def __post_init__(self) -> None:
        self.people = People(self.newsroom.archive.catalog, self.clock)
        self.app = BehindProxies(
            app_of(self.service, routes(self.service, self.clock)), self.service.settings.proxies
        )

    def browser(self, address: str = "127.0.0.1") -> Browser:
        """Return a browser that nobody has signed in with."""
        return Browser(
            TestClient(self.app, base_url="http://desk.example", follow_redirects=False, client=(address, 1))
        )

    def signed_in(self, name: str = "Sports", role: Role = Role.EDITOR) -> Browser:
        """Return a browser in which a person is signed in, who is added where they are not there."""
        if self.people.find(name) is None:
            self.people.add(name, role)
        browser = self.browser()
        token = self.people.begin_session(self.people.named(name), 1)
        browser.http.cookies.set(SESSION, token or "", path="/desk")
        return browser


@dataclass
class Browser:
    """Pages and their forms."""

    http: TestClient

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Return a page."""
        return self.http.get(path, headers=headers)

    def whole(self, path: str, **headers: str) -> httpx.Response:
        """Return a page once nothing that it shows is still being made, however slow the machine."""
        until = time.monotonic() + 120
        while MADE_MEANWHILE.search((page := self.get(path, **headers)).text):
            assert time.monotonic() < until, page.text
            time.sleep(0.02)
        return page

    def post(self, path: str, on: str = "/desk", **fields: str | list[str]) -> httpx.Response:
        """Send a form that stands on a page."""
        found = TOKEN.search(self.get(on).text)
        return self.http.post(path, data={"token": found[1] if found else ""} | fields)


def text_of(page: httpx.Response) -> str:
    """Return what a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    """Let no sign-in cost what it has to cost a guesser."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@cache
def _published() -> TemporaryDirectory[str]:
    """Return where the archive of all offices is, made once and to be copied."""
    home = TemporaryDirectory()
    with Newsroom.create(f"{home.name}/archive", embedder=HashEmbedder(), clock=Clock()) as newsroom:
        for _ in newsroom.publish_many([Story.from_json(each) for each in STORIES]):
            pass
        newsroom.refresh()
    return home


def make_office(path: Path, settings: ServiceSettings | None = None) -> Iterator[Office]:
    """Yield a desk over an archive of some stories."""
    clock = Clock()
    shutil.copytree(f"{_published().name}/archive", path, dirs_exist_ok=True)
    with Newsroom.open(path, embedder=HashEmbedder(), clock=clock) as newsroom:
        service = Service(newsroom, settings or ServiceSettings(), clock)
        yield Office(newsroom, service, clock)
        service.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    yield from make_office(tmp_path / "archive")


@pytest.fixture(scope="module")
def shared_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """For tests that change nothing."""
    yield from make_office(tmp_path_factory.mktemp("desk") / "archive")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """A real browser."""
    with browsers() as browser:
        yield browser


def served(archive: Path, **roles: Role) -> Running:
    """Return a process that serves an archive's desk to people of these roles, by `PASSWORD`."""
    with Catalog.open(archive / "catalog.sqlite") as catalog:
        known = People(catalog)
        for name, role in roles.items():
            known.add(name, role)
            known.set_password(name, PASSWORD)
    return Running(archive, command=[sys.executable, "-m", "tests.desk.server", str(archive)])


def sign_in(page: Page, name: str) -> None:
    """Fill in the form that asks who somebody is."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
