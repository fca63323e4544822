"""The map at the desk: what readers may see, as points, clusters and one story."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from recommender.desk.roles import Role
from recommender.story_map import making
from recommender.story_map.story_map import MAGIC
from tests.desk.conftest import Browser, Office, make_office, text_of


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    for office in make_office(tmp_path_factory.mktemp("map") / "archive"):
        browser = office.signed_in("Reader", Role.READER)
        browser.get("/desk/map")  # the first visit has it made
        wait(browser)
        yield office


def wait(browser: Browser) -> None:
    until = time.monotonic() + 300  # however slow the machine
    while browser.get("/desk/map/points").status_code != 200:
        assert time.monotonic() < until, "the map is never made"
        time.sleep(0.05)


def num_of(office: Office, id: str) -> int:
    return office.newsroom.archive.catalog.nums_of([id])[id]


def test_the_page_tells_what_is_on_the_map(drawn: Office) -> None:
    page = drawn.signed_in("Reader", Role.READER).get("/desk/map")
    found = re.search(r'data-legend="([^"]*)"', page.text)
    assert found
    legend = json.loads(unescape(found[1]))
    assert legend["stories"] == 18
    assert set(legend["sections"]) == {"News", "Sport"}
    assert len(re.findall(r"/desk/map\?cluster=", page.text)) == len(legend["clusters"])


def test_points_are_sent_again_only_when_they_have_changed(drawn: Office) -> None:
    browser = drawn.signed_in("Reader", Role.READER)
    first = browser.get("/desk/map/points")
    assert first.content[:4] == MAGIC
    again = browser.get("/desk/map/points", **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "private, no-cache"


def test_a_chosen_story_names_its_block_and_links(drawn: Office) -> None:
    browser = drawn.signed_in("Reader", Role.READER)
    num = num_of(drawn, "ferry-3")
    page = browser.get(f"/desk/map/story?num={num}")
    assert "Ferry report ferry-3" in page.text
    block = re.search(r'data-block="([0-9 ]*)"', page.text)
    slots = drawn.newsroom.block("ferry-3").slots
    assert block
    assert [int(each) for each in block[1].split()] == [num_of(drawn, slot.story.id) for slot in slots]
    assert f'data-chosen="{num}"' in browser.get("/desk/map?story=ferry-3").text


def test_what_readers_may_not_see_is_not_there(tmp_path: Path) -> None:
    for office in make_office(tmp_path / "archive"):
        browser, num = office.signed_in("Reader", Role.READER), num_of(office, "ferry-3")
        browser.get("/desk/map")
        wait(browser)
        before = browser.get("/desk/map/points")
        office.newsroom.withdraw("ferry-3")
        after = browser.get("/desk/map/points")
        assert len(before.content) - len(after.content) == 19
        assert before.headers["etag"] != after.headers["etag"]
        assert browser.get(f"/desk/map/story?num={num}").status_code == 404
        assert browser.get("/desk/map?story=ferry-3").status_code == 404
        for cluster in range(3):
            assert "ferry-3" not in browser.get(f"/desk/map?cluster={cluster}").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/desk/map?cluster=x", 422),
        ("/desk/map?cluster=99", 200),
        ("/desk/map/story", 404),
        ("/desk/map/story?num=-1", 422),
        ("/desk/map/story?num=999999999", 404),
        ("/desk/map?story=nobody", 404),
    ],
)
def test_what_is_not_there_is_answered_in_words(drawn: Office, path: str, status: int) -> None:
    assert drawn.signed_in("Reader", Role.READER).get(path).status_code == status


def test_a_map_that_could_not_be_made_says_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(making, "make", broken)
    browser, until = office.signed_in("Reader", Role.READER), time.monotonic() + 300
    while "is being made" in (page := text_of(browser.get("/desk/map"))):
        assert time.monotonic() < until, "making the map never ends"
        time.sleep(0.05)
    assert "The map could not be made." in page
    assert "related map" in page


def test_a_story_that_is_not_on_the_map_is_named_as_asked_beside_the_map(drawn: Office) -> None:
    page = drawn.signed_in("Reader", Role.READER).get("/desk/map?story=nobody")
    assert "No story nobody is on the map now" in text_of(page)
    assert "data-points" in page.text


def test_nobody_sees_it_without_signing_in(drawn: Office) -> None:
    for path in ("/desk/map", "/desk/map/points", "/desk/map/story?num=1"):
        assert drawn.browser().get(path).status_code == 303


def test_an_archive_that_is_only_read_shows_the_map_that_was_made_and_makes_none(
    drawn: Office, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[bool] = []
    monkeypatch.setattr(making, "make", lambda *_: begun.append(True))
    browsers = [each.signed_in("Reader", Role.READER) for each in (office, drawn)]
    for each in (office, drawn):
        monkeypatch.setattr(each.newsroom.archive.catalog, "why_read_only", "the disk is")
    page, shown = (browser.get("/desk/map") for browser in browsers)
    assert "There is no map yet, and none is made here" in text_of(page)
    assert "18 stories by meaning" in text_of(shown)
    assert begun == []
