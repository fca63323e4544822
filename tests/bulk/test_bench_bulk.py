"""The check of `scripts/bench_bulk.py`: it passes what is right, and finds each thing that is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import bench_bulk
import pytest
from growth import StandIn
from synthetic import Material, Newsroom

from recommender.archive.archive import Archive

STORIES = 40


@pytest.fixture(scope="module")
def newsroom() -> Newsroom:
    return Newsroom(Material.read(), bench_bulk.SEED)


@pytest.fixture
def archive(tmp_path: Path, newsroom: Newsroom) -> Iterator[Archive]:
    """Return an archive of the first stories, by stand-ins for a model."""
    with Archive.create(tmp_path / "archive", embedder=StandIn()) as opened:
        opened.add(newsroom.stories(0, STORIES))
        yield opened


def wrong(archive: Archive, stories: int = STORIES) -> str:
    path = archive.path
    archive.close()
    return " ".join(bench_bulk.wrong_rows(path, stories))


def test_what_is_right_passes(archive: Archive) -> None:
    assert wrong(archive) == ""


def test_stories_that_are_missing_or_too_many_are_found(archive: Archive) -> None:
    assert "2 stories are missing" in wrong(archive, STORIES + 2)
    assert "synthetic-00000038 is one too many" in " ".join(bench_bulk.wrong_rows(archive.path, STORIES - 2))


def test_a_story_that_differs_is_found_and_so_is_its_second_change(
    archive: Archive, newsroom: Newsroom
) -> None:
    archive.add([replace(newsroom.story(7), headline="Another")])
    found = wrong(archive)
    assert "row 7 is not story 7" in found
    assert f"{STORIES + 1} changes are in the log" in found


def test_vectors_of_another_text_are_found(archive: Archive, newsroom: Newsroom) -> None:
    class Elsewhere(StandIn):
        def encode(self, texts, on_done=None):  # type: ignore[no-untyped-def]
            return -super().encode(texts, on_done)

    (row,) = archive.catalog.rows_of([1])
    assert bench_bulk.is_right(row, newsroom.story(0), StandIn())
    assert not bench_bulk.is_right(row, newsroom.story(0), Elsewhere())


def test_sources_hold_all_stories_and_a_shard_that_is_missing_is_named(tmp_path: Path) -> None:
    bench_bulk.write_sources(STORIES, tmp_path / "sources")
    lines = [len(path.read_text("utf-8").splitlines()) for path in (tmp_path / "sources").iterdir()]
    assert (sum(lines), len(lines)) == (STORIES, bench_bulk.FILES)
    shards = tmp_path / "shards"
    shards.mkdir()
    (shards / "other.parquet").touch()
    problems = bench_bulk.wrong_shards(shards, tmp_path / "sources")
    assert len(problems) > bench_bulk.FILES
    assert [problem for problem in problems if "other.parquet" in problem]
