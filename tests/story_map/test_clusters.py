"""What lies together is a cluster, the largest first; what its stories hold and others do not names it."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.features.term_rows import TermRows
from recommender.story_map import clusters
from recommender.story_map.clusters import ALONE


def heaps(*sizes: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    middles = [(np.cos(i), np.sin(i)) for i in range(len(sizes))]
    some = [rng.normal(middle, 0.02, (size, 2)) for middle, size in zip(middles, sizes, strict=True)]
    return np.concatenate(some).astype(np.float32)


def test_heaps_are_clusters_the_largest_first() -> None:
    labels = clusters.clusters(heaps(30, 60, 45))
    most = [np.bincount(part[part >= 0]).argmax() for part in (labels[:30], labels[30:90], labels[90:])]
    assert len(set(most)) == 3
    kinds, sizes = np.unique(labels[labels != ALONE], return_counts=True)
    assert kinds.tolist() == list(range(len(kinds)))
    assert sizes.tolist() == sorted(sizes.tolist(), reverse=True)


def test_of_many_stories_small_heaps_are_clusters_where_there_are_no_large_ones() -> None:
    labels = clusters.clusters(heaps(*[12] * 150))  # at first they have 22
    assert len(set(labels.tolist()) - {ALONE}) >= clusters.FEW


def test_few_stories_are_no_cluster() -> None:
    for count in range(2 * clusters.LEAST):
        assert (clusters.clusters(heaps(count)) == ALONE).all()


def test_of_many_those_beyond_the_sample_lie_where_their_nearest_do(monkeypatch: pytest.MonkeyPatch) -> None:
    places = heaps(400, 300)
    whole = clusters.clusters(places)
    monkeypatch.setattr(clusters, "SAMPLE", 200)
    labels = clusters.clusters(places)
    assert labels.shape == whole.shape
    assert set(labels[:400].tolist()).isdisjoint(set(labels[400:].tolist()) - {ALONE})


def test_a_term_tells_a_cluster_by_being_there_and_not_elsewhere() -> None:
    stories = [[1, 5, 7], [1, 5, 8], [2, 5, 7], [2, 5, 9]]
    offsets = np.cumsum([0, *map(len, stories)])
    ids = np.array([id for story in stories for id in story], np.uint32)
    rows = TermRows(ids, np.ones(len(ids), np.uint8), offsets)
    first, second = clusters.telling_terms(rows, np.array([0, 0, 1, 1]), 2)
    assert (first[0], second[0]) == (1, 2)
    assert 5 not in {*first.tolist(), *second.tolist()}, "what all hold tells nothing"
