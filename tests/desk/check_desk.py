"""The desk in a real browser, with scripts and without: what editors do, and whether all can read it.

Run by `make test-desk`; SCREENSHOTS names a directory for pictures of the pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recommender.desk.pages import PAGES
from recommender.desk.roles import Role
from recommender.newsroom import Newsroom
from recommender.story.story import Story
from tests.browser import CHROMIUM, PATIENCE, SHOTS, shoot
from tests.desk.conftest import served, sign_in
from tests.fakes import HashEmbedder
from tests.service.cases import story
from tests.service.running import Running, make_archive

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium")

PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200">'
    '<rect width="300" height="200" fill="#c9b28f"/></svg>'
)
BANGLA = "ভোলায় ফেরি ডুবে নদী উদ্ধার যাত্রী নৌকা চ্যানেল"
STRESS = (
    "<script>alert(1)</script>",
    "\u2067\u05e2\u05d1\u05e8\u05d9\u05ea\u2069 ferry river",
    "ferry" + "w" * 495,
    "ডুবে যাওয়া ফেরি থেকে যাত্রী উদ্ধার",
)
WIDTHS = (360, 768, 1440, 1920)
DRAGS, MOVES = 10, 30  # of a pointer that drags, and its moves, at most
SHOWN = (
    "/desk",
    "/desk/stories/ferry-3",
    "/desk/stories/bangla-2",
    "/desk/stories/ferry-3?act=exclude&target=ferry-1",
)


def stories() -> Iterator[Story]:
    for topic in ("ferry", "budget", "cricket"):
        for day in range(1, 9):
            image = {"url": f"https://news.example/{topic}.svg", "caption": f"A {topic}"} if day % 2 else None
            section = "News" if topic == "budget" else "Sport"
            fields = {"section": section, "deck": "A deck.", "image": image}
            made = Story.from_json(story(f"{topic}-{day}", topic, day, **fields))
            yield replace(made, body=f"{made.body} {own(topic, day)}")
    for day in range(1, 7):
        words = {"headline": BANGLA[: 20 + day], "body": f"{BANGLA} {own('বাংলা', day)}", "language": "bn"}
        yield Story.from_json(story(f"bangla-{day}", day=day, section="দেশ", **words))
    for n, nasty in enumerate(STRESS):
        plain = Story.from_json(story(f"stress-{n}", day=3, section="News"))
        yield replace(plain, headline=nasty, deck=nasty, content_type="text")


def own(topic: str, day: int) -> str:
    """Return words that no other story has: none is a copy of another."""
    return " ".join(f"{topic}{day}{letter}" for letter in "abcdefghijklmnop")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    archive = make_archive(tmp_path_factory.mktemp("desk") / "archive", "least_score = 0\n")
    with Newsroom.open(archive, embedder=HashEmbedder()) as newsroom:
        newsroom.archive.add(list(stories()))
        newsroom.refresh()
    with served(archive, Sports=Role.EDITOR, Night=Role.EDITOR, Readers=Role.READER) as service:
        yield service


@dataclass
class Visitor:
    """A page of a browser, and what went wrong in it."""

    page: Page
    url: str
    wrong: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)
        self.page.locator("[data-asks]").wait_for(state="detached")  # what a script asks for has come
        self.page.locator("[data-again='2']").wait_for(state="detached")  # what is made meanwhile is there

    def sign_in(self, name: str = "Sports") -> None:
        self.go("/desk")
        sign_in(self.page, name)
        self.page.wait_for_url(re.compile(r"/desk$"))

    def block(self) -> list[str]:
        """Return the ids in the block that is edited, in order."""
        slots = self.page.locator("ol.rows").first.locator("li.slot")
        return [str(slot.get_attribute("data-id")) for slot in slots.all()]

    def save(self) -> None:
        self.page.get_by_role("button", name="Save").click()
        self.page.wait_for_url(re.compile(r"[?]done=|[?]undone="))


@contextmanager
def visitor(chromium: Browser, running: Running, **how: object) -> Iterator[Visitor]:
    context = chromium.new_context(**{"viewport": {"width": 1200, "height": 900}} | how)  # type: ignore[arg-type]
    context.route(
        "https://news.example/*", lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml")
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    found = Visitor(page, running.url)
    page.on(
        "console", lambda said: found.wrong.append(said.text) if said.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: found.wrong.append(str(error)))
    try:
        yield found
        assert found.wrong == []
    except BaseException:
        shoot(page, "failed")
        raise
    finally:
        context.close()


BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@BOTH
def test_an_editor_moves_replaces_adds_excludes_freezes_and_undoes(
    chromium: Browser, running: Running, scripts: bool
) -> None:
    with visitor(chromium, running, java_script_enabled=scripts) as editor:
        page = editor.page
        editor.sign_in()
        page.get_by_label("Search headlines and meaning").fill("ferry-4")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Ferry report ferry-4").click()
        page.wait_for_url(re.compile("/desk/stories/ferry-4"))
        before = editor.block()
        assert len(before) >= 4

        page.get_by_role("link", name=re.compile("^Down")).first.click()
        assert "Not saved yet" in page.inner_text("main")
        editor.save()
        assert editor.block()[:2] == [before[1], before[0]]
        page.get_by_role("link", name="Undo this").click()
        editor.save()
        assert editor.block() == before

        form = page.locator("ol.next").first.locator("li").first
        form.get_by_label(re.compile("in place of")).select_option(index=1)
        form.get_by_role("button", name=re.compile("^Swap in")).click()
        editor.save()
        assert before[1] not in editor.block()
        page.get_by_role("link", name="Undo this").click()
        editor.save()

        page.get_by_label("Words of its headline").fill("wicket innings")
        page.get_by_role("button", name="Search").click()
        found = page.locator("#add ~ ol li").first
        found.locator("select").select_option("2")
        found.get_by_role("button", name=re.compile("^Put in")).click()
        editor.save()
        added = editor.block()[1]
        assert added.startswith("cricket")
        page.get_by_role("link", name=re.compile("^Exclude")).nth(1).click()
        editor.save()
        assert added not in editor.block()
        page.get_by_role("link", name=re.compile("^Let it in again")).first.click()
        editor.save()
        page.get_by_role("link", name="Freeze the block as it is").click()
        editor.save()
        assert "This block is frozen" in page.inner_text("main")
        page.get_by_role("link", name="Let the engine at it again").click()
        editor.save()
        for _ in range(12):
            links = page.locator(".history a")
            if not links.count():
                break
            links.first.click()
            editor.save()
        assert editor.block() == before
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(re.compile("/desk/sign-in"))


def test_a_slot_is_moved_by_keys_and_by_drag(chromium: Browser, running: Running) -> None:
    from playwright.sync_api import expect

    with visitor(chromium, running) as editor:
        editor.sign_in()
        editor.go("/desk/stories/ferry-5")
        before = editor.block()
        editor.page.locator("li.slot").nth(1).locator("a.headline").focus()
        editor.page.keyboard.press("Alt+ArrowUp")
        editor.page.wait_for_url(re.compile("act=pin"))
        editor.page.keyboard.press("Escape")
        editor.page.wait_for_url(re.compile("ferry-5#block"))
        editor.page.set_viewport_size({"width": 1200, "height": 1600})  # both ends of the way are in view
        editor.page.locator("[data-asks]").wait_for(state="detached")
        for _ in range(DRAGS):  # the browser does not take every press for the beginning of a drag
            editor.page.locator("[data-handle]").nth(2).hover()
            editor.page.mouse.down()
            if is_over_first(editor.page):
                break
            editor.page.mouse.up()
        editor.page.mouse.up()
        editor.page.wait_for_url(re.compile("act=pin"))
        expect(editor.page.locator("[data-save]")).to_be_focused(timeout=PATIENCE)
        editor.page.keyboard.press("Enter")
        editor.page.wait_for_url(re.compile("done="))
        assert editor.block()[0] == before[2]
        editor.page.get_by_role("link", name="Undo this").click()
        editor.save()


def is_over_first(page: Page) -> bool:
    """Move a pointer that is down until the first slot says that something is over it."""
    handles, over = page.locator("[data-handle]"), page.locator("li.slot.over").first
    for move in range(MOVES):  # the browser takes a drag in over several moves
        handles.nth(2 * (move % 2)).hover()
        handles.nth(0).hover()
        if over.count() and over.get_attribute("data-position") == "1":
            return True
    return False


def test_a_search_answers_while_one_types(chromium: Browser, running: Running) -> None:
    with visitor(chromium, running) as reader:
        reader.sign_in("Readers")
        reader.page.get_by_label("Search headlines and meaning").press_sequentially("Cricket rep", delay=10)
        reader.page.wait_for_url(re.compile("q=Cricket\\+rep"))
        assert reader.page.locator("#found .title").first.inner_text().startswith("Cricket")


@BOTH
def test_two_editors_are_told_of_each_other(chromium: Browser, running: Running, scripts: bool) -> None:
    with (
        visitor(chromium, running, java_script_enabled=scripts) as sports,
        visitor(chromium, running, java_script_enabled=scripts) as night,
    ):
        sports.sign_in("Sports")
        night.sign_in("Night")
        for one in (sports, night):
            one.go("/desk/stories/budget-5")
            one.page.get_by_role("link", name=re.compile("^Exclude")).nth(0).click()
        night.save()
        sports.page.get_by_role("button", name="Save").click()
        sports.page.wait_for_selector("text=Night changed this block at")
        sports.wrong.clear()  # the browser notes that the answer was a 409
        night.page.get_by_role("link", name="Undo this").click()
        night.save()


def test_a_reader_sees_everything_and_is_offered_nothing_to_change(
    chromium: Browser, running: Running
) -> None:
    with visitor(chromium, running) as reader:
        reader.sign_in("Readers")
        reader.go("/desk/stories/ferry-3")
        assert "a writer would set" in reader.page.inner_text("main")
        for name in ("Exclude", "Pin here", "Save", "Freeze"):
            assert not reader.page.get_by_role("link", name=re.compile(f"^{name}")).count()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_by_all_at_any_width(chromium: Browser, running: Running, scheme: str) -> None:
    shown = [page for page in PAGES if page.method == "GET" and page.link]
    fixed = [page.path for page in shown if page.role is not None and Role.EDITOR.allows(page.role)]
    paths = dict.fromkeys(
        (*fixed, *SHOWN, "/desk/stories/stress-2", "/desk?q=ferry&section=News", "/desk/nowhere")
    )
    with visitor(chromium, running, color_scheme=scheme) as editor:
        editor.go("/desk/sign-in")
        problems = looked_at(editor, "/desk/sign-in", scheme)
        editor.sign_in()
        for path in paths:
            editor.go(path)
            problems |= looked_at(editor, path, scheme)
        assert problems == {}
        editor.wrong[:] = [each for each in editor.wrong if "404" not in each]  # of the page that is none


def looked_at(editor: Visitor, path: str, scheme: str) -> dict[str, list[tuple[str, list[str]]]]:
    """Return what axe finds on a page, loaded once, when it is narrow and when it is wide; it has to fit."""
    from axe_playwright_python.sync_playwright import Axe

    told = {}
    for width in WIDTHS:
        editor.page.set_viewport_size({"width": width, "height": 900})
        if SHOTS:
            name = re.sub(r"\W+", "-", path).strip("-")
            file = Path(SHOTS) / f"{name}-{width}-{scheme}.png"
            editor.page.screenshot(path=str(file), full_page=True)
        wide = editor.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{path} is wider than {width} by {wide}"
        if width not in (WIDTHS[0], WIDTHS[-1]):
            continue
        found = Axe().run(editor.page).response["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical", "moderate")]
        if serious:
            nodes = [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in serious]
            told[f"{path} at {width}"] = nodes
    return told
