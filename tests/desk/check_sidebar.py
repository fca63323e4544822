"""The sidebar in a real browser, beside the form of another server, which is examples/sidebar.

Run by `make test-desk`; SCREENSHOTS names a directory for pictures.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from recommender.newsroom import Newsroom
from recommender.story.story import Story
from tests.browser import CHROMIUM, PATIENCE, shoot
from tests.fakes import HashEmbedder
from tests.service.cases import story
from tests.service.running import ROOT, Running, add_key, free_port, make_archive

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FrameLocator, Page

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium")

TITLE = "New licence rules for river ferries"
TEXT = f"An official spoke of the {TITLE.lower()} on Monday, and of little else that day."
CMS = ROOT / "examples" / "sidebar" / "cms.py"


@dataclass(frozen=True)
class Stage:
    """The service, and a CMS on another port that it knows."""

    service: str
    cms: str


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    port = free_port()
    settings = f'least_score = 0\n[service]\nsidebar_origins = "http://127.0.0.1:{port}"\n'
    archive = make_archive(tmp_path_factory.mktemp("sidebar") / "archive", settings)
    told = [story(f"ferry-{day}", "ferry", day) for day in range(1, 7)]
    told.append(story("ferry-rules", day=3, headline=TITLE, body=f"{TITLE}. {TITLE} again, in full."))
    with Newsroom.open(archive, embedder=HashEmbedder()) as newsroom:
        newsroom.archive.add([Story.from_json(each) for each in told])
    env = {**os.environ, "RELATED_KEY": add_key(archive, "cms")}
    with Running(archive, command=[sys.executable, "-m", "tests.desk.server", str(archive)]) as service:
        cms = subprocess.Popen(
            [sys.executable, str(CMS), service.url, str(port)], env=env, stderr=subprocess.DEVNULL
        )
        try:
            yield Stage(service.url, _answering(f"http://127.0.0.1:{port}"))
        finally:
            cms.kill()
            cms.wait()


def _answering(url: str) -> str:
    for _ in range(300):
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return url
    raise RuntimeError(f"nothing answers at {url}")


@contextmanager
def opened(chromium: Browser, expected: tuple[str, ...] = (), **how: object) -> Iterator[Page]:
    """Yield a page of a new browser; afterwards nothing unexpected may have gone wrong in it."""
    context = chromium.new_context(**how)  # type: ignore[arg-type]
    page, wrong = context.new_page(), list[str]()
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(f"a dialog: {dialog.message}"))
    try:
        yield page
        assert [said for said in wrong if not any(words in said for words in expected)] == []
    finally:
        context.close()


def write(page: Page, cms: str) -> FrameLocator:
    """Type a draft; return the sidebar once it proposes something."""
    page.goto(cms)
    page.get_by_label("Headline").fill("Ferry owners hear of licences")
    page.get_by_label("Text, HTML").press_sequentially(TEXT[:20])
    page.get_by_label("Text, HTML").fill(f"<p>{TEXT}</p>")
    beside = page.frame_locator("iframe.related-sidebar")
    beside.locator("mark").first.wait_for()
    return beside


def expect_draft(page: Page, begins: str) -> None:
    """Wait until the draft's text matches a pattern; the page evaluates no string."""
    from playwright.sync_api import expect

    expect(page.locator("#body")).to_have_value(re.compile(begins), timeout=PATIENCE)


def test_what_is_typed_is_proposed_for_and_a_link_comes_back(chromium: Browser, stage: Stage) -> None:
    with opened(chromium, viewport={"width": 1440, "height": 900}) as page:
        beside = write(page, stage.cms)
        assert "a writer would set" in beside.locator("#proposals").inner_text()
        row = beside.locator("li", has=beside.locator("mark")).first
        phrase = row.locator("mark").inner_text()
        assert phrase.lower() in TEXT.lower()
        shoot(page, "sidebar-1440")
        row.get_by_role("button", name="Insert link").click()
        expect_draft(page, "<a href=")
        value = page.get_by_label("Text, HTML").input_value()
        assert f'">{phrase}</a>' in value
        assert value.replace('<a href="https://news.example/ferry-rules">', "").replace("</a>", "") == (
            f"<p>{TEXT}</p>"
        )
        beside.get_by_text("The link is in the draft.").or_(beside.locator("#state:empty")).first.wait_for(
            state="attached"
        )


def test_a_story_of_the_block_is_linked_where_the_cursor_stands(chromium: Browser, stage: Stage) -> None:
    with opened(chromium) as page:
        beside = write(page, stage.cms)
        area = page.get_by_label("Text, HTML")
        area.evaluate("area => area.setSelectionRange(0, 0)")
        beside.locator("section").nth(1).get_by_role("button", name="Insert link").first.click()
        expect_draft(page, "^<a href=")
        assert area.input_value().endswith(f"</a><p>{TEXT}</p>")


def test_an_editor_that_is_no_form_hears_of_links_and_tells_its_draft(
    chromium: Browser, stage: Stage
) -> None:
    with opened(chromium) as page:
        page.goto(stage.cms)
        page.evaluate(
            "text => { window.heard = []; document.addEventListener('related:insert', (event) => {"
            " event.preventDefault(); window.heard.push(event.detail); });"
            " document.querySelector('form').remove(); window.relatedSidebar.draft({ body: text }); }",
            TEXT,
        )
        beside = page.frame_locator("iframe.related-sidebar")
        beside.get_by_role("button", name="Insert link").first.click()
        beside.get_by_text("The link is in the draft.").wait_for()
        (link,) = page.evaluate("window.heard")
        assert link["phrase"] in TEXT
        assert link["url"].startswith("https://news.example/")


def test_a_token_that_is_over_is_got_anew(chromium: Browser, stage: Stage) -> None:
    with opened(chromium, ("401",)) as page:
        asked = list[str]()
        over = {"token": "rels.WzEsIm5pZ2h0LWRlc2siLDFd.0f"}

        def answer(route: object) -> None:
            asked.append("")
            route.fulfill(json=over) if len(asked) == 1 else route.continue_()  # type: ignore[attr-defined]

        page.route("**/related-token", answer)
        write(page, stage.cms)
        assert len(asked) == 2


def test_a_token_that_could_not_be_got_is_asked_for_again(chromium: Browser, stage: Stage) -> None:
    """Not at once: at the next change of the draft."""
    with opened(chromium, ("401", "503")) as page:
        asked = list[str]()
        over = {"token": "rels.WzEsIm5pZ2h0LWRlc2siLDFd.0f"}

        def answer(route: object) -> None:
            asked.append("")
            if len(asked) == 1:
                route.fulfill(json=over)  # type: ignore[attr-defined]
            elif len(asked) == 2:
                route.fulfill(status=503)  # type: ignore[attr-defined]
            else:
                route.continue_()  # type: ignore[attr-defined]

        page.route("**/related-token", answer)
        page.goto(stage.cms)
        area, beside = page.get_by_label("Text, HTML"), page.frame_locator("iframe.related-sidebar")
        area.fill(f"<p>{TEXT}</p>")
        beside.get_by_text("The CMS has no token now").wait_for()
        assert len(asked) == 2
        area.press_sequentially(" ")
        beside.locator("mark").first.wait_for()


def test_what_is_no_draft_is_passed_over(chromium: Browser, stage: Stage) -> None:
    with opened(chromium) as page:
        beside = write(page, stage.cms)
        for other in ("null", "[]", "'text'"):
            page.evaluate(f"window.frames[0].postMessage({{ related: 'draft', draft: {other} }}, '*')")
        page.wait_for_timeout(200)
        assert beside.locator("mark").count()


def test_a_pasted_text_is_proposed_for(chromium: Browser, stage: Stage) -> None:
    with opened(chromium) as page:
        page.goto(stage.cms)
        beside = page.frame_locator("iframe.related-sidebar")
        beside.get_by_text("Paste a text instead").click()
        beside.get_by_label("Text").fill(TEXT)
        beside.get_by_role("button", name="Show what belongs to it").click()
        beside.locator("mark").first.wait_for()


class Foreign(BaseHTTPRequestHandler):
    """A page of nobody's that frames the sidebar."""

    service = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(
            f'<link rel="icon" href="data:,"><iframe src="{self.service}/sidebar"></iframe>'.encode()
        )

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_foreign_page_may_not_frame_it(chromium: Browser, stage: Stage) -> None:
    Foreign.service = stage.service
    server = ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with opened(chromium, ("frame-ancestors", "Framing")) as page:
            page.goto(f"http://127.0.0.1:{server.server_port}")
            page.wait_for_load_state("networkidle")
            assert stage.service not in [frame.url.removesuffix("/sidebar") for frame in page.frames]
    finally:
        server.shutdown()
        server.server_close()


def test_what_another_frame_says_is_not_heard(chromium: Browser, stage: Stage) -> None:
    """Not even one of the CMS's own: only the page that frames it is listened to."""
    with opened(chromium, bypass_csp=True) as page:
        page.goto(stage.cms)
        beside = page.frame_locator("iframe.related-sidebar")
        beside.get_by_text("Waiting for the draft.").wait_for()
        page.evaluate(
            "() => new Promise((done) => { const other = document.createElement('iframe');"
            " other.src = '/other'; other.onload = done; document.body.append(other); })"
        )
        (other,) = [frame for frame in page.frames if frame.url.endswith("/other")]
        other.evaluate(
            "text => parent.frames[0].postMessage({ related: 'draft', draft: { body: text } }, '*')", TEXT
        )
        page.wait_for_timeout(1000)
        assert beside.locator("mark").count() == 0


def test_nobody_is_let_in_where_it_stands_alone(chromium: Browser, stage: Stage) -> None:
    with opened(chromium) as page:
        page.goto(f"{stage.service}/sidebar")
        page.get_by_role("link", name="paste the draft at the desk").wait_for()
        page.evaluate("text => postMessage({ related: 'token', token: text }, '*')", "x")
        page.wait_for_timeout(200)
        assert page.get_by_text("Paste a text instead").count() == 1
        assert not page.get_by_text("Paste a text instead").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_narrow_and_read_by_all(chromium: Browser, stage: Stage, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    size = {"width": 360, "height": 900}
    with opened(chromium, viewport=size, color_scheme=scheme, bypass_csp=True) as page:
        write(page, stage.cms)
        page.locator("iframe.related-sidebar").scroll_into_view_if_needed()
        shoot(page, f"sidebar-360-{scheme}")
        (frame,) = [frame for frame in page.frames if frame.url.endswith("/sidebar")]
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert frame.evaluate(wide) <= 0
        found = Axe().run(frame).response["violations"]  # type: ignore[arg-type]  # asks for `evaluate` alone
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == []
