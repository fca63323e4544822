"""The background work: others' writes are followed, crashes made up for, and the figures are true."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recommender import Settings, Status
from recommender.catalog.block_records import BlockRow
from recommender.catalog.blocks import Blocks
from recommender.newsroom import BlockChange, Newsroom, Worker, refresh, stale_blocks
from recommender.newsroom.block_builder import BlockBuilder
from recommender.newsroom.layout import CachedStory
from tests.newsroom.world import (
    SLOTS,
    SUBJECTS,
    WIDE,
    Clock,
    a_story,
    another,
    at,
    blocks_of,
    corrected,
    drain,
    fill,
    ids,
    in_turn,
    make,
)

PATIENCE = 30.0  # seconds: a loaded machine is slow, not wrong


def soon(holds: Callable[[], bool]) -> bool:
    ends = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < ends:
        time.sleep(0.02)
    return holds()


def test_stories_that_came_another_way_reach_older_pages(full: Newsroom) -> None:
    stories = in_turn()
    full.archive.add([a_story("fresh", SUBJECTS[0])])
    assert all("fresh" not in block for block in blocks_of(full, stories).values())
    changes = drain(full)
    seen = {id for id, block in blocks_of(full, stories).items() if "fresh" in block}
    assert seen
    assert seen <= {change.source for change in changes}


def test_stories_that_were_removed_another_way_are_told(full: Newsroom) -> None:
    stories = in_turn()
    gone = ids(full.block("flood0"))[0]
    full.archive.remove([gone])
    left = [story for story in stories if story.id != gone]
    assert all(gone not in block for block in blocks_of(full, left).values())
    changes = drain(full)
    assert "flood0" in {change.source for change in changes if gone in change.before}


def test_a_publish_that_died_before_its_diff_is_followed_later(full: Newsroom) -> None:
    stories = in_turn()
    story = a_story("fresh", SUBJECTS[0])
    full.archive.write([story])  # all that a process had acknowledged when it was killed
    assert full.publish(story).changed == ()
    assert drain(full)
    assert any("fresh" in block for block in blocks_of(full, stories).values())


def once_made(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> list[str]:
    """Have something done when the first block is made, before it is kept; return whose that was."""
    make, asked = BlockBuilder.make, list[str]()

    def made(self: BlockBuilder, known: CachedStory, *rest: Any, **named: Any) -> BlockRow:
        row = make(self, known, *rest, **named)
        if not asked:
            asked.append(known.story.id)
            act()
        return row

    monkeypatch.setattr(BlockBuilder, "make", made)
    return asked


def test_a_block_that_was_made_while_a_story_came_is_made_once_more(
    full: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    full.archive.add([a_story("first", SUBJECTS[0])])
    asked = once_made(monkeypatch, lambda: list(full.publish_many([a_story("fresh", SUBJECTS[0])])))
    drain(full)
    shown = ids(full.block(asked[0], SLOTS))
    Blocks(full.archive.catalog).all_stale("looked at again", (-1, -1))
    drain(full)
    assert shown == ids(full.block(asked[0], SLOTS))


def test_a_block_that_was_served_while_a_story_came_waits_on(
    full: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain(full)
    blocks, id = Blocks(full.archive.catalog), "flood0"
    num = full.archive.catalog.nums_of([id])[id]
    blocks.all_stale("looked at again", (-1, -1))
    asked = once_made(monkeypatch, lambda: full.archive.add([a_story("fresh", SUBJECTS[0])]))
    full.block(id, SLOTS, fresh=True)
    assert asked == [id]
    assert blocks.load([num])[num].stale == "looked at again"
    full.block(id, SLOTS, fresh=True)
    assert not blocks.load([num])[num].stale


@pytest.mark.parametrize("many", [7, 1000])
def test_when_most_stories_change_at_once_every_block_is_made_anew(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(refresh, "MANY", many)
    stories = fill(newsroom, 6)
    newsroom.archive.add(a_story(f"n{n}", SUBJECTS[n % 3], hours=-2) for n in range(20))
    drain(newsroom)
    stored = blocks_of(newsroom, stories)
    with another(newsroom) as fresh:
        fresh.archive.rebuild()
        drain(fresh)
        assert blocks_of(fresh, stories) == stored
    assert newsroom.exposure().missing == 0


def test_many_changes_leave_the_blocks_of_others_alone_and_are_followed_in_pieces(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "MANY", 4)
    monkeypatch.setattr(stale_blocks, "REACH", 2)  # of an archive so small as the usual is of a large one
    stories = fill(newsroom, 45)
    some = [story for story in stories if story.id.startswith("flood")][:10]
    newsroom.archive.add(corrected(story, body=f"{story.body} again") for story in some)
    for _ in some:  # no time at all: one change a piece
        assert newsroom.exposure().stale < len(stories)
        newsroom.refresh(limit=0, seconds=0.0)
    nums = newsroom.archive.catalog.nums_of([story.id for story in stories])
    waits = {id for id, num in nums.items() if Blocks(newsroom.archive.catalog).load([num])[num].stale}
    assert {story.id for story in some} <= waits
    assert len(waits) <= len(stories) // 2
    drain(newsroom)
    assert newsroom.exposure().stale == 0


def test_work_is_bounded_in_number_and_resumes(tmp_path: Path, clock: Clock) -> None:
    with make(tmp_path / "archive", clock, Settings(slots=SLOTS, diff_blocks=0)) as newsroom:
        newsroom.archive.add(a_story(f"n{n}", SUBJECTS[n % 3], hours=-n - 1) for n in range(20))
        for done in (5, 10, 15, 20, 20):
            newsroom.refresh(limit=5, seconds=60.0)
            assert newsroom.exposure().blocks == done
        published = newsroom.publish(a_story("fresh"))
        assert published.changed == ()
        assert published.stale == 20
        assert newsroom.exposure().stale == 20
        newsroom.refresh(limit=8, seconds=60.0)
        assert newsroom.exposure().stale == 12
        newsroom.refresh(limit=100, seconds=0.0)
        assert newsroom.exposure().stale == 12


def test_the_figures_say_how_the_blocks_stand(full: Newsroom) -> None:
    stories = in_turn()
    full.pin("flood0", "vote1", 1, "ann")
    full.freeze("flood3", "ann")
    full.import_curated("goal2", ["vote1"], "ann")
    full.publish(a_story("alone", "quantum lattice photon", never_link_from=True))
    drain(full)
    slots = {id: full.block(id).slots for id in [*(story.id for story in stories), "alone"]}
    blocks = {id: [slot.story.id for slot in some] for id, some in slots.items()}
    linked = {story.id for some in slots.values() for slot in some for story in (slot.story, *slot.timeline)}
    counted = {id: sum(id in block for block in blocks.values()) for id in blocks}
    found = full.exposure()
    assert (found.blocks, found.missing, found.stale) == (len(blocks), 0, 0)
    assert (found.frozen, found.curated, found.pinned) == (1, 1, 1)
    assert found.short == sum(len(block) < SLOTS for block in blocks.values()) == 1
    assert found.orphaned == len(blocks.keys() - linked)
    assert dict(found.most_linked) == {id: counted[id] for id, _ in found.most_linked}
    assert max(counted.values()) == found.most_linked[0][1]


def test_an_inbound_cap_lets_others_go_first(tmp_path: Path, clock: Clock) -> None:
    most = {}
    for cap in (0, 5):
        settings = replace(WIDE, inbound_cap=cap)
        with make(tmp_path / str(cap), clock, settings) as newsroom:
            stories = fill(newsroom, 24)
            found = newsroom.exposure()
            most[cap] = found.most_linked[0][1]
            counted = Counter(id for block in blocks_of(newsroom, stories).values() for id in block)
            assert most[cap] == max(counted.values())
            assert (found.over_exposed, found.short) == (0, 0)
    assert most[5] == 5 < most[0]


def test_the_worker_keeps_time_and_follows_others_while_one_of_two_stands_by(newsroom: Newsroom) -> None:
    stories, told = fill(newsroom), threading.Event()
    changes: list[BlockChange] = []

    def tell(some: Sequence[BlockChange]) -> None:
        changes.extend(some)
        told.set()

    with another(newsroom) as other:
        workers = [Worker(newsroom, tell), Worker(other, tell)]
        for worker in workers:
            worker.start()
        try:
            newsroom.archive.add([a_story("fresh", SUBJECTS[0], expires=at(1))])
            assert told.wait(PATIENCE)
            assert soon(lambda: any("fresh" in block for block in blocks_of(other, stories).values()))
            assert any("fresh" in change.after for change in changes)
            clock = newsroom.engine.clock
            assert isinstance(clock, Clock)
            clock.now = at(1).timestamp()
            assert soon(lambda: any("fresh" in change.before for change in changes))
            assert all(worker.is_running for worker in workers)
        finally:
            for worker in workers:
                worker.stop(PATIENCE)
        assert not any(worker.is_running for worker in workers)


@pytest.mark.parametrize("days", [0, 90])
def test_what_was_told_long_ago_is_dropped_and_what_changes_is_still_told(
    tmp_path: Path, clock: Clock, days: int
) -> None:
    with make(tmp_path / "archive", clock, replace(WIDE, keep_days=days)) as newsroom:
        stories = fill(newsroom)
        newsroom.pin("flood0", "vote1", 1, "ann")
        newsroom.undo(newsroom.pin("flood3", "vote1", 1, "ann").event, "bob")
        before, blocks = newsroom.purges(), blocks_of(newsroom, stories)
        assert before
        clock.now = at(91 * 24).timestamp()
        assert drain(newsroom) == []
        assert newsroom.purges() == ([] if days else before)
        assert len(newsroom.history("flood3")) == (0 if days else 1)
        assert blocks_of(newsroom, stories) == blocks
        newsroom.exclude("flood0", "vote1", "ann")
        (told,) = newsroom.purges(after=before[-1].num)
        assert (told.num, told.change.source) == (before[-1].num + 1, "flood0")
        assert list(told.change.before) == blocks["flood0"]


@pytest.mark.parametrize("wake", [True, False])
def test_a_worker_stops_when_it_is_told(newsroom: Newsroom, wake: bool) -> None:
    worker = Worker(newsroom)
    worker.start()
    if wake:
        worker.wake()
    worker.stop(PATIENCE)
    assert not worker.is_running


@pytest.mark.parametrize("worker", [True, False])
def test_embargoes_end_after_a_clock_that_ran_ahead_came_back(
    full: Newsroom, clock: Clock, worker: bool
) -> None:
    stories = in_turn()
    full.publish(a_story("soon", SUBJECTS[0], status=Status.EMBARGOED, embargo_until=at(2)))
    drain(full)

    def look(hours: float) -> tuple[set[str], list[BlockChange]]:
        """Return whose blocks show the story at that hour, and what was told by then."""
        clock.now = at(hours).timestamp()
        told = drain(full) if worker else []
        holders = {id for id, block in blocks_of(full, stories).items() if "soon" in block}
        return holders, told

    ahead, told = look(500)
    assert ahead
    assert ahead <= {change.source for change in told if "soon" in change.after} or not worker
    back, told = look(0)
    assert not back
    assert ahead <= {change.source for change in told if "soon" in change.before} or not worker
    ended, told = look(2)
    assert ended == ahead
    assert ended <= {change.source for change in told if "soon" in change.after} or not worker
    assert full.block("soon").slots
