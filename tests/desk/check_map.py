"""The map and the threads in a real browser, with scripts and without. Run by `make test-desk`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
import pytest

from recommender.desk.roles import Role
from recommender.newsroom import Newsroom
from recommender.story.story import Story
from recommender.story_map.story_map import MAGIC
from tests.browser import CHROMIUM, PATIENCE, shoot
from tests.desk.conftest import served, sign_in
from tests.fakes import HashEmbedder
from tests.service.cases import story
from tests.service.running import Running, make_archive

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium")

TOPICS = ("ferry", "budget", "cricket")
NASTY = "<img src=x onerror=alert(1)> \u2067\u05e2\u05d1\u2069 ferry " + "w" * 480
PAGES = (
    "/desk/map?cluster=0",
    "/desk/threads?least=2&at=2025-01-31",
    "/desk/threads/nasty",
    "/desk/quality",
)
MANY = 100_000
MOVES = 60

NAMES = ("Readers", "Night")
WHO = cycle(NAMES)
"""Who signs in next: one name that comes in more than ten times within a minute has to wait."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    archive = make_archive(tmp_path_factory.mktemp("map") / "archive")
    told = [story(f"{topic}-{n}", topic, n, section=topic.title()) for topic in TOPICS for n in range(1, 25)]
    stories = [Story.from_json(each) for each in told]
    stories.append(replace(stories[0], id="nasty", url=None, headline=NASTY, section="<b>Ferry</b>"))
    with Newsroom.open(archive, embedder=HashEmbedder()) as newsroom:
        newsroom.archive.add(stories)
    with served(archive, **dict.fromkeys(NAMES, Role.READER)) as service:
        yield service


@contextmanager
def reader(chromium: Browser, running: Running, **how: object) -> Iterator[Page]:
    """Sign in and wait for the map; afterwards nothing may have gone wrong in the page."""
    context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}} | how)  # type: ignore[arg-type]
    page, wrong = context.new_page(), list[str]()
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(f"a dialog: {dialog.message}"))
    try:
        page.goto(f"{running.url}/desk")
        sign_in(page, next(WHO))
        page.get_by_role("link", name="Map").click()
        page.locator("h2#clusters").wait_for(state="attached", timeout=300_000)  # it looks again by itself
        yield page
        assert wrong == []
    finally:
        context.close()


def test_a_story_is_chosen_by_pointer_and_by_keys_and_its_block_is_told(
    chromium: Browser, running: Running
) -> None:
    with reader(chromium, running) as page:
        canvas = page.locator(".map canvas")
        canvas.wait_for()
        page.wait_for_timeout(200)
        empty = canvas.screenshot()
        canvas.focus()
        page.keyboard.press("Enter")
        page.locator(".beside h3").wait_for()
        assert "in its block on this map" in page.inner_text(".beside")
        assert canvas.screenshot() != empty, "the chosen story is drawn"
        view = page.get_by_role("link", name="Link to this view").get_attribute("href")
        headline = page.inner_text(".beside h3")
        page.goto(running.url + str(view))
        page.locator(".beside h3").wait_for()
        assert page.inner_text(".beside h3") == headline
        box = canvas.bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.locator(".beside h3").wait_for()
        assert page.inner_text(".beside h3") == headline, "a linked story stands in the middle"
        shoot(page, "map-chosen")


def test_sliders_and_colours_change_what_is_drawn(chromium: Browser, running: Running) -> None:
    with reader(chromium, running) as page:
        canvas = page.locator(".map canvas")
        canvas.wait_for()
        page.wait_for_timeout(200)
        before = canvas.screenshot()
        assert "Cricket" in page.inner_text(".map .colours")
        page.get_by_label("Colour by").select_option("year")
        page.wait_for_timeout(200)
        coloured = canvas.screenshot()
        assert coloured != before
        page.get_by_label("To", exact=True).fill("20")
        page.wait_for_timeout(200)
        assert canvas.screenshot() != coloured
        assert "2025-01-01 \N{EN DASH} 2025-01-0" in page.inner_text("#span")
        page.get_by_role("button", name="Nearer").click()
        page.get_by_role("button", name="All").click()


def test_without_a_script_the_clusters_are_a_list_of_stories(chromium: Browser, running: Running) -> None:
    with reader(chromium, running, java_script_enabled=False) as page:
        assert not page.locator(".map canvas").is_visible()
        page.locator("ol.clusters a").first.click()
        assert page.locator("ol.stories h3").count() > 3
        page.locator("ol.stories h3 a").first.click()
        page.wait_for_url("**/desk/stories/*")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_every_width(chromium: Browser, running: Running, scheme: str) -> None:
    with reader(chromium, running, color_scheme=scheme) as page:
        for path in PAGES:
            page.goto(running.url + path)
            if "map" in path:
                page.locator(".map canvas").wait_for()
            for width in (360, 768, 1440, 1920):
                page.set_viewport_size({"width": width, "height": 900})
                name = path.strip("/").partition("?")[0].replace("/", "-")
                shoot(page, f"{name}-{width}-{scheme}")
                wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                assert page.evaluate(wide) <= 0, (path, width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(chromium: Browser, running: Running, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with reader(chromium, running, color_scheme=scheme, bypass_csp=True) as page:
        for path in PAGES:
            page.goto(running.url + path)
            if "map" in path:
                page.locator(".map canvas").wait_for()
                page.locator(".map canvas").focus()
                page.keyboard.press("Enter")
                page.locator(".beside h3").wait_for()
            found = Axe().run(page).response["violations"]
            serious = [each for each in found if each["impact"] in ("serious", "critical")]
            assert [(path, each["id"], each["nodes"][0]["html"]) for each in serious] == []


def test_a_hundred_thousand_stories_are_drawn_with_every_move(chromium: Browser, running: Running) -> None:
    rng = np.random.default_rng(0)
    columns = (
        rng.uniform(-1, 1, (MANY, 2)).astype("<f4"),
        rng.integers(12_000, 20_000, MANY).astype("<i4"),
        np.arange(MANY, dtype="<u4"),
        np.full(MANY, -1, "<i2"),
        rng.integers(0, 4, MANY).astype("u1"),
    )
    data = MAGIC + np.uint32(MANY).tobytes() + b"".join(column.tobytes() for column in columns)
    with reader(chromium, running) as page:
        binary = "application/octet-stream"
        page.route("**/desk/map/points", lambda route: route.fulfill(body=data, content_type=binary))
        page.reload()
        canvas = page.locator(".map canvas")
        canvas.wait_for()
        canvas.focus()
        page.evaluate(
            "() => { window.painted = 0; const put = CanvasRenderingContext2D.prototype.putImageData;"
            " CanvasRenderingContext2D.prototype.putImageData = function (...all)"
            " { put.apply(this, all); window.painted++; }; }"
        )
        seconds = page.evaluate(
            "async (moves) => { const began = performance.now();"
            " const canvas = document.querySelector('.map canvas');"
            " for (let i = 0; i < moves; i++) { canvas.dispatchEvent(new KeyboardEvent('keydown',"
            " { key: i % 2 ? 'ArrowLeft' : 'ArrowRight', bubbles: true }));"
            " await new Promise(requestAnimationFrame); } return (performance.now() - began) / 1000; }",
            MOVES,
        )
        painted = page.evaluate("window.painted")
        print(f"{painted / seconds:.0f} frames a second")  # 30 and more on a machine that does nothing else
        assert painted >= MOVES - 1, "every move is drawn in the frame after it"
