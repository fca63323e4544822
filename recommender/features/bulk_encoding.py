"""Many stories of a catalog as arrays, read and encoded by several processes. Knows no index and no model.

Each of these processes runs `main`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from index.storage.errors import HelperError
from index.storage.processes import Helpers, cores, serve
from recommender.analysis.words import encode
from recommender.catalog import Catalog
from recommender.catalog.quarantine import Quarantine
from recommender.errors import TEXT_FAILURES, ArchiveError, failure
from recommender.features.story_batch import StoryBatch, framed, unframed

HELPER = "recommender.features.bulk_encoding"
ADDRESS = "ENCODED_CATALOG"  # variable of a helper: where its catalog is, maybe with a password


@dataclass(slots=True)
class Stories:
    """What became of some stories.

    Attributes
    ----------
    batch : StoryBatch
        Those that are embedded.
    aside : list of int
        Nums of those that are set aside.
    problems : dict of int to str
        What fails with those that cannot be read, by num.
    """

    batch: StoryBatch
    aside: list[int] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)


PARALLEL_FROM = 4096  # stories from which processes are worth their start: two seconds of encoding
BATCH = 512  # stories a request: a fifth of a second of work, 3 MB of answer


def encoded(
    catalog: Catalog, nums: Sequence[int], workers: int | None = None, *, model: str | None = None
) -> Iterator[Stories]:
    """Yield the stories of ``nums`` that the catalog holds, in that order, by batches.

    Parameters
    ----------
    catalog : Catalog
        Where they are.
    nums : sequence of int
        Ascending.
    workers : int, optional
        Processes; by default one a core, and none for few stories.
    model : str, optional
        Hash of the model whose vectors are wanted; the current one by default.

    Raises
    ------
    ArchiveError
        When the catalog cannot be read, or a process ends early.
    """
    if workers is None:
        workers = cores() if len(nums) >= PARALLEL_FROM else 0
    batches = (np.array(nums[start : start + BATCH], np.int64) for start in range(0, len(nums), BATCH))
    if workers < 1:
        yield from (_stories(catalog, some, model) for some in batches)
        return
    of = [model] if model else []
    with Helpers(HELPER, of, workers, {ADDRESS: catalog.address}) as helpers:
        try:
            yield from map(unpacked, helpers.map(some.tobytes() for some in batches))
        except HelperError as error:
            raise ArchiveError(str(error)) from error


def _stories(catalog: Catalog, nums: NDArray[np.int64], model: str | None = None) -> Stories:
    read = Quarantine(catalog).read(nums.tolist(), model)
    items, problems = [], read.damaged
    for row in read.rows:
        if row.vectors is None:
            continue
        try:
            items.append((row.num, encode(row.story, row.vectors)))
        except TEXT_FAILURES as error:
            problems[row.num] = failure("its text cannot be read", error)
    return Stories(StoryBatch.of(items), read.aside, problems)


def packed(some: Stories) -> bytes:
    """Return stories as one run of bytes, each array of all of them in one piece."""
    told = msgspec.json.encode((some.aside, some.problems))
    return b"".join([framed(told), *some.batch.packed()])


def unpacked(answer: bytes) -> Stories:
    """Return the stories that `packed` was given; their arrays are views of its own."""
    told, data = unframed(memoryview(answer))
    aside, problems = msgspec.json.decode(told, type=tuple[list[int], dict[int, str]])
    return Stories(StoryBatch.unpacked(data), aside, problems)


def main() -> None:
    """Be one of the processes. Nums as int64 come in, their stories go out."""
    with Catalog.open(os.environ[ADDRESS], read_only=True) as catalog:
        model = sys.argv[1] if len(sys.argv) > 1 else None
        serve(lambda request: packed(_stories(catalog, np.frombuffer(request, np.int64), model)))
