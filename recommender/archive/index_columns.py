"""The columns that an index of stories has, taken from the feature store."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from recommender.features.feature_store import Store

FIELDS = (
    "published",
    "visible_from",
    "visible_until",
    "language",
    "section",
    "kind",
    "linkable",
    "pictured",
    "num",
)

STAMP = "stamp"  # of a row on a server: two are the same iff what they were made of is


def columns_of(store: Store, nums: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Return the columns (n,) of stories of the store."""
    return {name: store.field(name, nums).astype(np.int64) for name in FIELDS}


def stamped(store: Store, nums: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Return the columns (n,) of stories, with a hash of all that their rows are made of.

    Of what the store holds, and not of the vectors: these differ in the last bit from processor to processor.
    """
    columns = columns_of(store, nums)
    return {**columns, STAMP: _hashes(store, nums, columns)}


def stamps_of(store: Store, nums: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the stamps (n,) alone; a few microseconds each."""
    parts = [stamped(store, part)[STAMP] for part in store.blocks(nums)]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _hashes(
    store: Store, nums: NDArray[np.int64], columns: Mapping[str, NDArray[np.int64]]
) -> NDArray[np.int64]:
    told = np.stack([columns[name].view(np.uint64) for name in FIELDS], axis=1)
    means = np.ascontiguousarray(store.means(nums)).view(np.uint16).astype(np.uint64)
    words = store.terms("words", nums)
    pairs = _mixed(words.ids.astype(np.uint64) << np.uint64(8) | words.counts)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(pairs, dtype=np.uint64)])
    hashes = _mixed(told * _SEEDS[: len(FIELDS)]).sum(axis=1, dtype=np.uint64)
    hashes ^= _mixed(means * np.resize(_SEEDS, means.shape[1])).sum(axis=1, dtype=np.uint64)
    hashes ^= _mixed(sums[words.offsets[1:]] - sums[words.offsets[:-1]])
    stamps: NDArray[np.int64] = hashes.view(np.int64)
    return stamps


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return whole numbers that are spread over all 64 bits, each by itself."""
    values = np.bitwise_xor(values, values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = np.bitwise_xor(values, values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = np.bitwise_xor(values, values >> np.uint64(31))
    return mixed


# The same with every NumPy: who had others would take all rows of the other machines for earlier versions.
_SEEDS = _mixed(np.arange(1, 4097, dtype=np.uint64)) | np.uint64(1)
