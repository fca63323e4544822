"""Products of stored vectors with numpy: where nothing could be compiled, and what that is tested against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_BLOCK = 4096  # rows that are widened at once


def row_products(
    rows: NDArray[np.float16], places: NDArray[np.int64], vectors: Floats
) -> tuple[Floats, Floats]:
    """Return the products of some rows with vectors, and of each of the rows with itself.

    Parameters
    ----------
    rows : (r, d) float16
        Contiguous, as they lie in a file.
    places : (n,) int64
        Which of them.
    vectors : (m, d) float32

    Returns
    -------
    products : (n, m) float32
    squares : (n,) float32

    Raises
    ------
    IndexError
        When there is no such row.
    ValueError
        When rows and vectors do not fit each other.
    """
    _check(rows, places, vectors)
    taken = rows[places].astype(np.float32)
    return taken @ vectors.T, np.einsum("ij,ij->i", taken, taken)


def row_scores(rows: NDArray[np.float16], places: NDArray[np.int64], vectors: Floats) -> Floats:
    """Return the products (m, n) of few vectors (m, d) with some rows; see `row_products`.

    Of one vector and one row it is the same to the last bit, whatever else is asked with them.
    """
    _check(rows, places, vectors)
    out = np.empty((len(vectors), len(places)), np.float32)
    for first in range(0, len(places), _BLOCK):
        taken = rows[places[first : first + _BLOCK]].astype(np.float32)
        for row, vector in zip(out, vectors, strict=True):
            np.einsum("ij,j->i", taken, vector, out=row[first : first + _BLOCK])
    return out


def _check(rows: NDArray[np.float16], places: NDArray[np.int64], vectors: Floats) -> None:
    if rows.dtype != np.float16 or rows.ndim != 2 or not rows.flags.c_contiguous:
        raise ValueError(f"rows are {rows.dtype} {rows.shape}, not contiguous float16")
    if vectors.ndim != 2 or vectors.shape[1] != rows.shape[1]:
        raise ValueError(f"vectors {vectors.shape} beside rows {rows.shape}")
    if ((places < 0) | (places >= len(rows))).any():
        raise IndexError(f"there are {len(rows)} rows")
