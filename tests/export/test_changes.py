"""What may read otherwise is found: whose block changed, who changed, and who shows one that did."""

from __future__ import annotations

import pytest

from recommender.export.changes import Cursor, changed, make_fresh, story_blocks
from recommender.ingest.base import Origin
from recommender.newsroom import Newsroom
from tests.newsroom.world import corrected


@pytest.fixture(autouse=True)
def fresh(newsroom: Newsroom) -> None:
    make_fresh(newsroom)


def names(newsroom: Newsroom, nums: set[int]) -> set[str]:
    return set(newsroom.archive.catalog.ids_of(nums).values())


def test_nothing_changes_by_itself(newsroom: Newsroom) -> None:
    make_fresh(newsroom)
    assert changed(newsroom, Cursor.now(newsroom)) == set()


def test_a_corrected_headline_concerns_all_pages_that_show_it(newsroom: Newsroom) -> None:
    before = Cursor.now(newsroom)
    held = {one.story.id: one for one in story_blocks(newsroom, newsroom.public_nums())}
    showing = {id for id, one in held.items() if "flood3" in one.block}
    story = held["flood3"].story
    newsroom.publish(corrected(story, headline="flood three said anew"))
    make_fresh(newsroom)
    assert {"flood3", *showing} <= names(newsroom, changed(newsroom, before))


def test_a_pin_concerns_one_page(newsroom: Newsroom) -> None:
    before = Cursor.now(newsroom)
    newsroom.pin("flood3", "goal2", 1, "desk")
    assert names(newsroom, changed(newsroom, before)) == {"flood3"}


def test_stories_come_with_their_origins_newest_first(newsroom: Newsroom) -> None:
    newsroom.archive.catalog.set_origins({"flood3": Origin(kind="wordpress", id="3", type="post")})
    some = list(story_blocks(newsroom, newsroom.public_nums()))
    times = [one.story.published for one in some]
    assert times == sorted(times, reverse=True)
    assert {one.origin(one.story).id for one in some if one.story.id == "flood3"} == {"3"}
