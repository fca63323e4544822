"""Many stories of a catalog as arrays, read and encoded by several processes. Knows no index and no model.

Each of these processes runs `main`.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from index.storage.errors import HelperError
from index.storage.processes import Helpers, cores, serve
from recommender.analysis.encoded import Encoded, Terms
from recommender.analysis.words import encode
from recommender.catalog import Catalog
from recommender.catalog.quarantine import Quarantine
from recommender.errors import TEXT_FAILURES, ArchiveError, failure
from recommender.features.feature_store import COLUMNS, LIST_CHANNELS, TERM_CHANNELS

HELPER = "recommender.features.bulk_encoding"
ADDRESS = "ENCODED_CATALOG"  # variable of a helper: where its catalog is, maybe with a password

Item = tuple[int, Encoded]


@dataclass(slots=True)
class Stories:
    """What became of some stories.

    Attributes
    ----------
    items : list of (int, Encoded)
        Those that are embedded, by num, as arrays.
    aside : list of int
        Nums of those that are set aside.
    problems : dict of int to str
        What fails with those that cannot be read, by num.
    """

    items: list[Item] = field(default_factory=list)
    aside: list[int] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)


_RUNS = ("sequence", "vectors")
PARALLEL_FROM = 4096  # stories from which processes are worth their start: four seconds of encoding
BATCH = 512  # stories a request: half a second of work, 3 MB of answer


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
    found = Stories(aside=read.aside, problems=read.damaged)
    for row in read.rows:
        if row.vectors is None:
            continue
        try:
            found.items.append((row.num, encode(row.story, row.vectors)))
        except TEXT_FAILURES as error:
            found.problems[row.num] = failure("its text cannot be read", error)
    return found


def packed(some: Stories) -> bytes:
    """Return stories as one run of bytes, each array of all of them in one piece."""
    nums, stories = zip(*some.items, strict=True) if some.items else ((), ())
    told = msgspec.json.encode((some.aside, some.problems))
    arrays: dict[str, NDArray[np.generic]] = {
        "nums": np.array(nums, np.int64),
        "told": np.frombuffer(told, np.uint8),
    }
    for name in COLUMNS:
        arrays[name] = np.array([getattr(story, name) for story in stories], np.int64)
    for name in TERM_CHANNELS:
        terms = [getattr(story, name) for story in stories]
        arrays[f"{name}.ends"] = _ends(terms)
        arrays[f"{name}.ids"] = _joined([each.ids for each in terms], np.uint32)
        arrays[f"{name}.counts"] = _joined([each.counts for each in terms], np.uint8)
    for name in (*LIST_CHANNELS, *_RUNS):
        rows = [getattr(story, name) for story in stories]
        arrays[f"{name}.ends"] = _ends(rows)
        arrays[name] = _joined(rows, np.uint32)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpacked(data: bytes) -> Stories:
    """Return the stories that `packed` was given; their arrays are views of its own."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    aside, problems = msgspec.json.decode(arrays["told"].tobytes(), type=tuple[list[int], dict[int, str]])
    items = list(_items(arrays)) if len(arrays["nums"]) else []
    return Stories(items, aside, problems)


def _items(arrays: dict[str, NDArray[Any]]) -> Iterator[Item]:
    columns = {name: arrays[name].tolist() for name in COLUMNS}
    parts: dict[str, Sequence[Any]] = {
        name: np.split(arrays[name], arrays[f"{name}.ends"][:-1]) for name in (*LIST_CHANNELS, *_RUNS)
    }
    for name in TERM_CHANNELS:
        ends = arrays[f"{name}.ends"][:-1]
        lanes = (np.split(arrays[f"{name}.{lane}"], ends) for lane in ("ids", "counts"))
        parts[name] = [Terms(ids, counts) for ids, counts in zip(*lanes, strict=True)]
    for i, num in enumerate(arrays["nums"].tolist()):
        values: dict[str, Any] = {name: column[i] for name, column in columns.items()}
        values |= {name: rows[i] for name, rows in parts.items()}
        yield num, Encoded(**values)


def _ends(rows: Sequence[Terms | NDArray[np.generic]]) -> NDArray[np.int64]:
    return np.cumsum([len(row) for row in rows], dtype=np.int64)


def _joined(rows: Sequence[NDArray[np.generic]], dtype: type[np.generic]) -> NDArray[np.generic]:
    return np.concatenate(rows) if rows else np.zeros(0, dtype)


def main() -> None:
    """Be one of the processes. Nums as int64 come in, their stories go out."""
    with Catalog.open(os.environ[ADDRESS], read_only=True) as catalog:
        model = sys.argv[1] if len(sys.argv) > 1 else None
        serve(lambda request: packed(_stories(catalog, np.frombuffer(request, np.int64), model)))
