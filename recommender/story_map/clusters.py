"""Which places on a picture lie together, and what the stories there have in common. Knows no archive."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.features.term_rows import TermRows

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]

ALONE = -1
"""The label of who lies in no cluster."""

LEAST = 5  # stories of a cluster
PART = 80  # a cluster has one story in so many, or more: some forty labels are read on one picture
FEW = 8  # clusters below which smaller ones are looked for
SAMPLE = 10_000  # places that clusters are found among; the others lie where their nearest do

HELD = 0.1
"""Least share of a cluster's stories that hold a term which names it."""

CANDIDATES = 40  # terms of a cluster, of which the first that can be written name it


def clusters(places: Floats) -> Labels:
    """Return the cluster (n,) of each place, `ALONE` where it lies in none; the largest is 0."""
    from sklearn.cluster import HDBSCAN  # half a second that only who makes a picture has to wait
    from sklearn.neighbors import KNeighborsClassifier

    count = len(places)
    least = max(LEAST, min(count, SAMPLE) // PART)
    if count < 2 * least:
        return np.full(count, ALONE, np.int64)
    some = np.random.default_rng(0).permutation(count)[:SAMPLE]
    while True:
        model = HDBSCAN(min_cluster_size=least, cluster_selection_method="leaf", copy=True)
        labels = np.asarray(model.fit_predict(places[some]), np.int64)
        if labels.max() + 1 >= FEW or least == LEAST:
            break
        least = max(LEAST, least // 2)
    if count > SAMPLE:
        labels = KNeighborsClassifier(1).fit(places[some], labels).predict(places).astype(np.int64)
    else:
        labels = labels[np.argsort(some)]
    kinds, sizes = np.unique(labels[labels != ALONE], return_counts=True)
    order = {kind: place for place, kind in enumerate(kinds[np.argsort(-sizes, kind="stable")].tolist())}
    return np.array([order.get(label, ALONE) for label in labels.tolist()], np.int64)


def telling_terms(rows: TermRows, labels: Labels, count: int) -> list[NDArray[np.int64]]:
    """Return for each of `count` clusters the ids of terms that tell it from the others, the best first.

    A term's worth is its share of the cluster's stories times how much more often it is there than elsewhere.

    Parameters
    ----------
    rows : TermRows
        The words of the stories (n,).
    labels : (n,) int64
    """
    sizes = np.diff(rows.offsets)
    of_story = np.repeat(labels, sizes)
    size = int(rows.ids.max()) + 1 if len(rows.ids) else 1
    everywhere = np.bincount(rows.ids, minlength=size) / max(len(labels), 1)
    found = []
    for label in range(count):
        held = np.bincount(rows.ids[of_story == label], minlength=size) / max(int((labels == label).sum()), 1)
        worth = np.where(
            held >= HELD, held * np.log(np.maximum(held, 1e-9) / np.maximum(everywhere, 1e-9)), 0
        )
        best = np.argsort(-worth, kind="stable")[:CANDIDATES]
        found.append(best[worth[best] > 0])
    return found
