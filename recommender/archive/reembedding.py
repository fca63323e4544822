"""Embeds an archive's stories anew, in pieces that outlive a crash. Knows the archive, and no ranking."""

from __future__ import annotations

import time

import numpy as np

from recommender.archive.archive import BATCH, Archive
from recommender.archive.live_view import Progress
from recommender.catalog import Vectors
from recommender.embedding.provenance import made_by
from recommender.story.hashes import text_hash


def embed_again(archive: Archive, on_done: Progress | None = None) -> int:
    """Replace all vectors by those that the archive's embedder makes now; return how many texts got others.

    Each batch is one transaction that also keeps how far it came: after a crash the next call goes on from
    there. Stories that were not reached yet are found by their old vectors, in this process and in others,
    and those whose vectors changed follow the change log like any other change. What is derived from all
    vectors together, and what is set aside, is the business of `Archive.rebuild`.
    """
    catalog, embedder = archive.catalog, archive.embedder
    made = made_by(embedder)
    archive.intake.know_model()
    begun = catalog.begin_embedding(made)
    nums, changed = [num for num in catalog.nums() if num > begun], 0
    for start in range(0, len(nums), BATCH):
        batch = nums[start : start + BATCH]
        rows = {text_hash(row.story): row for row in archive.quarantine.read(batch).rows}
        fresh, _ = archive.intake.embedded({key: row.story for key, row in rows.items()})
        moved = {key: vectors for key, vectors in fresh.items() if not _same(vectors, rows[key].vectors)}
        catalog.embedded_again(moved, embedder.weights_hash, batch[-1], time.time())
        changed += len(moved)
        if on_done:
            on_done(len(batch))
    catalog.end_embedding(embedder.weights_hash, made)
    return changed


def _same(new: Vectors, old: Vectors | None) -> bool:
    return old is not None and np.array_equal(new, old)
