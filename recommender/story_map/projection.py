"""From vectors to places on a plane: near each other stay near. Knows no stories.

By t-SNE over a graph of nearest neighbours (openTSNE, the extra `map`); without it by the two directions in
which the vectors differ most, which tells coarse subjects apart and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Nums = NDArray[np.int64]
Check = Callable[[], None]

NEIGHBOURS = 15
"""Of each story in the graph, all as near (Boehm, Berens and Kobak 2022): what UMAP looks at, too."""

LEAST = 4 * NEIGHBOURS
"""Stories below which a graph of neighbours joins all with all."""

INSTALL = "pip install 'related-stories[map]'"
TSNE, PLAIN = "t-SNE", "PCA"  # how a picture was made
_LOOK_EVERY = 10  # iterations


def method() -> str:
    """Return how pictures are made here."""
    return TSNE if find_spec("openTSNE") else PLAIN


def project(vectors: Floats, neighbours: Nums, check: Check = lambda: None) -> Floats:
    """Return a place (n, 2) for each vector, within a square of -1 to 1.

    Parameters
    ----------
    vectors : (n, d) float32
    neighbours : (n, k) int64
        The nearest other rows of each.
    check : callable
        Called now and then; what it raises ends the work.
    """
    from sklearn.decomposition import PCA  # half a second that only who makes a picture has to wait

    count = len(vectors)
    if count < 2:
        return np.zeros((count, 2), np.float32)
    plane = np.zeros((count, 2))
    if min(vectors.shape) > 1 and np.ptp(vectors, axis=0).any():
        plane = PCA(2, random_state=0).fit_transform(vectors)
    if count >= LEAST and method() == TSNE and plane[:, 0].std() > 0:  # all alike have no scale to start from
        embedded = _embedded(plane, neighbours, check)
        plane = embedded if np.isfinite(embedded).all() else plane
    return _within_square(np.asarray(plane, np.float64))


def _embedded(plane: NDArray[np.float64], neighbours: Nums, check: Check) -> NDArray[np.float64]:
    tsne, affinity = import_module("openTSNE"), import_module("openTSNE.affinity")
    nearest, start = import_module("openTSNE.nearest_neighbors"), import_module("openTSNE.initialization")
    graph = nearest.PrecomputedNeighbors(neighbours, np.ones(neighbours.shape))
    affinities = affinity.Uniform(knn_index=graph, k_neighbors=neighbours.shape[1])

    def look(*_: object) -> bool:
        check()
        return False

    made = tsne.TSNE(
        n_jobs=1,  # others work beside it: a second thread that waits for a core costs more than it brings
        random_state=0,
        callbacks=look,
        callbacks_every_iters=_LOOK_EVERY,
    )
    return np.asarray(made.fit(affinities=affinities, initialization=start.rescale(plane)), np.float64)


def _within_square(plane: NDArray[np.float64]) -> Floats:
    middle = (plane.max(0) + plane.min(0)) / 2
    reach = np.abs(plane - middle).max() or 1.0
    return np.asarray((plane - middle) / reach, np.float32)
