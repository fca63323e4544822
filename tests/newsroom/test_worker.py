"""The worker outlives every error, says so, and lets no story stop the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from recommender.concurrency import retries
from recommender.newsroom import Newsroom, Worker
from recommender.newsroom.block_builder import BlockBuilder
from recommender.newsroom.failed_stories import IN_A_ROW
from tests.newsroom.world import Clock, a_story, drain, fill, ids

PATIENCE = 30.0


def wait_for(what: Callable[[], object]) -> None:
    ends = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < ends
        time.sleep(0.01)


def poison(monkeypatch: pytest.MonkeyPatch, names: Sequence[str]) -> None:
    """Let making the blocks of some stories fail, as a text that our code fails on would."""
    make_all = BlockBuilder.make_all

    def fails(self: BlockBuilder, some: Sequence[Any], *args: Any, **more: Any) -> Any:
        if bad := [known.story.headline for known in some if known.story.id in names]:
            raise KeyError(bad[0])
        return make_all(self, some, *args, **more)

    monkeypatch.setattr(BlockBuilder, "make_all", fails)


@pytest.mark.parametrize("kind", [KeyError, ValueError, RecursionError, MemoryError, AttributeError])
def test_it_survives_and_says_what_fails_and_since_when(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    fill(newsroom, 3)
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(newsroom, "refresh", lambda **_: (_ for _ in ()).throw(kind("a word of a story")))
    worker = Worker(newsroom)
    worker.start()
    try:
        wait_for(lambda: worker.endurance.failures > 2)
        assert worker.is_running
        assert kind.__name__ in str(worker.trouble)
        assert "a word" not in str(worker.trouble)
        monkeypatch.undo()
        wait_for(lambda: worker.trouble is None)
    finally:
        worker.stop(PATIENCE)


def test_a_story_whose_block_cannot_be_made_stops_no_other(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fill(newsroom, 9)
    poison(monkeypatch, ["flood0", "vote1"])
    newsroom.archive.add([a_story(f"new{n}", hours=-n) for n in range(3)])
    drain(newsroom)
    assert len(newsroom.left_alone()) == 2
    found = newsroom.exposure()
    assert (found.stale, found.missing) == (2, 0)
    assert not [
        word for record in caplog.records for word in ("flood0z", "vote1z") if word in record.getMessage()
    ]
    monkeypatch.undo()
    newsroom._refresher.failed_stories._clock = lambda: time.monotonic() + 3600
    drain(newsroom)
    assert (newsroom.left_alone(), newsroom.exposure().stale) == (set(), 0)


def test_where_every_story_fails_it_is_not_the_stories(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    stories = fill(newsroom, 9)
    poison(monkeypatch, [story.id for story in stories])
    newsroom.archive.add([a_story("new")])
    with pytest.raises(KeyError):
        newsroom.refresh()
    assert len(newsroom.left_alone()) == IN_A_ROW


def test_an_embargo_still_ends_beside_a_story_that_fails(
    newsroom: Newsroom, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stories = fill(newsroom, 9)
    for n in (0, 3):
        newsroom.amend(stories[n].id, expires=stories[8].published.replace(year=2025))
    poison(monkeypatch, ["flood0"])
    clock.now = stories[8].published.replace(year=2025).timestamp()
    newsroom.run_due()
    assert all("flood3" not in ids(newsroom.block(story.id)) for story in stories[4:])
