"""Bulk work: an archive indexes while it adds, and a reader that is far behind takes another's snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.archive import archive as module
from recommender.archive import live_view
from recommender.archive.archive import Archive
from recommender.features import bulk_encoding
from recommender.story.story import Story
from tests.arrays import story
from tests.fakes import HashEmbedder
from tests.oracle import check_search


def test_what_is_added_is_indexed_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CATCH_UP_AFTER", 10)
    monkeypatch.setattr(live_view, "SNAPSHOT_AFTER", 10)
    indexed: list[int] = []
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder()) as archive:

        def stories() -> Iterator[Story]:
            for number in range(60):
                indexed.append(len(archive.view.store))
                yield story(number)

        archive.add(stories(), batch=5)
        check_search(archive)
    assert all(number - held < 10 + 5 for number, held in enumerate(indexed))
    assert archive.generation > 3


def test_a_reader_far_behind_maps_what_the_writer_has_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_view, "SNAPSHOT_AHEAD", 20)
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder()) as writer:
        writer.add([story(number) for number in range(10)])
        with Archive.open(tmp_path / "archive", embedder=HashEmbedder()) as reader:
            writer.add([story(number) for number in range(10, 60)])
            writer.save()
            writer.add([story(60)])
            put = []
            encoded = bulk_encoding.encoded
            monkeypatch.setattr(
                bulk_encoding,
                "encoded",
                lambda catalog, nums, **kept: put.extend(nums) or encoded(catalog, nums, **kept),
            )
            assert len(reader.catch_up().store) == 61
            assert put == [61]
            check_search(reader)
            assert reader.generation == writer.generation
