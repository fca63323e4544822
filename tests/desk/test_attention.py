"""What needs a person, and what the last changes did."""

from __future__ import annotations

import json
import threading

import pytest

from recommender.desk import held_worklists
from recommender.desk.roles import Role
from recommender.errors import ArchiveError
from recommender.newsroom.worklists import Worklists
from recommender.service.keys import Keyring, Right
from tests.desk.conftest import Browser, Office, text_of
from tests.service.cases import story


def test_the_lists_tell_which_stories_need_a_person(office: Office) -> None:
    newsroom = office.newsroom
    newsroom.pin("ferry-3", "cricket-1", 1, "Sports")
    newsroom.withdraw("cricket-1")
    newsroom.refresh()
    found = newsroom.worklists()
    blocks = {id: newsroom.block(id) for id in ("ferry-3", "budget-2", "cricket-4")}
    assert [(entry.id, entry.words) for entry in found.unshown.entries] == [
        ("ferry-3", "the pin of cricket-1")
    ]
    short = {entry.id for entry in found.short.entries}
    assert all((len(block) < newsroom.settings.slots) == (id in short) for id, block in blocks.items())
    exposure = newsroom.exposure()
    assert found.orphaned.total == exposure.orphaned
    counts = [f"in {count:,} blocks" for _, count in exposure.most_linked[:3]]
    assert [entry.words for entry in found.over_exposed.entries][:3] == counts


def test_the_page_has_the_lists_and_the_last_changes(office: Office) -> None:
    office.newsroom.exclude("ferry-3", office.newsroom.block("ferry-3").slots[0].story.id, "Sports")
    page = text_of(office.signed_in("Readers", Role.READER).whole("/desk/attention"))
    for title in ("Short blocks", "Linked to by no block", "In most blocks", "Set aside"):
        assert title in page
    assert "Sports : exclude" in page
    assert "went Ferry report" in page


def test_who_looks_again_soon_sees_the_same_lists(office: Office) -> None:
    browser = office.signed_in()
    before = lists_of(browser)
    office.newsroom.withdraw("ferry-2")
    assert lists_of(browser) == before
    office.clock.now += 121
    assert lists_of(browser) != before


def lists_of(browser: Browser) -> str:
    return text_of(browser.whole("/desk/attention")).partition("What changed last")[0]


def test_who_looks_while_the_lists_are_made_is_told_and_waits_for_none(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()
    monkeypatch.setattr(held_worklists, "GRACE_SECONDS", 0)
    made = office.newsroom.worklists

    def slow() -> Worklists:
        assert may_end.wait(120)
        return made()

    monkeypatch.setattr(office.newsroom, "worklists", slow)
    browser = office.signed_in()
    first = browser.get("/desk/attention")
    page = text_of(first)
    assert "The lists are being made." in page
    assert 'http-equiv="refresh"' in first.text, "also without a script it looks again"
    assert "Short blocks" not in page
    assert "What changed last" in page
    may_end.set()
    before = lists_of(browser)
    assert "Short blocks" in before
    may_end.clear()
    office.clock.now += 121
    assert "Newer lists are being made." in text_of(browser.get("/desk/attention"))
    may_end.set()
    assert lists_of(browser) != before, "as of a later minute"


def test_lists_that_could_not_be_made_say_why_and_are_made_by_the_next_look(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Worklists:
        raise ArchiveError("no space")

    monkeypatch.setattr(office.newsroom, "worklists", broken)
    browser = office.signed_in()
    assert "The lists could not be made: no space." in text_of(browser.whole("/desk/attention"))
    monkeypatch.undo()
    assert "Short blocks" in lists_of(browser)


def test_what_was_refused_is_listed_with_its_way_out_until_it_is_taken(office: Office) -> None:
    key = Keyring(office.newsroom.archive.catalog, office.clock).add("cms", [Right.PUBLISH])
    browser, headers = office.signed_in(), {"authorization": f"Bearer {key}"}
    wrong = story("late", "ferry") | {"published": "soon <b>"}
    assert browser.http.post("/stories?dry_run=true", json=wrong, headers=headers).status_code == 422
    assert "Refused when they came 0" in text_of(browser.get("/desk/attention"))
    assert browser.http.post("/stories", json=wrong, headers=headers).status_code == 422
    lines = json.dumps(story("line", "ferry") | {"status": "mad"})
    kind = {"content-type": "application/x-ndjson"}
    assert browser.http.post("/stories", content=lines, headers=headers | kind).status_code == 200
    page = browser.get("/desk/attention")
    assert "Refused when they came 2" in text_of(page)
    assert "late : published" in text_of(page)
    assert "soon <b>" in text_of(page)
    assert "line : status" in text_of(page)
    assert "POST /stories" in text_of(page)
    assert "soon <b>" not in page.text
    assert browser.http.post("/stories", json=story("late", "ferry"), headers=headers).status_code == 201
    assert "Refused when they came 1" in text_of(browser.get("/desk/attention"))
