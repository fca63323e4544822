"""The sheet on which blocks are rated, in a real browser: by keys, by forms without scripts, at any width.

Run by `make test-desk`; SCREENSHOTS names a directory for pictures of the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from recommender.desk.roles import Role
from recommender.newsroom import Newsroom
from tests.browser import CHROMIUM, PATIENCE
from tests.desk.check_desk import Visitor, looked_at, stories, visitor
from tests.desk.conftest import served
from tests.fakes import HashEmbedder
from tests.service.running import Running, make_archive

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    archive = make_archive(tmp_path_factory.mktemp("rating") / "archive", "least_score = 0\n")
    with Newsroom.open(archive, embedder=HashEmbedder()) as newsroom:
        newsroom.archive.add(list(stories()))
        newsroom.refresh()
    roles = dict.fromkeys(("keys", "forms", "looks"), Role.EDITOR)
    with served(archive, **roles) as service:
        yield service


def begin(editor: Visitor, name: str) -> None:
    editor.sign_in(name)
    editor.go("/desk/rating")
    editor.page.get_by_role("button", name="Begin").click()
    editor.page.wait_for_selector("fieldset")


def test_a_block_is_rated_by_keys_alone(chromium: Browser, running: Running) -> None:
    from playwright.sync_api import expect

    with visitor(chromium, running) as editor:
        begin(editor, "keys")
        page = editor.page
        slots = page.locator("fieldset").count()
        title = page.inner_text(".source h2")
        expect(page.locator("fieldset input:focus")).to_have_count(1, timeout=PATIENCE)
        for _ in range(slots):
            page.keyboard.press("2")
        assert page.locator("fieldset input[value='2']:checked").count() == slots
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/rating?after=1*")
        assert "1 of 20 blocks done today" in page.inner_text("main")
        expect(page.locator("fieldset input:focus")).to_have_count(1, timeout=PATIENCE)
        page.keyboard.press("u")
        page.wait_for_url("**/desk/rating?at=1*")
        assert page.inner_text(".source h2") == title
        assert page.locator("fieldset input:checked").count() == 0
        expect(page.locator("fieldset input:focus")).to_have_count(1, timeout=PATIENCE)
        page.keyboard.press("s")
        page.wait_for_url("**/desk/rating?after=1*")
        assert page.locator(".sheet .skipped").count() == 1


def test_a_block_is_rated_without_scripts(chromium: Browser, running: Running) -> None:
    with visitor(chromium, running, java_script_enabled=False) as editor:
        begin(editor, "forms")
        page = editor.page
        page.get_by_label("Acceptable").first.check()
        page.get_by_role("button", name="Save and go on").click()
        page.wait_for_selector("text=1 of 20 blocks done today")
        page.get_by_role("button", name="Undo").click()
        page.wait_for_selector("text=Taken back")
        page.get_by_role("button", name="Skip").click()
        page.wait_for_selector("text=1 of 20 blocks done today")
        page.locator(".sheet .skipped").click()
        page.wait_for_selector("fieldset")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sheet_can_be_read_by_all_at_any_width(chromium: Browser, running: Running, scheme: str) -> None:
    with visitor(chromium, running, color_scheme=scheme) as editor:
        editor.sign_in("looks")
        editor.go("/desk/rating")
        if (first := editor.page.get_by_role("button", name="Begin")).count():
            first.click()
            editor.page.wait_for_selector("fieldset")
        for place in range(1, 21):
            editor.go(f"/desk/rating?at={place}")
            for width in (360, 1440):
                editor.page.set_viewport_size({"width": width, "height": 900})
                wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                assert editor.page.evaluate(wide) <= 0, f"block {place} is wider than {width}"
        assert looked_at(editor, "/desk/rating", scheme) == {}
