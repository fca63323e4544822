"""The page "What if" in a real browser: sliders act at once, and the same without a script; saved, undone.

Run by `make test-desk`; SCREENSHOTS names a directory for pictures of the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from recommender.desk.roles import Role
from recommender.newsroom import Newsroom
from tests.browser import CHROMIUM
from tests.desk.check_desk import looked_at, visitor
from tests.desk.conftest import served
from tests.evaluation.test_quality import told
from tests.fakes import HashEmbedder
from tests.service.running import Running, make_archive

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium")

AT = "/desk/what-if?story=s40"
ROWS = "#tried-block ol.rows > li"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    archive = make_archive(tmp_path_factory.mktemp("what-if") / "archive", "least_score = 0\n")
    with Newsroom.open(archive, embedder=HashEmbedder()) as newsroom:
        newsroom.archive.add(told(n) for n in range(48))
        newsroom.refresh(1000, 60)
    with served(archive, chief=Role.ADMIN, second=Role.ADMIN, looks=Role.READER) as service:
        yield service


def test_a_slider_acts_at_once_is_saved_and_undone(chromium: Browser, running: Running) -> None:
    with visitor(chromium, running) as admin:
        admin.sign_in("chief")
        admin.go(AT)
        page = admin.page
        page.wait_for_selector(ROWS)
        assert page.locator(ROWS).count() == 5
        assert page.get_by_role("button", name="Save for all blocks").is_disabled()
        page.get_by_role("slider", name="Slots: slider").focus()
        page.keyboard.press("Home")
        page.locator(ROWS).nth(1).wait_for(state="detached")
        assert page.locator(ROWS).count() == 1
        assert page.get_by_role("spinbutton", name="Slots", exact=True).input_value() == "1"
        page.get_by_text("Agreement (nDCG@5)").wait_for()
        assert "slots=1" in page.url
        page.get_by_label("Why").fill("a narrow page")
        page.get_by_role("button", name="Save for all blocks").click()
        page.get_by_text("Saved: slots 1").wait_for()
        assert page.locator(ROWS).count() == 1
        page.get_by_role("button", name="Undo this").click()
        page.get_by_text("Put back: as the file has them").wait_for()
        assert page.locator(ROWS).count() == 5


def test_the_same_without_a_script(chromium: Browser, running: Running) -> None:
    with visitor(chromium, running, java_script_enabled=False) as admin:
        admin.sign_in("second")
        admin.go(AT)
        page = admin.page
        page.get_by_role("spinbutton", name="Slots", exact=True).fill("2")
        page.get_by_role("button", name="Try it").click()
        page.get_by_text("Its block as it would be").wait_for()
        assert page.locator(ROWS).count() == 2
        assert page.get_by_text("Agreement (nDCG@5)").is_visible()
        page.get_by_role("slider", name="Slots: slider").focus()
        page.keyboard.press("ArrowRight")
        page.get_by_role("button", name="Try it").click()
        page.locator(ROWS).nth(2).wait_for()
        assert page.locator(ROWS).count() == 3
        page.get_by_role("button", name="Save for all blocks").click()
        page.get_by_text("Saved: slots 3").wait_for()
        page.get_by_role("button", name="Undo this").click()
        page.get_by_text("Put back: as the file has them").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_used_by_all_at_any_width(chromium: Browser, running: Running, scheme: str) -> None:
    with visitor(chromium, running, color_scheme=scheme) as reader:
        reader.sign_in("looks")
        reader.go(f"{AT}&recency=1.5")
        reader.page.get_by_text("Agreement (nDCG@5)").wait_for()
        assert looked_at(reader, "/desk/what-if", scheme) == {}
