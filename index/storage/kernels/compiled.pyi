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
def members(
    starts: NDArray[np.int64], places: NDArray[np.int64], groups: NDArray[np.int64], below: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]: ...
def floats(halves: NDArray[np.float16]) -> NDArray[np.float32]: ...
def row_lengths(
    ids: NDArray[np.uint32],
    counts: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    idf: NDArray[np.float32],
    frequency: NDArray[np.float32],
) -> NDArray[np.float32]: ...
def row_sums(values: NDArray[np.float32], offsets: NDArray[np.int64]) -> NDArray[np.float32]: ...
