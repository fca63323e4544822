"""The beacon in a real browser: a block on a page of another host, scrolled to and clicked.

Run by `make test-desk`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from recommender.catalog import Catalog
from recommender.catalog.clicks import ClickRow, ClicksTable, SlotClicks
from recommender.desk.roles import Role
from recommender.newsroom import Newsroom
from recommender.newsroom.clicks import take
from recommender.story.story import Story
from tests.browser import CHROMIUM, PATIENCE, shoot
from tests.desk.conftest import served, sign_in
from tests.fakes import HashEmbedder
from tests.service.cases import story
from tests.service.running import Running, make_archive

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium")

READER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = "least_score = 0\n[service]\nbeacon = true\nopen_reads = true\n"
    archive = make_archive(tmp_path_factory.mktemp("clicks") / "archive", settings)
    with Newsroom.open(archive, embedder=HashEmbedder()) as newsroom:
        newsroom.archive.add([Story.from_json(story(f"ferry-{day}", "ferry", day)) for day in range(1, 7)])
    with Running(archive, command=[sys.executable, "-m", "tests.desk.server", str(archive)]) as service:
        yield service


class Site(BaseHTTPRequestHandler):
    """A page of the newsroom with a block far down, on another port of this machine."""

    html, policy = "", ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", self.policy)
        self.end_headers()
        self.wfile.write(self.html.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(running: Running) -> Iterator[str]:
    block = httpx.get(f"{running.url}/stories/ferry-6/related", headers={"accept": "text/html"}).text
    block = block.replace('src="/related-stories.js"', f'src="{running.url}/related-stories.js"')
    block = block.replace('<link rel="stylesheet"', "<link")
    Site.html = f'<!doctype html><link rel="icon" href="data:,"><p style="height: 200vh"></p>{block}'
    Site.policy = f"script-src {running.url}; connect-src {running.url}"
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def read_by(page: Page, site: str) -> list[str]:
    """Let a reader scroll to a block and click its second story; return what went wrong."""
    wrong = list[str]()
    empty = "<!doctype html><title>another</title>"
    page.route("https://news.example/**", lambda route: route.fulfill(body=empty, content_type="text/html"))
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(site)
    page.wait_for_load_state("networkidle")
    page.locator("aside li").last.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    page.locator("aside li").nth(1).get_by_role("link").first.click()
    page.wait_for_url("https://news.example/**")
    page.wait_for_timeout(1000)
    return wrong


def counted(running: Running) -> list[SlotClicks]:
    running.stop()
    with Catalog.open(running.archive / "catalog.sqlite") as catalog:
        return ClicksTable(catalog).since("2000-01-01")


def test_a_reader_is_counted_without_a_cookie(chromium: Browser, running: Running, site: str) -> None:
    context = chromium.new_context(user_agent=READER)
    page = context.new_page()
    assert read_by(page, site) == []
    assert context.cookies() == []
    assert page.evaluate("localStorage.length") == 0
    context.close()
    rows = counted(running)
    assert {row.source for row in rows} == {"ferry-6"}
    assert [(row.position, row.clicked) for row in rows if row.clicked] == [(2, 1)]
    assert all(row.shown == 1 for row in rows)


@pytest.mark.parametrize("headers", [{"dnt": "1"}, {"sec-gpc": "1"}])
def test_a_reader_who_asks_not_to_be_is_not(
    chromium: Browser, running: Running, site: str, headers: dict[str, str]
) -> None:
    context = chromium.new_context(user_agent=READER, extra_http_headers=headers)
    assert read_by(context.new_page(), site) == []
    context.close()
    assert counted(running) == []


@pytest.fixture
def counted_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive in which clicks of today were counted, of a story that stood at two places, too."""
    archive = make_archive(tmp_path_factory.mktemp("counted") / "archive", "least_score = 0\n")
    with Newsroom.open(archive, embedder=HashEmbedder()) as newsroom:
        newsroom.archive.add([Story.from_json(story(f"ferry-{day}", "ferry", day)) for day in range(1, 7)])
        today = datetime.now(UTC).date().isoformat()
        slots = newsroom.block("ferry-6").slots
        rows = [
            ClickRow(today, "ferry-6", slot.story.id, position, 1000, 90 // position)
            for slot in slots
            for position in (slot.position, slot.position + 1)
        ]
        take(newsroom, rows)
    return archive


def test_the_page_of_clicks_fits_and_is_read_by_all(chromium: Browser, counted_archive: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with served(counted_archive, **{"reading-desk": Role.READER}) as service:
        for width, scheme in ((360, "light"), (1440, "dark")):
            size = {"width": width, "height": 900}
            context = chromium.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(f"{service.url}/desk/clicks")
            sign_in(page, "reading-desk")
            for path in ("clicks", "draft"):
                page.goto(f"{service.url}/desk/{path}")
                page.locator("h1").wait_for()
                shoot(page, f"{path}-{width}-{scheme}")
                wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                assert page.evaluate(wide) <= 0, path
                found = Axe().run(page).response["violations"]
                serious = [each for each in found if each["impact"] in ("serious", "critical")]
                assert [(path, each["id"], each["nodes"][0]["html"]) for each in serious] == []
            context.close()
