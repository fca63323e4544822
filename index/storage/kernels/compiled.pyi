"""What `compiled.pyx` has: see `plain`, whose functions do the same."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.storage.parts import Parts

def pointers(
    values: Parts, starts: NDArray[np.int64], ends: NDArray[np.int64], units: int = 1
) -> NDArray[np.uint64]: ...
def copy_runs(
    values: Parts,
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    places: NDArray[np.int64],
    out: NDArray[Any],
) -> None: ...
def read_runs(
    values: Parts,
    files: NDArray[np.int64],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    out: NDArray[Any],
) -> None: ...
def list_ends(
    values: Parts, starts: NDArray[np.int64], ends: NDArray[np.int64], width: int
) -> NDArray[np.int64]: ...
def counts_below(ordered: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int64]: ...
def floats(halves: NDArray[np.float16]) -> NDArray[np.float32]: ...
def row_lengths(
    ids: NDArray[np.uint32],
    counts: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    idf: NDArray[np.float32],
    frequency: NDArray[np.float32],
) -> NDArray[np.float32]: ...
def shared_sums(
    keys: NDArray[np.uint32],
    values: NDArray[np.float64],
    ids: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    counts: NDArray[np.uint8] | None = None,
    frequency: NDArray[np.float32] | None = None,
) -> NDArray[np.float64]: ...
def run_hashes(words: NDArray[np.uint32], run: int) -> NDArray[np.uint64]: ...
def runs_held(
    hashes: NDArray[np.uint64],
    run: int,
    sequences: Parts,
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    words: Parts,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
) -> NDArray[np.bool_]: ...
def weighted_sums(
    places: NDArray[np.int64],
    weights: NDArray[np.float32],
    offsets: NDArray[np.int64],
    values: NDArray[np.float32],
) -> NDArray[np.float32]: ...
def row_sums(values: NDArray[np.float32], offsets: NDArray[np.int64]) -> NDArray[np.float32]: ...
def shared_terms(
    keys: NDArray[np.uint32], ids: NDArray[np.uint32], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]: ...
def shared_weights(
    keys: NDArray[np.uint32],
    rarity: NDArray[np.float32],
    ids: Parts,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    beside: NDArray[np.int64],
    frequency: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]: ...
def span_sums(
    keys: NDArray[np.uint32],
    values: NDArray[np.float64],
    ids: Parts,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    beside: NDArray[np.int64] | None = None,
    frequency: NDArray[np.float32] | None = None,
) -> NDArray[np.float64]: ...
def largest_shared(
    keys: NDArray[np.uint32],
    values: NDArray[np.float32],
    ids: Parts,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    count: int,
) -> NDArray[np.float32]: ...
def largest_sums(
    places: NDArray[np.int64], offsets: NDArray[np.int64], worth: NDArray[np.float32], count: int
) -> NDArray[np.float32]: ...
def window_counts(
    sequence: NDArray[np.uint16], size: int, step: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int]: ...
def best_sums(
    places: NDArray[np.int64],
    offsets: NDArray[np.int64],
    worth: NDArray[np.float32],
    starts: NDArray[np.int64],
    columns: NDArray[np.int64],
    width: int,
    count: int,
) -> NDArray[np.float32]: ...
def best_shares(
    keys: NDArray[np.uint32],
    ids: Parts,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    worth: NDArray[np.float32],
    held: NDArray[np.int64],
    columns: NDArray[np.int64],
    width: int,
) -> NDArray[np.float32]: ...
def best_products(
    places: NDArray[np.int64],
    weights: NDArray[np.float32],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    columns: NDArray[np.int64],
    values: NDArray[np.float32],
    width: int,
) -> NDArray[np.float32]: ...
