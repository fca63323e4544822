"""While the vectors' server is away what is written is answered, and no page shows who is withdrawn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from index import ExactIndex, IndexUnavailable
from recommender import Status
from recommender.archive import vector_engine
from recommender.catalog.blocks import Blocks
from recommender.concurrency.in_time import InTime
from recommender.errors import VectorsAwayError
from recommender.newsroom import Newsroom, Worker
from tests.fakes import HashEmbedder
from tests.newsroom.world import WIDE, Clock, a_story, at, corrected, drain, fill, ids, make

SOURCE, HELD, UNMADE = "flood0", "flood3", "flood90"


class Server:
    """A stand-in for one that holds vectors."""

    def __init__(self) -> None:
        self.is_away = False
        self.answers = threading.Event()  # until it is set, a call hangs
        self.answers.set()

    def guarded(self, name: str) -> Callable[..., Any]:
        work = getattr(ExactIndex, name)

        def call(*given: Any, **named: Any) -> Any:
            assert self.answers.wait(60), "nobody let the server go on"
            if self.is_away:
                raise IndexUnavailable("the server does not answer")
            return work(*given, **named)

        return call


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    names = ("upsert", "remove", "search", "__len__")
    kind = type("Remote", (ExactIndex,), {name: made.guarded(name) for name in names})
    monkeypatch.setattr(
        vector_engine, "open_index", lambda _, dimension, fields, **__: kind(dimension, fields)
    )
    return made


@pytest.fixture
def remote(tmp_path: Path, clock: Clock, server: Server) -> Iterator[Newsroom]:
    """Return a newsroom of twelve stories, whose vectors are on the server."""
    path = tmp_path / "remote"
    make(path, clock).close()
    (path / "related.toml").write_text('[index]\nengine = "pgvector"\nurl = "postgresql://127.0.0.1/v"\n')
    with Newsroom.open(path, WIDE, HashEmbedder(32), clock) as newsroom:
        fill(newsroom)
        yield newsroom


def shown(newsroom: Newsroom) -> list[str]:
    return ids(newsroom.block(SOURCE))


def alike(newsroom: Newsroom) -> dict[str, set[str]]:
    """Return whom readers see in each block of those on its subject: who fills up depends on the model."""
    blocks = newsroom.story_blocks(newsroom.public_nums())
    return {story.id: {id for id in ids(block) if id[0] == story.id[0]} for story, block in blocks}


def is_due(newsroom: Newsroom) -> bool:
    row = Blocks(newsroom.archive.catalog).load([newsroom.archive.catalog.nums_of([SOURCE])[SOURCE]])
    return any(block.due is not None and block.due <= newsroom.engine.clock() for block in row.values())


def told(newsroom: Newsroom, since: int) -> set[str]:
    return {purge.change.source for purge in newsroom.purges(since)}


def test_a_withdrawal_purges_every_page_that_showed_the_story(remote: Newsroom, server: Server) -> None:
    holders = {id for id in ("flood0", "flood6", "flood9") if HELD in ids(remote.block(id))}
    assert SOURCE in holders
    since = len(remote.purges())
    server.is_away = True
    withdrawn = remote.withdraw(HELD)
    assert holders < {change.source for change in withdrawn.changed} == told(remote, since)
    assert all(HELD not in change.after for change in withdrawn.changed)
    assert remote.withdraw(HELD).changed == withdrawn.changed
    assert HELD not in shown(remote)


def test_a_withdrawal_of_another_process_is_shown_before_blocks_are_made(
    remote: Newsroom, server: Server
) -> None:
    server.is_away = True
    remote.publish(a_story(UNMADE))  # which blocks it enters nobody can say yet
    retracted = corrected(remote.archive.catalog.get(HELD)[1], status=Status.RETRACTED)  # type: ignore[index]
    remote.archive.write([retracted])  # as one that ends before blocks follow
    since = len(remote.purges())
    for _ in range(2):
        remote.run_due()
        remote.refresh()
    assert {SOURCE, HELD} <= told(remote, since)
    assert HELD not in shown(remote)
    after = len(remote.purges())
    remote.refresh()
    assert len(remote.purges()) == after


def test_a_story_that_expires_leaves_the_pages(remote: Newsroom, server: Server, clock: Clock) -> None:
    remote.amend(HELD, expires=at(5))
    drain(remote)
    assert HELD in shown(remote)
    server.is_away, clock.now, since = True, clock.now + 6 * 3600, len(remote.purges())
    assert not remote.run_due()
    remote.refresh()
    assert SOURCE in told(remote, since)
    assert HELD not in shown(remote)


@pytest.mark.parametrize("is_away", [False, True])
def test_a_server_that_hangs_keeps_no_page_waiting_where_a_block_is_stored(
    remote: Newsroom, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch, *, is_away: bool
) -> None:
    monkeypatch.setattr(remote._block_cache, "_in_time", InTime(0.05))
    remote.amend(HELD, expires=at(5))
    drain(remote)
    before = shown(remote)
    assert HELD in before
    clock.now += 6 * 3600  # the block is due, and only the server can say who comes in
    server.answers.clear()
    server.is_away = is_away
    for _ in range(3):
        assert HELD not in shown(remote)  # of what is there, who may be seen
        assert is_due(remote)
    server.answers.set()
    deadline = time.monotonic() + 60
    while not is_away and is_due(remote) and time.monotonic() < deadline:
        time.sleep(0.01)  # it is kept when it is made, though nobody waits for it
    assert is_due(remote) is is_away


def test_who_asks_for_a_fresh_block_waits_for_it(
    remote: Newsroom, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote._block_cache, "_in_time", InTime(0))
    remote.amend(HELD, expires=at(5))
    drain(remote)
    clock.now += 6 * 3600
    remote.block(SOURCE, fresh=True)
    assert not is_due(remote)


ACTS: tuple[Callable[[Newsroom], Any], ...] = (
    lambda newsroom: newsroom.freeze("vote10", "sports-desk"),
    lambda newsroom: newsroom.pin(SOURCE, "vote7", 1, "sports-desk"),
    lambda newsroom: newsroom.exclude("flood9", HELD, "sports-desk"),
    lambda newsroom: newsroom.publish(a_story(UNMADE)),
    lambda newsroom: newsroom.publish(a_story(HELD, headline="flood of another headline")),
    lambda newsroom: newsroom.amend("flood6", embargo_until=at(5)),
    lambda newsroom: newsroom.amend("goal2", expires=at(5)),
    lambda newsroom: newsroom.withdraw("vote4"),
    lambda newsroom: newsroom.restore("vote4"),
    lambda newsroom: newsroom.merge("goal5", "goal8"),
    lambda newsroom: newsroom.delete("goal11"),
)


def test_what_is_written_is_answered_and_all_blocks_are_right_once_the_server_is_back(
    remote: Newsroom, full: Newsroom, server: Server
) -> None:
    server.is_away = True
    for act in ACTS:
        act(remote)
        act(remote)  # sent again
    remote.run_due()
    remote.refresh()
    assert remote.inspect(SOURCE).block.slots
    server.is_away = False
    drain(remote)
    assert not remote.archive.view.engine_trouble
    assert (remote.backlog().stale, remote.backlog().changes) == (0, 0)
    for act in ACTS:
        act(full)
    drain(full)
    assert alike(remote) == alike(full)


def test_a_block_that_was_never_made_is_empty_for_who_published_and_an_error_for_readers(
    remote: Newsroom, server: Server
) -> None:
    server.is_away = True
    assert not remote.publish(a_story(UNMADE)).block.slots
    with pytest.raises(VectorsAwayError, match="new ones wait"):
        remote.block(UNMADE)
    server.is_away = False
    assert remote.block(UNMADE).slots


def test_the_worker_has_no_trouble_of_its_own_and_notices_that_the_server_is_back(
    remote: Newsroom, server: Server
) -> None:
    server.is_away = True
    assert not remote.archive.view.engine_trouble  # nobody has asked it yet, and to look asks nobody
    remote.publish(a_story(UNMADE))
    worker = Worker(remote)
    worker._work()
    assert "does not answer" in remote.archive.view.engine_trouble
    server.is_away = False
    worker._work()
    assert not remote.archive.view.engine_trouble
    drain(remote)
    assert UNMADE in shown(remote)
