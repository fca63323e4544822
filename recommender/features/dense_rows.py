"""Dense vectors of many stories, as the feature store is read. Knows no SQL and no text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import floats, taken
from index.storage.kernels.row_vectors import row_products
from index.storage.parts import Parts

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class DenseRows:
    """One vector of each of many stories where it lies: that of story ``i`` is ``values[places[i]]``."""

    values: Parts
    places: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.places)

    def of(self, which: NDArray[np.int64]) -> DenseRows:
        """Return those of the stories at some positions."""
        return DenseRows(self.values, self.places[which])

    def floats(self) -> Floats:
        """Return a copy of them, (n, d)."""
        return floats(taken(self.values, self.places, np.ones(len(self), np.int64))[0])

    def products(self, vectors: Floats) -> Floats:
        """Return their products (n, m) with vectors (m, d)."""
        return row_products(self.values, self.places, vectors)[0]

    def products_and_squares(self, vectors: Floats) -> tuple[Floats, Floats]:
        """Return their products (n, m) with vectors (m, d), and of each with itself, (n,)."""
        return row_products(self.values, self.places, vectors)
