"""Two versions of the code beside each other over one catalog and one server of vectors, as in an upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from recommender import Recommender, Story
from recommender.archive.shared_index import SharedIndex
from recommender.features import feature_store, hybrid_vectors
from tests.fakes import HashEmbedder
from tests.scale.check_archive_engines import held_right
from tests.scale.check_postgres_archive import copy_of, shown

SOME, ASKED = 60, 12


@pytest.fixture
def old(
    server: str,
    postgres_url: str,
    stories_18f: tuple[Story, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Recommender]:
    """Return the copy that was there first."""
    url = request.getfixturevalue({"pgvector": "vectors_url", "milvus": "milvus_url"}[server])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("RELATED_INDEX_ENGINE", server)
    monkeypatch.setenv("RELATED_INDEX_URL", str(url))
    with Recommender.create(postgres_url, embedder=HashEmbedder()) as recommender:
        recommender.add(stories_18f[:SOME])
        assert version_of(recommender)
        yield recommender


@pytest.fixture
def new(old: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recommender]:
    """Return one whose vectors and files have the next format."""
    for module in (hybrid_vectors, feature_store):
        monkeypatch.setattr(module, "FORMAT", module.FORMAT + 1)
    with copy_of(old, tmp_path / "new", monkeypatch) as recommender:
        assert version_of(recommender) != version_of(old)
        yield recommender


def version_of(recommender: Recommender) -> str:
    hybrid = recommender.archive.catch_up().hybrid
    return hybrid.version if hybrid else ""


def check_own(recommender: Recommender) -> None:
    """Hold what is found to a scan of the vectors that this copy makes itself."""
    view = recommender.archive.catch_up()
    assert isinstance(view.index, SharedIndex)
    assert view.hybrid is not None
    assert held_right(recommender)
    nums = view.store.nums
    vectors = view.hybrid.vectors(view.store, nums)
    for hits, scores in zip(view.index.search(vectors[:ASKED], 10), vectors[:ASKED] @ vectors.T, strict=True):
        best = nums[np.argsort(-scores)[:10]]
        assert len(np.intersect1d(best, hits.ids)) >= 9  # at the end two may be equal but for rounding


def test_each_answers_from_its_own_vectors_and_shows_what_the_other_has_written(
    old: Recommender, new: Recommender, stories_18f: tuple[Story, ...]
) -> None:
    gone: set[str] = set()
    for turn, (writer, reader) in enumerate(((old, new), (new, old), (old, new), (new, old))):
        late = stories_18f[SOME + turn]
        writer.newsroom.archive.add([late])
        assert reader.get(late.id) is not None
        assert reader.related(late.id).slots
        left = [each.id for each in stories_18f[20:SOME] if each.id not in gone]
        seen = next(block for id in left if (block := shown(reader.newsroom.block(id))))
        writer.newsroom.withdraw(seen[0])
        gone.add(seen[0])
        for copy in (old, new):
            public = [each.id for each in stories_18f[20:SOME:4] if each.id not in gone]
            assert not any(gone & set(shown(copy.newsroom.block(id))) for id in public)
            check_own(copy)
    assert old.status().stories == new.status().stories


def test_one_that_ends_leaves_the_other_its_vectors(
    old: Recommender, new: Recommender, stories_18f: tuple[Story, ...]
) -> None:
    old.add([stories_18f[SOME]])
    check_own(new)
    old.close()
    new.add([stories_18f[SOME + 1]])
    check_own(new)
    assert new.related(stories_18f[SOME + 1].id).slots
