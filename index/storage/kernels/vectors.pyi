"""What `vectors.pyx` has: see `plain_vectors`, whose functions do the same."""

import numpy as np
from numpy.typing import NDArray

from index.storage.parts import Parts

def row_products(
    rows: Parts, places: NDArray[np.int64], vectors: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...
def row_scores(
    rows: Parts, places: NDArray[np.int64], vectors: NDArray[np.float32]
) -> NDArray[np.float32]: ...
def byte_scores(
    codes: NDArray[np.int8],
    steps: NDArray[np.float32],
    places: NDArray[np.int64],
    vector: NDArray[np.float32],
) -> NDArray[np.float32]: ...
