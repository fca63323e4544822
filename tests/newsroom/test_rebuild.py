"""The archive pass: every block is the one that would be made alone; a killed pass is gone on with."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from recommender import Recommender, Settings, Story
from recommender.catalog.block_records import BlockRow
from recommender.catalog.block_tables import flat
from recommender.catalog.blocks import Blocks
from recommender.errors import ArchiveBusyError, ArchiveError, NotFoundError
from recommender.newsroom import Newsroom, RebuildReport, rebuild
from recommender.newsroom.block_builder import BlockBuilder
from recommender.newsroom.rebuild_batches import BatchBuilder
from recommender.newsroom.state import NewsroomState
from tests.fakes import HashEmbedder
from tests.newsroom.world import SLOTS, SUBJECTS, WIDE, Clock, a_story, another, at, blocks_of, ids, make

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_760_000_000  # after the last story of 18F


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory, stories_18f: tuple[Story, ...]) -> Path:
    """Return an archive of 160 stories of 18F; not to be changed."""
    path = tmp_path_factory.mktemp("archives") / "some"
    with Recommender.create(path, embedder=HashEmbedder()) as recommender:
        recommender.add(stories_18f[:160])
    return path


@pytest.fixture
def own(some: Path, tmp_path: Path) -> Path:
    """Return a copy of it to change."""
    return Path(shutil.copytree(some, tmp_path / "archive"))


def run(newsroom: Newsroom, workers: int = 0, only: Sequence[str] | None = None) -> RebuildReport:
    with newsroom.archive_pass(only) as work:
        return work.run(workers=workers)


def stored(newsroom: Newsroom) -> dict[int, BlockRow]:
    return Blocks(newsroom.archive.catalog).load(newsroom.archive.catalog.nums())


def told(rows: dict[int, BlockRow]) -> dict[int, tuple[object, ...]]:
    """Return all of the blocks but by which process, and so which snapshot, each was made."""
    return {
        num: (row.made, row.due, row.recipe, row.shown, row.slots, row.stale) for num, row in rows.items()
    }


@pytest.mark.parametrize(("workers", "follow_ups"), [(0, True), (2, True), (0, False)])
def test_every_block_is_the_one_that_is_made_alone(
    own: Path, workers: int, follow_ups: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "REQUEST", 40)
    settings, alone = Settings(follow_ups=follow_ups), Path(shutil.copytree(own, f"{own}-alone"))
    with (
        Newsroom.open(own, settings, HashEmbedder(), Clock(NOW)) as newsroom,
        Newsroom.open(alone, settings, HashEmbedder(), Clock(NOW)) as single,
    ):
        assert run(newsroom, workers).made == len(newsroom.archive.view.store)
        for num, story in single.archive.catalog.by_nums(single.archive.catalog.nums()).items():
            assert single.block(story.id).slots == newsroom.block(story.id).slots, num
        assert told(stored(newsroom)) == told(stored(single))
        assert newsroom.purges() == []


def test_what_is_fresh_is_left_alone_and_another_recipe_is_made_anew(own: Path) -> None:
    with Newsroom.open(own, embedder=HashEmbedder(), clock=Clock(NOW)) as newsroom:
        count = len(newsroom.archive.view.store)
        assert run(newsroom).counts() == {"made": count, "changed": 0, "fresh": 0, "left": 0}
        before = Blocks(newsroom.archive.catalog).version()
        assert run(newsroom).counts() == {"made": 0, "changed": 0, "fresh": count, "left": 0}
        assert Blocks(newsroom.archive.catalog).version() == before
    with Newsroom.open(own, Settings(recent=10), HashEmbedder(), Clock(NOW)) as newsroom:
        shown = {num: row.shown for num, row in stored(newsroom).items()}
        report = run(newsroom)
        assert (report.made, report.fresh) == (count, 0)
        differ = {num for num, row in stored(newsroom).items() if row.shown != shown[num]}
        assert report.changed == len(differ) == len(newsroom.purges())
        assert {purge.change.reason for purge in newsroom.purges()} <= {"the engine changed"}


def test_some_stories_only(own: Path) -> None:
    with Newsroom.open(own, embedder=HashEmbedder(), clock=Clock(NOW)) as newsroom:
        some = [row.story.id for row in newsroom.archive.catalog.rows(batch=3)][:3]
        assert run(newsroom, only=some).counts() == {"made": 3, "changed": 0, "fresh": 0, "left": 0}
        assert run(newsroom, only=[*some, some[0]]).counts()["fresh"] == 3
        assert newsroom.exposure().blocks == 3
        with pytest.raises(NotFoundError):
            run(newsroom, only=["nobody"])


def many(newsroom: Newsroom, count: int = 30) -> list[str]:
    stories = [a_story(f"n{n}", SUBJECTS[n % 3], hours=n - 60) for n in range(count)]
    newsroom.archive.add(stories)
    return [story.id for story in stories]


def test_editors_stay_stronger_than_the_engine(newsroom: Newsroom) -> None:
    names = many(newsroom, 12)
    newsroom.pin("n0", "n1", 1, "ann")
    newsroom.freeze("n3", "ann")
    newsroom.exclude("n6", ids(newsroom.block("n6"))[0], "ann")
    frozen, excluded = ids(newsroom.block("n3")), newsroom.decisions("n6").excluded
    newsroom.archive.add([a_story("fresh", hours=-0.5)])
    run(newsroom)
    assert ids(newsroom.block("n0"))[0] == "n1"
    assert ids(newsroom.block("n3")) == frozen
    assert not excluded & set(ids(newsroom.block("n6")))
    assert any("fresh" in ids(newsroom.block(name)) for name in names)
    assert newsroom.exposure().stale == newsroom.exposure().missing == 0


def test_a_changed_block_goes_to_the_outbox_and_a_first_one_does_not(newsroom: Newsroom) -> None:
    names = many(newsroom, 9)
    run(newsroom)
    assert newsroom.purges() == []
    before = {id: ids(newsroom.block(id)) for id in names}
    newsroom.archive.add([a_story("fresh", SUBJECTS[0], hours=-0.5)])
    report = run(newsroom)
    after = {id: ids(newsroom.block(id)) for id in names}
    differ = {id for id in names if before[id] != after[id]}
    assert differ
    assert {purge.change.source for purge in newsroom.purges()} == differ
    assert report.changed == len(differ)


def test_drafts_and_stories_to_come_have_no_block_until_they_are_public(
    newsroom: Newsroom, clock: Clock
) -> None:
    many(newsroom, 6)
    newsroom.archive.add([a_story("later", hours=2)])
    assert run(newsroom).made == 6
    clock.now += 3 * 3600
    report = run(newsroom)
    assert newsroom.archive.catalog.nums_of(["later"])["later"] in stored(newsroom)
    assert report.made > 1  # and those of its neighbours, which were due
    assert "later" in ids(newsroom.block("n0"))


def meddle(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something to the archive once, while the blocks of a batch are made and not stored yet."""
    make, waiting = BatchBuilder.make, [act]

    def made(self: BatchBuilder, nums: Sequence[int]) -> object:
        answer = make(self, nums)
        if waiting:
            waiting.pop()()
        return answer

    monkeypatch.setattr(BatchBuilder, "make", made)


@pytest.mark.parametrize("what", ["publish", "withdraw", "update", "delete", "pin", "embargo"])
def test_stories_that_change_while_blocks_are_made_end_fresh(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    names = many(newsroom, 24)
    leaves = what in ("withdraw", "delete")
    left = [name for name in names if not (leaves and name == "n3")]
    before = made_alone(newsroom, left)
    fresh = a_story("fresh", SUBJECTS[0], hours=-0.5)
    with another(newsroom) as other:
        acts = {
            "publish": lambda: other.publish(fresh),
            "withdraw": lambda: other.withdraw("n3"),
            "update": lambda: other.publish(a_story("n3", SUBJECTS[1], hours=-57, updated=at(0))),
            "delete": lambda: other.delete("n3"),
            "pin": lambda: other.pin("n3", "n4", 1, "ann"),
            "embargo": lambda: other.publish(a_story("fresh", hours=1)),
        }
        meddle(monkeypatch, acts[what])
        assert run(newsroom).left == 0
    figures = newsroom.exposure()
    assert (figures.stale, figures.missing) == (0, 0)
    kept, after = stored(newsroom), made_alone(newsroom, left)
    # Who leaves moves the scale of those that stay: two alike may swap, and no block is made for that alone.
    untouched = {num for num, row in before.items() if leaves and "n3" not in flat(row.shown)}
    for num, row in after.items():
        assert kept[num].shown == row.shown or (num in untouched and kept[num].shown == before[num].shown)
    assert {num: row.due for num, row in after.items()} == {num: kept[num].due for num in after}


def made_alone(newsroom: Newsroom, names: Sequence[str]) -> dict[int, BlockRow]:
    """Return the blocks that stories have now, made by another process one by one; none is stored."""
    with another(newsroom) as single:
        state = NewsroomState(single.engine)
        builder, context = BlockBuilder(state), state.context()
        return {row.source: row for row in (builder.make(context.known(id), context) for id in names)}


def test_an_inbound_cap_is_counted_over_the_whole_pass(tmp_path: Path, clock: Clock) -> None:
    flood = a_story("flood", hours=-61, headline=SUBJECTS[0], body=SUBJECTS[0])  # all others on it link to it
    most = {}
    for cap in (0, 5):
        settings = Settings(slots=SLOTS, inbound_cap=cap)
        with make(tmp_path / str(cap), clock, settings) as newsroom:
            newsroom.archive.add([flood])
            many(newsroom, 24)
            run(newsroom)
            most[cap] = newsroom.exposure().most_linked[0][1]
            assert newsroom.exposure().short == 0
    assert most[5] <= 5 < most[0]


def test_one_pass_at_a_time(newsroom: Newsroom) -> None:
    many(newsroom, 3)
    with (
        another(newsroom) as other,
        newsroom.archive_pass(),
        pytest.raises(ArchiveBusyError, match="let it finish"),
        other.archive_pass(),
    ):
        pass
    assert run(newsroom).made == 3


def test_a_helper_that_dies_is_a_clear_error_and_costs_nothing_that_was_stored(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "REQUEST", 16)
    with Newsroom.open(own, embedder=HashEmbedder(), clock=Clock(NOW)) as newsroom:
        with newsroom.archive_pass() as work, pytest.raises(ArchiveError, match="run the command again"):
            work.run(on_done=lambda _: [os.kill(pid, signal.SIGKILL) for pid in children()], workers=2)
        done = newsroom.exposure().blocks
        assert done
        report = run(newsroom, workers=2)
        assert report.fresh == done
        assert report.made == len(newsroom.archive.view.store) - done
        assert newsroom.exposure().missing == 0


def children() -> list[int]:
    found = Path(f"/proc/self/task/{threading.main_thread().native_id}/children").read_text()
    return [int(pid) for pid in found.split()]


def start(archive: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.cli.related", "blocks", "--all", "-a", str(archive), *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_killed_in_the_middle_it_goes_on_where_it_was(own_18f: Path) -> None:
    process = start(own_18f, "--workers", "2")
    with Newsroom.open(own_18f, embedder=HashEmbedder()) as newsroom:
        ends = time.monotonic() + 120
        while not newsroom.exposure().blocks and time.monotonic() < ends:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        before = stored(newsroom)
        count = len(newsroom.archive.view.store)
        assert 0 < len(before) < count
        out, err = start(own_18f, "--json").communicate(timeout=300)
        figures = json.loads(out)
        assert figures == {"made": count - len(before), "changed": 0, "fresh": len(before), "left": 0}, err
        after = stored(newsroom)
        assert {num: after[num] for num in before} == before
        assert len(after) == count
        assert newsroom.purges() == []


def test_all_blocks_are_those_that_are_served(newsroom: Newsroom) -> None:
    stories = [a_story(f"n{n}", SUBJECTS[n % 3], hours=n - 60) for n in range(9)]
    newsroom.archive.add([*stories, a_story("draft", hours=5)])
    run(newsroom)
    newsroom.withdraw("n0")
    served = blocks_of(newsroom, stories[1:])
    assert {block.id: ids(block) for block in newsroom.blocks()} == served
    with make(newsroom.archive.path / "empty", Clock(), WIDE) as empty:
        assert list(empty.blocks()) == []
        assert run(empty).counts() == {"made": 0, "changed": 0, "fresh": 0, "left": 0}


def test_what_is_recalled_is_at_hand_and_nothing_is_made(newsroom: Newsroom) -> None:
    stories = [a_story(f"n{n}", SUBJECTS[n % 3], hours=n - 60) for n in range(9)]
    newsroom.archive.add([*stories, a_story("draft", hours=5)])
    served = {story.id: newsroom.block(story.id) for story in stories[1:-1]}  # the others stay without
    with another(newsroom) as fresh:
        before = stored(newsroom)
        assert all(fresh.peek(story.id) is None for story in stories)
        assert fresh.recall(1000, 60.0) == len(served)
        assert {story.id for story in stories if fresh.peek(story.id)} == served.keys()
        assert {id: ids(block) for id in served if (block := fresh.peek(id))} == {
            id: ids(block) for id, block in served.items()
        }
        assert stored(newsroom) == before
        assert fresh.recall(1000, -1.0) == 0
