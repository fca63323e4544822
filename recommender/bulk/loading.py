"""Takes what was embedded in bulk into an archive, by the way of any import. Knows no Ray.

The stories are read from their sources once more, block by block; each block brings its vectors. What has
none is tried and embedded here, as ever.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from recommender.archive.archive import BATCH, Archive
from recommender.archive.intake import Found as FoundVectors
from recommender.bulk.blocks import Block, blocks, read
from recommender.bulk.job import Job
from recommender.bulk.shards import Shard
from recommender.ingest.base import Found, Refused


@contextmanager
def reading(job: Job, archive: Archive) -> Iterator[Iterator[Found | Refused]]:
    """Give what is in the sources; until this ends the archive takes vectors out of their shards.

    Raises
    ------
    SourceError
        While it is read, when a source or a shard cannot be; what came before can be kept.
    """
    hand, intake = _AtHand(job, archive), archive.intake
    before, intake.prepared = intake.prepared, hand.prepared
    try:
        yield hand.items()
    finally:
        intake.prepared = before


class _AtHand:
    """The vectors of the blocks whose stories may be in the batch that is written."""

    def __init__(self, job: Job, archive: Archive) -> None:
        self._job, self._shards, self._catalog = job, job.open_shards(), archive.catalog
        self._held: deque[tuple[int, Shard]] = deque()

    def items(self) -> Iterator[Found | Refused]:
        """Yield what is in the sources, and hold the vectors of what was yielded last."""
        for source in self._job.sources:
            for block in blocks(read(source, self._job.options, self._job.kind)):
                self._take_up(block)
                yield from block.items

    def _take_up(self, block: Block) -> None:
        """Hold the vectors of a block that comes, and forget those whose stories are all written."""
        while sum(count for count, _ in list(self._held)[1:]) >= BATCH:
            self._held.popleft()
        name = block.name(self._job.model.hash)
        if self._shards.holds(name):
            shard = self._shards.read(name)
            self._held.append((sum(isinstance(item, Found) for item in block.items), shard))

    def prepared(self, text_hashes: Collection[str], model: str) -> FoundVectors:
        """Return what is held of these texts by a model with such weights (see `StoryIntake`)."""
        found: FoundVectors = {}
        if model != self._job.model.hash:
            return found
        for _, shard in self._held:
            if some := {key: shard.vectors[key] for key in text_hashes if key in shard.vectors}:
                self._catalog.know_model(self._job.model, shard.made_by, now=time.time())
                found |= some
        return found
