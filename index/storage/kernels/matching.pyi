"""What `matching.pyx` has: see `plain_matching`, whose functions do the same."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels.asks import Ask, Columns, Found
from index.storage.parts import Parts

def met(
    values: Parts, starts: NDArray[np.int64], ends: NDArray[np.int64], asks: Sequence[tuple[int, Ask]]
) -> list[Found]: ...
def windows(
    sequence: NDArray[np.uint16], idf: NDArray[np.float32], frequency: NDArray[np.float32], step: int
) -> Columns: ...
def shared_sums(
    keys: NDArray[np.uint32],
    values: NDArray[np.float64],
    ids: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    counts: NDArray[np.uint8] | None = None,
    frequency: NDArray[np.float32] | None = None,
) -> NDArray[np.float64]: ...
def shared_terms(
    keys: NDArray[np.uint32], ids: NDArray[np.uint32], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]: ...
def span_sums(
    keys: NDArray[np.uint32],
    values: NDArray[np.float64],
    ids: Parts,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    beside: NDArray[np.int64] | None = None,
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
