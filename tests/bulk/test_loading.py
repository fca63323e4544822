from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from recommender import Story
from recommender.archive.archive import Archive
from recommender.archive.importing import add_found
from recommender.archive.intake import embedded, model_of, none_prepared
from recommender.bulk.blocks import blocks, read
from recommender.bulk.job import Job
from recommender.bulk.loading import reading
from recommender.bulk.shards import Shard
from recommender.embedding.provenance import made_by
from recommender.ingest.base import Options, Refused
from tests.fakes import HashEmbedder


class Counting(HashEmbedder):
    """Remembers how many passages it was given."""

    passages = 0

    def encode(self, texts: Sequence[str], on_done: Callable[[int], None] | None = None) -> np.ndarray:
        self.passages += len(texts)
        return super().encode(texts, on_done)


@pytest.fixture
def job(tmp_path: Path, stories_18f: tuple[Story, ...]) -> Job:
    source = tmp_path / "stories.jsonl"
    lines = [json.dumps(story.to_json()) for story in stories_18f]
    source.write_text("\n".join([*lines, '{"id": "bare"}']), "utf-8")
    return Job(
        sources=[str(source)],
        shards=str(tmp_path / "shards"),
        model=model_of(HashEmbedder()),
        open_embedder=HashEmbedder,
    )


def write_shards(job: Job, mark: float = 1.0) -> None:
    for block in blocks(read(job.sources[0], Options(), None)):
        vectors, _ = embedded(block.texts, HashEmbedder())
        marked = {key: (each * mark).astype(np.float16) for key, each in vectors.items()}
        ids = {key: story.id for key, story in block.texts.items()}
        job.open_shards().write(block.name(job.model.hash), Shard(marked, made_by(HashEmbedder())), ids)


def test_vectors_come_out_of_the_shards(job: Job, tmp_path: Path, stories_18f: tuple[Story, ...]) -> None:
    write_shards(job, mark=0.5)
    embedder, refused = Counting(), list[Refused]()
    with Archive.create(tmp_path / "archive", embedder=embedder) as archive:
        with reading(job, archive) as items:
            imported = add_found(archive, items, refused.append)
        assert imported.report.added == len(stories_18f)
        assert [each.id for each in refused] == ["bare"]
        assert embedder.passages == 0
        lengths = [np.linalg.norm(row.vectors, axis=1) for row in archive.catalog.rows()]  # type: ignore[arg-type]
        np.testing.assert_allclose(np.concatenate(lengths), 0.5, atol=1e-2)
        assert archive.intake.prepared is none_prepared


def test_what_no_shard_holds_is_embedded_here(
    job: Job, tmp_path: Path, stories_18f: tuple[Story, ...]
) -> None:
    embedder = Counting()
    with Archive.create(tmp_path / "archive", embedder=embedder) as archive:
        with reading(job, archive) as items:
            assert add_found(archive, items, lambda _: None).report.added == len(stories_18f)
        assert embedder.passages > len(stories_18f)


def test_another_model_does_not_take_them(job: Job, tmp_path: Path) -> None:
    write_shards(job)
    embedder = Counting(32)
    with Archive.create(tmp_path / "archive", embedder=embedder) as archive:
        with reading(job, archive) as items:
            add_found(archive, items, lambda _: None)
        assert embedder.passages
        assert {row.vectors.shape[1] for row in archive.catalog.rows() if row.vectors is not None} == {32}
