"""An archive whose vectors may be wrong is told so, and gets right ones without losing anything."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from recommender import Recommender
from recommender.archive.archive import Archive
from recommender.archive.intake import embedded
from recommender.archive.private_files import CATALOG_FILE
from recommender.archive.reembedding import embed_again
from recommender.catalog import Catalog
from recommender.embedding.provenance import UNCHECKED
from tests.arrays import story
from tests.fakes import HashEmbedder

STORIES = [story(n, body=f"body {n} of a story about {n % 7} things") for n in range(40)]


class Wrong(HashEmbedder):
    """Says what an unchecked model would; every vector is another one."""

    provenance = {"precision": "int8", "check": 0}  # noqa: RUF012

    def encode(self, texts, on_done=None):
        return np.roll(super().encode(texts, on_done), 1, axis=1)


class Right(HashEmbedder):
    """The same weights, checked."""

    provenance = {  # noqa: RUF012
        "precision": "bf16",
        "check": 1,
        "configuration": "here",
        "least_cosine": {"8": 0.9991, "16": 0.9999},
    }

    def __init__(self, dies_after: int | None = None) -> None:
        super().__init__()
        self.left, self.texts = dies_after, 0

    def encode(self, texts, on_done=None):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        self.texts += len(texts)
        return super().encode(texts, on_done)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Archive.create(tmp_path / "archive", embedder=Wrong()) as archive:
        archive.add(STORIES)
    return tmp_path / "archive"


def vectors(path: Path) -> dict[str, bytes]:
    with Catalog.open(path / CATALOG_FILE) as catalog:
        return {row.story.id: row.vectors.tobytes() for row in catalog.rows() if row.vectors is not None}


def made_rightly(tmp_path: Path) -> dict[str, bytes]:
    with Archive.create(tmp_path / "right", embedder=Right()) as archive:
        archive.add(STORIES)
    return vectors(tmp_path / "right")


def test_an_archive_is_told_of_vectors_that_were_not_checked_until_they_are_made_anew(path, tmp_path):
    with Recommender.open(path, embedder=Right()) as recommender:
        found = recommender.status()
        assert UNCHECKED in found.problems
        assert found.vectors == ("int8, not checked at every width",)
        assert embed_again(recommender.archive) == len(STORIES)
        found = recommender.status()
        assert UNCHECKED not in found.problems
        assert found.vectors == ("bf16, least cosine 0.9991 at 8 tokens of 2 widths, here",)
    assert vectors(path) == made_rightly(tmp_path)


def test_one_batch_by_an_unchecked_model_is_enough_to_be_told(path):
    with Recommender.open(path, embedder=Right()) as recommender:
        recommender.add([story(99, body="a new one")])
        assert UNCHECKED in recommender.status().problems
        assert len(recommender.status().vectors) == 2


def test_an_archive_of_an_earlier_version_is_told_too(path):
    with Catalog.open(path / CATALOG_FILE) as catalog, catalog.transaction() as connection:
        connection.exec_driver_sql("UPDATE model SET provenance = '{}'")
    with Recommender.open(path, embedder=Right()) as recommender:
        assert UNCHECKED in recommender.status().problems


def test_after_a_crash_it_goes_on_where_it_was(path, tmp_path, monkeypatch):
    monkeypatch.setattr("recommender.archive.reembedding.BATCH", 8)
    before = vectors(path)
    with Archive.open(path, embedder=Right(dies_after=3)) as archive, pytest.raises(KeyboardInterrupt):
        embed_again(archive)
    half, right = vectors(path), made_rightly(tmp_path)
    assert [half[s.id] == right[s.id] for s in STORIES] == [True] * 24 + [False] * 16
    assert [half[s.id] == before[s.id] for s in STORIES] == [False] * 24 + [True] * 16
    shutil.copytree(path, tmp_path / "copy")
    again = Right()
    with Archive.open(path, embedder=again) as archive:
        assert embed_again(archive) == 16
    assert vectors(path) == right
    whole = Right()
    with Archive.open(tmp_path / "copy", embedder=whole) as archive:
        archive.catalog.set_setting("embedding_anew", None)
        embed_again(archive)
    assert again.texts < whole.texts


def test_readers_find_stories_by_the_new_vectors(path):
    with Archive.open(path, embedder=Right()) as reader, Archive.open(path, embedder=Right()) as archive:
        embed_again(archive)
        stored = reader.catch_up().store.vectors(np.array([1]))[0]
        num, held = archive.catalog.get(STORIES[0].id)
        assert num == 1
        assert np.array_equal(stored, embedded({"": held}, archive.embedder)[0][""])


def test_vectors_that_are_right_already_change_nothing(path):
    with Archive.open(path, embedder=Wrong()) as archive:
        last = archive.catalog.last_seq()
        assert embed_again(archive) == 0
        assert archive.catalog.last_seq() == last
