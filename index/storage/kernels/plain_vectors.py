"""Products of stored vectors with numpy: where nothing could be compiled, and what that is tested against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels.plain import copy_runs
from index.storage.parts import Parts

Floats = NDArray[np.float32]

_BLOCK = 4096  # rows that are widened at once


def row_products(rows: Parts, places: NDArray[np.int64], vectors: Floats) -> tuple[Floats, Floats]:
    """Return the products of some rows with vectors, and of each of the rows with itself.

    Parameters
    ----------
    rows : Parts of (d,) float16
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
    taken = _halves(rows, places, vectors).astype(np.float32)
    return taken @ vectors.T, np.einsum("ij,ij->i", taken, taken)


def row_scores(rows: Parts, places: NDArray[np.int64], vectors: Floats) -> Floats:
    """Return the products (m, n) of few vectors (m, d) with some rows; see `row_products`.

    Of one vector and one row it is the same to the last bit, whatever else is asked with them.
    """
    out = np.empty((len(vectors), len(places)), np.float32)
    for first in range(0, len(places), _BLOCK):
        taken = _halves(rows, places[first : first + _BLOCK], vectors).astype(np.float32)
        for row, vector in zip(out, vectors, strict=True):
            np.einsum("ij,j->i", taken, vector, out=row[first : first + _BLOCK])
    return out


def byte_scores(codes: NDArray[np.int8], steps: Floats, places: NDArray[np.int64], vector: Floats) -> Floats:
    """Return about what `row_scores` does (m,), of rows (n, d) of bytes that are whole numbers of steps (n,).

    Raises
    ------
    IndexError
        When there is no such row.
    ValueError
        When rows, steps and vector do not fit each other.
    """
    if steps.shape != codes.shape[:1] or vector.shape != codes.shape[1:]:
        raise ValueError(f"rows {codes.shape} beside {steps.shape} steps and a vector {vector.shape}")
    if len(places) and not 0 <= places.min() <= places.max() < len(codes):
        raise IndexError(f"rows {places.min()} to {places.max()} of {len(codes)}")
    scores: Floats = codes[places].astype(np.float32) @ vector.astype(np.float32) * steps[places]
    return scores


def _halves(rows: Parts, places: NDArray[np.int64], vectors: Floats) -> NDArray[np.float16]:
    """Return a copy of some rows; raise unless vectors fit them."""
    if rows.dtype != np.float16 or len(rows.shape) != 1:
        raise ValueError(f"rows are {rows.dtype} {rows.shape}, not one line of float16 each")
    if vectors.ndim != 2 or vectors.shape[1:] != rows.shape:
        raise ValueError(f"vectors {vectors.shape} beside rows {rows.shape}")
    halves = np.empty((len(places), *rows.shape), np.float16)
    copy_runs(rows, places, np.ones(len(places), np.int64), np.arange(len(places)), halves)
    return halves
