"""The same in Python and numpy: where nothing could be compiled, and what that is tested against."""

from __future__ import annotations

from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint32]

_MOST = 255


def hashes(items: list[str], begun: int = 0) -> Ids:
    """Return the CRC-32 of each text in UTF-8, going on from ``begun``; half a letter counts, too."""
    return np.fromiter((crc32(_bytes(item), begun) for item in items), np.uint32, len(items))


def pair_hashes(items: list[str], begun: int = 0) -> Ids:
    """Return the `hashes` of each text and its neighbour, a space between them."""
    encoded = [_bytes(item) for item in items]
    pairs = (crc32(b"%b %b" % pair, begun) for pair in pairwise(encoded))
    return np.fromiter(pairs, np.uint32, max(len(items) - 1, 0))


def counted(ids: Ids) -> tuple[Ids, NDArray[np.uint8]]:
    """Return the different ids, ascending, and how often each is there, at most 255."""
    found, counts = np.unique(ids, return_counts=True)
    return found, np.minimum(counts, _MOST).astype(np.uint8)


def count_in(ids: Ids, totals: NDArray[np.int32]) -> None:
    """Add to the total of each id (all are smaller than there are totals) how often it is there."""
    np.add.at(totals, ids.astype(np.int64), np.int32(1))


def _bytes(item: str) -> bytes:
    return item.encode("utf-8", "surrogatepass")
