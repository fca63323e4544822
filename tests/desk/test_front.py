"""The front: the latest stories, the search, the filters, each as a plain address."""

from __future__ import annotations

import re

import httpx
import pytest

from recommender.desk import front
from recommender.desk.roles import Role
from recommender.story.story import Story
from tests.desk.conftest import Office, text_of
from tests.service.cases import story


def ids(page: httpx.Response) -> list[str]:
    return re.findall(r'class="title"><a href="/desk/stories/([^"]+)" dir="auto">', page.text)


def test_the_latest_stories_come_first(shared_office: Office) -> None:
    found = ids(shared_office.signed_in("Readers", Role.READER).get("/desk"))
    assert len(found) == 18
    assert {id[-1] for id in found[:3]} == {"6"}


def test_older_stories_are_on_further_pages(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "ON_PAGE", 7)
    browser = office.signed_in()
    pages = [ids(browser.get(f"/desk?page={n}")) for n in (1, 2, 3)]
    assert [len(page) for page in pages] == [7, 7, 4]
    assert len({id for page in pages for id in page}) == 18
    assert 'rel="next"' not in browser.get("/desk?page=3").text
    for wrong in ("0", "-1", "x", "99999999999", "\u0663"):
        assert browser.get(f"/desk?page={wrong}").status_code == 200


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("section=news", {"budget"}),
        ("section=SPORT&since=2025-01-05", {"ferry", "cricket"}),
        ("language=bn", set()),
        ("kind=opinion", set()),
        ("since=2025-01-02&until=2025-01-02", {"ferry", "budget", "cricket"}),
        ("q=ferr", {"ferry"}),
        ("q=REPORT budget", {"budget"}),
        ("q=budget&section=Sport", set()),
    ],
)
def test_filters_and_words_narrow_what_is_shown(shared_office: Office, asked: str, wanted: set[str]) -> None:
    page = shared_office.signed_in().get(f"/desk?{asked}")
    by_head = page.text.partition("<h2>About this</h2>")[0]
    found = re.findall(r'/desk/stories/(\w+)-\d"', by_head)
    assert set(found) == wanted


def test_a_search_finds_by_meaning_too(shared_office: Office) -> None:
    page = shared_office.signed_in().get("/desk?q=wicket innings captain")
    assert "About this" in page.text
    assert ids(page)[0].startswith("cricket")


def test_what_readers_do_not_see_is_listed_with_its_state(office: Office) -> None:
    office.newsroom.withdraw("ferry-2")
    coming = story("later", day=3, status="embargoed", embargo_until="2099-01-01T00:00:00Z")
    office.newsroom.publish(Story.from_json(coming))
    browser = office.signed_in()
    assert ids(browser.get("/desk?status=hidden")) == ["ferry-2"]
    assert ids(browser.get("/desk?status=coming")) == ["later"]
    assert len(ids(browser.get("/desk?status=public"))) == 17
    assert "embargoed until" in text_of(browser.get("/desk?q=report later"))
    assert "retracted" in text_of(browser.get("/desk?status=hidden"))


@pytest.mark.parametrize(
    "asked", ["since=yesterday", "language=!!", "q=...", "q=%00", "status=x&section=%F0", "q=" + "x" * 4000]
)
def test_what_cannot_be_asked_is_told_or_finds_nothing(shared_office: Office, asked: str) -> None:
    page = shared_office.signed_in().get(f"/desk?{asked}")
    assert page.status_code == 200
    assert "<h1>Stories</h1>" in page.text


def test_a_script_asks_for_the_list_alone(shared_office: Office) -> None:
    part = shared_office.signed_in().get("/desk?q=ferr&part=list").text
    assert part.strip().startswith('<div id="found"')
    assert "<html" not in part
