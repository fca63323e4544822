"""The one check of what callers hand in, shared by every index: same rules, same short error texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.base import Columns, Ids, Vectors
from index.errors import IndexInputError

LARGEST = float(np.finfo(np.float16).max)
"""Largest absolute value of a vector's component: engines keep vectors as float16."""


def check_shape(dimension: int, fields: Sequence[str]) -> None:
    """Raise `IndexInputError` unless an index can be made with this dimension and these fields."""
    if dimension < 1:
        raise IndexInputError(f"dimension must be at least 1, not {dimension}")
    if len(set(fields)) != len(fields):
        raise IndexInputError(f"fields must be unique: {', '.join(fields)}")


def check_ids(ids: Ids) -> None:
    """Raise `IndexInputError` unless ``ids`` is an int64 array (n,) without repeats or negatives."""
    if not isinstance(ids, np.ndarray) or ids.dtype != np.int64:
        raise IndexInputError(f"ids must be an int64 array, not {_kind(ids)}")
    if ids.ndim != 1:
        raise IndexInputError(f"ids must have one axis, not shape {ids.shape}")
    if len(ids) == 0:
        return
    if int(ids.min()) < 0:
        raise IndexInputError(f"ids must not be negative: {int(ids.min())}")
    if len(ids) > 1:
        ordered = np.sort(ids)
        repeated = ordered[1:][ordered[1:] == ordered[:-1]]
        if len(repeated):
            raise IndexInputError(f"ids must be unique within a call: {int(repeated[0])} comes twice")


def check_vectors(name: str, vectors: Vectors, dimension: int) -> None:
    """Raise `IndexInputError` unless ``vectors`` is float32 (n, dimension), finite, within float16."""
    if not isinstance(vectors, np.ndarray) or vectors.dtype != np.float32:
        raise IndexInputError(f"{name} must be a float32 array, not {_kind(vectors)}")
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise IndexInputError(f"{name} must have shape (n, {dimension}), not {vectors.shape}")
    # A NaN makes both bounds NaN, and a comparison with NaN is false: one pass finds all that is wrong.
    if vectors.size and not (vectors.min() >= -LARGEST and vectors.max() <= LARGEST):
        bad = int(np.argmin(np.all(np.abs(vectors) <= LARGEST, axis=1)))
        raise IndexInputError(f"{name} must be finite and within ±{LARGEST:.0f}: row {bad} is not")


def check_columns(columns: Columns, fields: Sequence[str], rows: int) -> None:
    """Raise `IndexInputError` unless there is one int64 array (rows,) for each declared field."""
    missing = [name for name in fields if name not in columns]
    if missing:
        raise IndexInputError(f"columns lack the declared field {missing[0]!r}")
    extra = [name for name in columns if name not in fields]
    if extra:
        raise IndexInputError(f"column {extra[0]!r} is not declared; declared: {', '.join(fields) or 'none'}")
    for name in fields:
        column = columns[name]
        if not isinstance(column, np.ndarray) or column.dtype != np.int64:
            raise IndexInputError(f"column {name!r} must be an int64 array, not {_kind(column)}")
        if column.shape != (rows,):
            raise IndexInputError(f"column {name!r} must have shape ({rows},), not {column.shape}")


def check_rows(ids: Ids, vectors: Vectors, columns: Columns, dimension: int, fields: Sequence[str]) -> None:
    """Check all that one `upsert` is given; raise `IndexInputError` before anything is changed."""
    check_ids(ids)
    check_vectors("vectors", vectors, dimension)
    if len(vectors) != len(ids):
        raise IndexInputError(f"{len(ids)} ids but {len(vectors)} vectors")
    check_columns(columns, fields, len(ids))


def check_field(field: str, fields: Sequence[str]) -> None:
    """Raise `IndexInputError` unless a field is declared."""
    if field not in fields:
        raise IndexInputError(f"field {field!r} is not declared; declared: {', '.join(fields) or 'none'}")


def check_k(k: int) -> None:
    """Raise `IndexInputError` unless at least one neighbour is asked for."""
    if k < 1:
        raise IndexInputError(f"k must be at least 1, not {k}")


def _kind(value: object) -> str:
    return str(value.dtype) if isinstance(value, np.ndarray) else type(value).__name__
