"""What a server holds is compared with the store, row by row, where it may not be what was told it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import ExactIndex, Hits, Ids, IndexSlow, IndexUnavailable
from recommender.archive import vector_engine
from recommender.archive.archive import Archive
from recommender.archive.index_columns import _SEEDS, STAMP, stamps_of
from recommender.archive.shared_index import SharedIndex
from recommender.errors import VectorsAwayError
from tests.arrays import story
from tests.fakes import HashEmbedder

COUNT = 12


class Server(ExactIndex):
    """A stand-in for one that outlives who opens it, may be away, and be exchanged for another."""

    def __init__(self, dimension: int, fields: tuple[str, ...]) -> None:
        super().__init__(dimension, fields)
        self.place, self.readings = "first", 0
        self.trouble: IndexUnavailable | None = None
        self.before_searching: Callable[[], object] = lambda: None
        self.after_reading: Callable[[], object] = lambda: None

    def held_in(self) -> str:
        return self.place

    def search(self, *asked: Any) -> list[Hits]:
        if self.trouble is not None:
            raise self.trouble
        self.before_searching()
        return super().search(*asked)

    def values(self, field: str) -> tuple[Ids, Ids]:
        read = super().values(field)
        self.readings += 1
        self.after_reading()
        return read


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Server]:
    """Return the servers that were asked for, by whose vectors they hold."""
    made: dict[str, Server] = {}

    def opened(_: str, dimension: int, fields: tuple[str, ...], *, publisher: str, **__: object) -> Server:
        return made.setdefault(publisher, Server(dimension, fields))

    monkeypatch.setattr(vector_engine, "open_index", opened)
    return made


@pytest.fixture
def path(tmp_path: Path, servers: dict[str, Server]) -> Path:
    """Return an archive of twelve stories, all of which the server has been told."""
    path = tmp_path / "archive"
    Archive.create(path, embedder=HashEmbedder()).close()
    (path / "related.toml").write_text('[index]\nengine = "pgvector"\nurl = "postgresql://127.0.0.1/v"\n')
    with Archive.open(path, embedder=HashEmbedder()) as archive:
        archive.add([story(n) for n in range(COUNT)])
        assert search(archive)
        archive.save()
    return path


@pytest.fixture
def archive(path: Path) -> Iterator[Archive]:
    with Archive.open(path, embedder=HashEmbedder()) as archive:
        assert search(archive)
        yield archive


def shared(archive: Archive) -> SharedIndex:
    index = archive.view.index
    assert isinstance(index, SharedIndex)
    return index


def server_of(archive: Archive) -> Server:
    server = shared(archive)._index
    assert isinstance(server, Server)
    return server


def search(archive: Archive) -> list[int]:
    """Return the nums that the server proposes."""
    index = shared(archive)
    (hits,) = index.search(np.ones((1, index.dimension), np.float32), 1000)
    return sorted(hits.ids.tolist())


def check(archive: Archive) -> None:
    """Ask, and find on the server what the store holds, and nothing else."""
    nums = archive.view.store.nums
    assert search(archive) == nums.tolist()
    held, stamps = server_of(archive).values(STAMP)
    assert held.tolist() == nums.tolist()
    assert stamps.tolist() == stamps_of(archive.view.store, nums).tolist()


def fail(archive: Archive, trouble: IndexUnavailable) -> None:
    """Let a search fail."""
    server = server_of(archive)
    server.trouble = trouble
    with pytest.raises(VectorsAwayError):
        search(archive)
    server.trouble = None


def damage(server: Server) -> None:
    """Let it lack a story, have a row of none, and an earlier version of a third: as many rows as before."""
    server._rows[1] = server._rows.pop(3)
    vector, values = server._rows[5]
    server._rows[5] = vector, (*values[:-1], values[-1] ^ 1)


def test_stale_rows_do_not_hide_missing_ones(path: Path) -> None:
    with Archive.open(path, embedder=HashEmbedder()) as archive:
        assert archive.catalog.nums_of(["s0"]) == {"s0": 1}
        archive.remove(["s0"])
        check(archive)
        archive.save()
        server = server_of(archive)
    damage(server)
    assert len(server) == COUNT - 1
    with Archive.open(path, embedder=HashEmbedder()) as archive:
        check(archive)


def test_a_row_of_a_story_that_another_process_has_seen_first_is_left_alone(path: Path) -> None:
    with Archive.open(path, embedder=HashEmbedder()) as archive:
        server, ahead = server_of(archive), archive.view.store.size + 7
    server._rows[ahead] = server._rows[3]
    server._rows.pop(4)
    with Archive.open(path, embedder=HashEmbedder()) as archive:
        assert search(archive) == archive.view.store.nums.tolist()
        assert ahead in server._rows


def test_what_is_asked_again_after_it_was_away_is_compared(archive: Archive) -> None:
    server = server_of(archive)
    fail(archive, IndexUnavailable("the server does not answer"))
    server._rows.clear()  # what came back is empty
    check(archive)


def test_one_that_did_not_answer_in_time_is_not_read_again(archive: Archive) -> None:
    server = server_of(archive)
    before = server.readings
    fail(archive, IndexSlow("the server does not answer"))
    assert search(archive)
    assert server.readings == before


def test_what_was_away_while_it_was_read_is_compared_once_more(archive: Archive) -> None:
    server = server_of(archive)
    fail(archive, IndexUnavailable("the server does not answer"))

    def go() -> None:
        """Be away for another thread."""
        server.after_reading = lambda: None
        shared(archive)._note_away(IndexUnavailable("the server does not answer"))

    server.after_reading = go
    assert search(archive)
    server._rows.clear()
    check(archive)


def test_rows_that_another_process_has_written_newer_are_left_to_it(path: Path) -> None:
    """Whatever this one is told of before it follows: what is changed, removed, or was not sent."""
    with (
        Archive.open(path, embedder=HashEmbedder()) as behind,
        Archive.open(path, embedder=HashEmbedder()) as ahead,
    ):
        server, nums = server_of(behind), ahead.catalog.nums_of(["s4", "s5"])
        assert server is server_of(ahead)
        assert search(behind)
        fail(behind, IndexUnavailable("the server does not answer"))

        def write() -> None:
            server.after_reading = lambda: None
            ahead.add([story(4, headline="Another headline", body="Of another text altogether.")])
            ahead.remove(["s5"])
            shared(behind)._untold.update(nums.values())

        server._rows.pop(nums["s4"])  # it is mended by whoever has it newest
        server.after_reading = write
        assert search(behind)
        held, stamps = server.values(STAMP)
        assert held.tolist() == ahead.view.store.nums.tolist()
        assert stamps.tolist() == stamps_of(ahead.view.store, held).tolist()
        assert shared(behind)._untold == set(nums.values())
        behind.catch_up()
        check(behind)
        assert not shared(behind)._untold


def test_rows_that_are_exchanged_again_and_again_are_given_up(archive: Archive) -> None:
    server = server_of(archive)

    def exchange() -> None:
        server.place += "!"

    server.before_searching = exchange
    with pytest.raises(VectorsAwayError, match="again and again"):
        search(archive)
    server.before_searching = lambda: None
    check(archive)


def test_stamps_are_the_same_whatever_numpy_there_is() -> None:
    assert _SEEDS[:2].tolist() == [0x5692161D100B05E5, 0xDBD238973A2B148B]


def test_an_answer_of_rows_that_were_exchanged_meanwhile_is_not_given(archive: Archive) -> None:
    server = server_of(archive)

    def exchange() -> None:
        server.before_searching = lambda: None
        server.place = "second"
        del server._rows[2], server._rows[6]  # what this process wrote while it was copied

    server.before_searching = exchange
    check(archive)
    assert server.place == "second"


def test_a_stamp_tells_of_every_change_of_what_a_row_is_made_of(archive: Archive) -> None:
    store = archive.view.store
    before = dict(zip(store.nums.tolist(), stamps_of(store, store.nums).tolist(), strict=True))
    assert len(set(before.values())) == COUNT
    archive.add([story(4, headline="Another headline", body="Of another text altogether.")])
    changed = archive.catalog.nums_of(["s4"])["s4"]
    after = dict(zip(store.nums.tolist(), stamps_of(store, store.nums).tolist(), strict=True))
    assert {num for num in after if after[num] != before.get(num)} == {changed}
    check(archive)
