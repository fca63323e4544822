"""Many stories of a catalog as arrays, read and encoded by several processes. Knows no index and no model.

Each of these processes runs `main`.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.catalog import Catalog
from recommender.lexical import encode
from recommender.processes import Helpers, cores, serve
from recommender.store import COLUMNS, LIST_CHANNELS, TERM_CHANNELS, Encoded, Terms

Item = tuple[int, Encoded]

PARALLEL_FROM = 4096  # stories from which processes are worth their start: four seconds of encoding
BATCH = 512  # stories a request: half a second of work, 3 MB of answer


def encoded(catalog: Catalog, nums: Sequence[int], workers: int | None = None) -> Iterator[list[Item]]:
    """Yield the embedded stories of ``nums`` that the catalog holds, as arrays, in that order, by batches.

    Parameters
    ----------
    catalog : Catalog
        Where they are.
    nums : sequence of int
        Ascending.
    workers : int, optional
        Processes; by default one a core, and none for few stories.

    Raises
    ------
    ArchiveError
        When the catalog cannot be read, or a process ends early.
    """
    if workers is None:
        workers = cores() if len(nums) >= PARALLEL_FROM else 0
    batches = (np.array(nums[start : start + BATCH], np.int64) for start in range(0, len(nums), BATCH))
    if workers < 1:
        yield from (list(_items(catalog, some)) for some in batches)
        return
    with Helpers("recommender.bulk", [str(catalog.path)], workers) as helpers:
        for answer in helpers.map(some.tobytes() for some in batches):
            yield list(unpacked(answer))


def _items(catalog: Catalog, nums: NDArray[np.int64]) -> Iterator[Item]:
    for row in catalog.rows_of(nums.tolist()):
        if row.vectors is not None:
            yield row.num, encode(row.story, row.vectors)


def packed(items: Iterable[Item]) -> bytes:
    """Return stories as one run of bytes, each array of all of them in one piece."""
    nums, stories = zip(*items, strict=True) if (items := list(items)) else ((), ())
    arrays: dict[str, NDArray[np.generic]] = {"nums": np.array(nums, np.int64)}
    for name in COLUMNS:
        arrays[name] = np.array([getattr(story, name) for story in stories], np.int64)
    for name in TERM_CHANNELS:
        terms = [getattr(story, name) for story in stories]
        arrays[f"{name}.ends"] = _ends(terms)
        arrays[f"{name}.ids"] = _joined([each.ids for each in terms], np.uint32)
        arrays[f"{name}.counts"] = _joined([each.counts for each in terms], np.uint8)
    for name in (*LIST_CHANNELS, "vectors"):
        rows = [getattr(story, name) for story in stories]
        arrays[f"{name}.ends"] = _ends(rows)
        arrays[name] = _joined(rows, np.uint32)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpacked(data: bytes) -> Iterator[Item]:
    """Yield the stories that `packed` was given; their arrays are views of its own."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    if not len(arrays["nums"]):
        return
    columns = {name: arrays[name].tolist() for name in COLUMNS}
    parts: dict[str, Sequence[Any]] = {
        name: np.split(arrays[name], arrays[f"{name}.ends"][:-1]) for name in (*LIST_CHANNELS, "vectors")
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
    with Catalog.open(Path(sys.argv[1]), read_only=True) as catalog:
        serve(lambda request: packed(_items(catalog, np.frombuffer(request, np.int64))))
