"""What is behind a block: what carried each story, who would come next, and who is kept out, and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
