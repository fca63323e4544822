"""What is behind a block: what carried each story, who would come next, and who is kept out, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from recommender.engine.requested_filters import AnswerFilter
from recommender.newsroom import Newsroom
from recommender.story.story import Status
from tests.newsroom.world import SLOTS, SUBJECTS, Clock, a_story, at, filled, ids


@pytest.fixture
def newsroom(tmp_path: Path, clock: Clock) -> Iterator[Newsroom]:
    """Return a newsroom with more stories on each subject than a block holds."""
    with filled(tmp_path / "archive", clock, 40) as opened:
        yield opened


def test_a_block_is_inspected_as_it_is_shown(newsroom: Newsroom) -> None:
    newsroom.pin("flood0", "vote1", 2, "ann")
    found = newsroom.inspect("flood0")
    assert (found.block, found.story.id, found.state) == (newsroom.block("flood0"), "flood0", "published")
    assert found.decisions.pins == {2: "vote1"}
    assert [event.by for event in found.history] == ["ann"]
    assert found.named["vote1"].id == "vote1"
    chosen = [slot for slot in found.block.slots if not slot.pinned]
    assert [found.carried[slot.story.id].score for slot in chosen] == [slot.score for slot in chosen]
    assert all(found.carried[slot.story.id].signals for slot in chosen)


def test_runners_up_are_who_would_stand_in_a_longer_block(newsroom: Newsroom) -> None:
    found = newsroom.inspect("flood0")
    next_ones = [slot.story.id for slot in found.runners_up]
    assert next_ones
    assert not set(next_ones) & {"flood0", *ids(found.block)}
    assert ids(newsroom.block("flood0", SLOTS + 5)) == [*ids(found.block), *next_ones[:5]]


def test_who_is_kept_out_is_told_with_the_reason(full: Newsroom) -> None:
    full.publish(a_story("secret", SUBJECTS[0], status=Status.EMBARGOED, embargo_until=at(2)))
    full.publish(a_story("gone", SUBJECTS[0]))
    full.withdraw("gone")
    full.exclude("flood0", "flood3", "ann")
    full.pin("flood0", "secret", 1, "ann")
    told = {each.story.id: (each.refusal.words, each.pinned) for each in full.inspect("flood0").refused}
    assert told["secret"] == ("it is not public yet", True)
    assert told["gone"] == ("it is retracted or expired", False)
    assert told["flood3"] == ("an editor excluded it here", False)


def test_a_story_that_is_gone_is_inspected_too(full: Newsroom) -> None:
    full.pin("flood0", "vote1", 1, "ann")
    full.withdraw("flood0")
    found = full.inspect("flood0")
    assert (found.state, found.block.slots, found.runners_up) == ("retracted", (), ())
    assert found.history


def test_a_second_look_asks_the_engine_nothing_and_knows_what_was_done_meanwhile(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = newsroom.inspect("flood0")
    with monkeypatch.context() as patch:
        patch.setattr(newsroom.engine, "examined", None)
        assert newsroom.inspect("flood0") == first
    next_one, shown = first.runners_up[0].story.id, first.block.slots[0].story.id
    newsroom.exclude("flood0", next_one, "ann")
    assert next_one not in [slot.story.id for slot in newsroom.inspect("flood0").runners_up]
    newsroom.withdraw(first.runners_up[1].story.id)
    newsroom.exclude("flood0", shown, "ann")
    later = newsroom.inspect("flood0")
    told = [slot.story.id for slot in later.runners_up]
    assert not {next_one, first.runners_up[1].story.id, shown, *ids(later.block)} & {*told}
    assert later.carried.keys() >= {slot.story.id for slot in later.block.slots}


def test_the_block_alone_asks_the_engine_nothing_and_is_whole_once_that_is_at_hand(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(newsroom.engine, "examined", None)
        alone = newsroom.inspect("flood0", whole=False)
    assert (alone.is_whole, alone.carried, alone.runners_up, alone.refused) == (False, {}, (), ())
    whole = newsroom.inspect("flood0")
    assert (whole.is_whole, whole.block) == (True, alone.block)
    assert newsroom.inspect("flood0", whole=False) == whole


def test_the_nearest_are_public_and_begin_with_the_story_that_says_the_same(newsroom: Newsroom) -> None:
    newsroom.publish(a_story("secret", SUBJECTS[0], status=Status.EMBARGOED, embargo_until=at(2)))
    told = newsroom.archive.catalog.get("flood3")
    assert told is not None
    near = newsroom.nearest(f"{told[1].headline}\n{told[1].body}", 12)
    assert near[0].id == "flood3"
    assert len(near) == 12
    assert "secret" not in [story.id for story in near]
    only = newsroom.nearest(told[1].headline, 12, only=AnswerFilter.of({"until": "1990-01-01"}, UTC))
    assert only == []
