"""An archive whose vectors are on a server answers as one with local ones, also while the server is away."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import Field
from recommender import Recommender, Story
from recommender.archive.index_columns import STAMP, stamped, stamps_of
from recommender.errors import VectorsAwayError
from tests.fakes import HashEmbedder
from tests.scale.postgres_server import PostgresServer

ASKED = 25


def on_server(made: Path, to: Path, engine: str, url: str) -> Path:
    shutil.copytree(made, to)
    with (to / "related.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[index]\nengine = "{engine}"\nurl = "{url}"\n')
    return to


def opened(path: Path) -> Recommender:
    return Recommender.open(path, embedder=HashEmbedder())


def shown(recommender: Recommender, ids: list[str]) -> dict[str, list[str]]:
    return {id: [slot.story.id for slot in recommender.related(id, engine=True).slots] for id in ids}


@pytest.fixture
def url(server: str, request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue({"pgvector": "vectors_url", "milvus": "milvus_url"}[server]))


def test_blocks_are_those_of_local_vectors(
    server: str, url: str, made_18f: Path, own_18f: Path, stories_18f: tuple[Story, ...], tmp_path: Path
) -> None:
    ids = [story.id for story in stories_18f[:: len(stories_18f) // ASKED]]
    gone, other = ids[3], replace(stories_18f[200], headline="A new headline about accessibility")
    path = on_server(made_18f, tmp_path / server, server, url)
    with opened(own_18f) as local, opened(path) as remote:
        assert shown(remote, ids) == shown(local, ids)
        for each in (local, remote):
            each.remove(gone)
            each.add([other])
        left = [id for id in ids if id != gone]
        after = shown(remote, left)
        assert after == shown(local, left)
        assert not any(gone in block for block in after.values())
        words = "accessible forms for everybody"
        found = [[slot.story.id for slot in each.similar(words).slots] for each in (local, remote)]
        assert found[0] == found[1]
    with opened(path) as again:
        assert shown(again, left) == after
        assert again.status().indexed == len(stories_18f) - 1


def test_while_the_server_is_away_stored_blocks_are_shown_and_new_ones_wait(
    postgres_server: PostgresServer,
    made_18f: Path,
    stories_18f: tuple[Story, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("index.servers.calls.REST", 0.0)
    path = on_server(made_18f, tmp_path / "archive", "pgvector", postgres_server.fresh())
    source, unmade = stories_18f[10].id, stories_18f[20].id
    with opened(path) as recommender:
        before = [slot.story.id for slot in recommender.related(source).slots]
        assert before
        postgres_server.kill()
        try:
            view = recommender.newsroom.archive.view
            assert "does not answer" in view.engine_problem()
            recommender.remove(before[0])  # a withdrawal is the catalog's, whatever any index holds
            assert [slot.story.id for slot in recommender.related(source).slots][: len(before) - 1] == before[
                1:
            ]
            with pytest.raises(VectorsAwayError, match="stored blocks are shown, and new ones wait"):
                recommender.related(unmade)
            late = replace(stories_18f[30], id="late", url="https://news.example/late")
            recommender.add([late])
            assert recommender.get("late") is not None
            assert any("does not answer" in problem for problem in recommender.status().problems)
        finally:
            postgres_server.start()
        deadline = time.monotonic() + 120
        while view.engine_problem() and time.monotonic() < deadline:
            time.sleep(0.2)  # the pool tries again later and later
        assert view.engine_problem() == ""
        assert before[0] not in [slot.story.id for slot in recommender.related(unmade).slots]
        assert recommender.related("late").slots
        assert len(view.index._index) == len(stories_18f)  # type: ignore[union-attr]
        assert shown(recommender, [unmade]) == shown(opened(path), [unmade])


def test_what_two_copies_write_while_one_rebuilds_is_in_what_both_search_then(
    milvus_url: str,
    made_18f: Path,
    stories_18f: tuple[Story, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one that rebuilds follows no change from then on: the other one alone can tell what it wrote."""
    path = on_server(made_18f, tmp_path / "archive", "milvus", milvus_url)
    from index.servers.milvus_collection import Collection

    copy = Collection._copy
    late = replace(stories_18f[30], id="late", url="https://news.example/late")
    with opened(path) as one, opened(path) as other:
        rebuilt = one.newsroom.archive.view.index
        assert shown(one, [stories_18f[450].id]) == shown(other, [stories_18f[450].id])

        def copied(held: Any, client: Any, old: str, new: str, partition: str) -> None:
            copy(held, client, old, new, partition)
            if partition == held.partition:
                other.add([late])
                other.remove(stories_18f[40].id)
                assert other.related("late").slots

        monkeypatch.setattr(Collection, "_copy", copied)
        monkeypatch.setattr(rebuilt._index, "_exact_rows", 10)  # type: ignore[union-attr]
        assert rebuilt.improve()  # type: ignore[union-attr]
        assert held_right(other)
        assert held_right(one)
        rebuilt._index.forget()  # type: ignore[union-attr]  # other tests' archives go by the same name


def held_right(recommender: Recommender) -> bool:
    """Ask, and return whether the server holds of each story what it was made of, and of no other."""
    view = recommender.newsroom.archive.catch_up()
    view.nearest_of_each([view.store.item(int(view.store.nums[0]))], 5, [Field("num") >= 0])
    ids, stamps = view.index._index.values(STAMP)  # type: ignore[union-attr]
    nums = view.store.nums
    return bool(np.array_equal(ids, nums) and np.array_equal(stamps, stamps_of(view.store, nums)))


def test_what_a_server_lacks_and_what_is_stale_there_is_mended(
    server: str, url: str, made_18f: Path, tmp_path: Path, stories_18f: tuple[Story, ...]
) -> None:
    path = on_server(made_18f, tmp_path / server, server, url)
    with opened(path) as recommender:
        before = shown(recommender, [stories_18f[450].id])
        view = recommender.newsroom.archive.view
        index, store, row = view.index._index, view.store, np.array([0])  # type: ignore[union-attr]
        index.remove(store.nums[3:4])  # one is missing, one is of no story, one is of an earlier version
        columns = {name: column[:1] for name, column in stamped(store, store.nums[:1]).items()}
        index.upsert(row, np.ones((1, index.dimension), np.float32), columns)
        columns = {**columns, STAMP: columns[STAMP] ^ 1}
        index.upsert(store.nums[7:8], np.ones((1, index.dimension), np.float32), columns)
        assert len(index) == len(store)
    with opened(path) as recommender:
        assert shown(recommender, [stories_18f[450].id]) == before
        assert held_right(recommender)


def test_a_server_that_was_emptied_is_filled_again(
    server: str, url: str, made_18f: Path, tmp_path: Path, stories_18f: tuple[Story, ...]
) -> None:
    path = on_server(made_18f, tmp_path / server, server, url)
    with opened(path) as recommender:
        before = shown(recommender, [stories_18f[450].id])
        recommender.newsroom.archive.view.index._index.forget()  # type: ignore[union-attr]
    with opened(path) as recommender:
        assert shown(recommender, [stories_18f[450].id]) == before
