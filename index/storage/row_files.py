"""Files of values that are read by place, not mapped: what is read of them is resident only while it is used.

A question reads some thousand rows that lie anywhere in files of some gigabytes. Mapped, each takes a page
fault, and makes pages around it resident until they are released; read, it takes one call, and is copied.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import read_runs
from index.storage.parts import Array, Parts

LARGE = 16 << 20
"""Bytes from which a file is held open beside its map."""


class RowFile:
    """A file that ends with the values of an array, open until nobody holds this.

    Parameters
    ----------
    path : Path
    bytes : int
        Of the values.
    """

    def __init__(self, path: Path, bytes: int) -> None:
        self.descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        self.begin = os.fstat(self.descriptor).st_size - bytes

    @classmethod
    def of(cls, path: Path, bytes: int) -> RowFile | None:
        """Return the file, None for a small one, whose map may become resident: few files are held open."""
        return cls(path, bytes) if bytes >= LARGE else None

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):
            os.close(self.descriptor)


def read(
    values: Parts, files: Sequence[RowFile | None], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> Array:
    """Return runs of values, one after the other.

    Parameters
    ----------
    values : Parts
    files : sequence of RowFile or None
        Where each of the parts lies; None: in memory.
    starts, lengths : (n,) int64
    """
    places = [(-1, 0) if file is None else (file.descriptor, file.begin) for file in files]
    out = np.empty((int(lengths.sum()), *values.shape), values.dtype)
    read_runs(values, np.array(places, np.int64).reshape(-1, 2), starts, lengths, out)
    return out
