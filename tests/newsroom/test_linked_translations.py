"""Translations beside a block: found when it is made, and let out by the link policy alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Status, Story
from recommender.engine import translated_stories
from recommender.newsroom import Newsroom
from recommender.story.story import visible_window
from tests.newsroom.world import Clock, a_story, another, corrected, drain, filled

HOUR = 3600
ENGLISH = a_story(
    "kyiv",
    headline="Zelensky meets Macron in Kyiv",
    body="Zelensky met Macron on Friday. France sends 45 tanks and 1,200 soldiers. Talks took 3.5 hours.",
    language="en",
)
BANGLA = a_story(
    "kyiv-bn",
    headline="কিয়েভে জেলেনস্কি ও মাক্রনের বৈঠক",
    body="শুক্রবার জেলেনস্কির সঙ্গে মাক্রন বৈঠক করেন। ফ্রান্স ৪৫ ট্যাংক ও ১,২০০ সেনা পাঠাবে। আলোচনা ৩.৫ ঘণ্টা চলে।",
    language="bn",
)
UNLINKABLE = ("", "sensitive", "never_link_to", "deleted")


def told(newsroom: Newsroom, id: str = ENGLISH.id) -> list[str]:
    """Return the ids of the translations that readers see beside a block."""
    return [story.id for story in newsroom.block(id).translations]


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with filled(tmp_path_factory.mktemp("long") / "archive", Clock()) as newsroom:
        newsroom.publish(ENGLISH)
        newsroom.publish(BANGLA)
        yield newsroom


def test_each_names_the_other_as_soon_as_both_are_published(full: Newsroom) -> None:
    full.publish(ENGLISH)
    assert told(full) == []
    full.publish(BANGLA)
    assert full.block(BANGLA.id).translations == (ENGLISH,)
    drain(full)
    assert told(full) == [BANGLA.id]
    assert BANGLA.id not in full.block(ENGLISH.id)
    with another(full) as opened:
        assert told(opened) == [BANGLA.id]  # as stored


def test_a_block_that_was_stored_without_has_none_until_it_is_made_anew(full: Newsroom) -> None:
    full.publish(ENGLISH)
    full.publish(BANGLA)
    drain(full)
    with full.archive.catalog.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM block_translation")
    with another(full) as opened:
        assert told(opened) == []
        opened.publish(corrected(ENGLISH, deck="On Friday"))
        assert told(opened) == [BANGLA.id]


def test_where_all_is_in_one_language_nothing_is_looked_at(
    full: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translated_stories, "Pool", None)
    full.publish(ENGLISH)
    drain(full)
    assert told(full) == []


@settings(max_examples=60, deadline=None)
@given(
    status=st.sampled_from(Status),
    embargo=st.sampled_from([-1, 2]),
    expires=st.sampled_from([4, 9]),
    mark=st.sampled_from(UNLINKABLE),
    kept=st.booleans(),
)
def test_one_that_readers_may_not_see_is_never_named_and_nothing_stands_in(
    long_run: Newsroom, status: Status, embargo: int, expires: int, mark: str, kept: bool
) -> None:
    clock = long_run.engine.clock
    clock.now += HOUR

    def hence(hours: int) -> datetime:
        return datetime.fromtimestamp(clock.now + hours * HOUR, UTC)

    story: Story = replace(
        BANGLA,
        status=status,
        updated=hence(0),
        embargo_until=hence(embargo),
        expires=hence(expires),
        successor="flood0" if status is Status.RETRACTED else None,
        **({mark: True} if mark in ("sensitive", "never_link_to") else {}),
    )
    long_run.publish(story)
    if mark == "deleted":
        long_run.delete(BANGLA.id)
    for hours in (0, 3, 2):  # at once, past the embargo, past the end
        clock.now += hours * HOUR
        if not kept:
            drain(long_run)
        begins, until = visible_window(story)
        public = begins <= clock.now < until and not mark
        seen = told(long_run)
        assert set(seen) <= {BANGLA.id} if public else not seen
        drain(long_run)
        assert told(long_run) == ([BANGLA.id] if public else [])


def test_the_engine_alone_names_the_same_translations(full: Newsroom) -> None:
    full.publish(ENGLISH)
    full.publish(BANGLA)
    assert full.engine.related(ENGLISH.id).translations == (BANGLA,)
    full.withdraw(BANGLA.id)
    assert full.engine.related(ENGLISH.id).translations == ()
