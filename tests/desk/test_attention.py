"""What needs a person, and what the last changes did."""

from __future__ import annotations

from recommender.desk.roles import Role
from tests.desk.conftest import Office, text_of


def test_the_lists_tell_which_stories_need_a_person(office: Office) -> None:
    newsroom = office.newsroom
    newsroom.pin("ferry-3", "cricket-1", 1, "Anna")
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
    office.newsroom.exclude("ferry-3", office.newsroom.block("ferry-3").slots[0].story.id, "Anna")
    page = text_of(office.signed_in("Rita", Role.READER).get("/desk/attention"))
    for title in ("Short blocks", "Linked to by no block", "In most blocks", "Set aside"):
        assert title in page
    assert "Anna: exclude" in page
    assert "went Ferry report" in page


def test_who_looks_again_soon_sees_the_same_lists(office: Office) -> None:
    browser = office.signed_in()
    before = text_of(browser.get("/desk/attention")).partition("What changed last")[0]
    office.newsroom.withdraw("ferry-2")
    assert text_of(browser.get("/desk/attention")).partition("What changed last")[0] == before
    office.clock.now += 121
    assert text_of(browser.get("/desk/attention")).partition("What changed last")[0] != before
