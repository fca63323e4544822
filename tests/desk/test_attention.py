"""What needs a person, and what the last changes did."""

from __future__ import annotations

import json

from recommender.desk.roles import Role
from recommender.service.keys import Keyring, Right
from tests.desk.conftest import Office, text_of
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
    page = text_of(office.signed_in("Readers", Role.READER).get("/desk/attention"))
    for title in ("Short blocks", "Linked to by no block", "In most blocks", "Set aside"):
        assert title in page
    assert "Sports : exclude" in page
    assert "went Ferry report" in page


def test_who_looks_again_soon_sees_the_same_lists(office: Office) -> None:
    browser = office.signed_in()
    before = text_of(browser.get("/desk/attention")).partition("What changed last")[0]
    office.newsroom.withdraw("ferry-2")
    assert text_of(browser.get("/desk/attention")).partition("What changed last")[0] == before
    office.clock.now += 121
    assert text_of(browser.get("/desk/attention")).partition("What changed last")[0] != before


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
