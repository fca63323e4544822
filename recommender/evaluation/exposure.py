"""What a reader of many blocks would see: how often each story, and which copies. Knows no ranking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation import metrics
from recommender.evaluation.case import Case

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Blocks = Mapping[int, NDArray[np.int64]]
"""The stories that each story's block shows."""

MOST_BLOCKS = 2000
"""From so many stories' blocks, evenly over the archive, the figures of exposure are taken."""

COPY = 0.9
"""Two stories of this TF-IDF cosine are counted as near-copies (TREC News 2018 to 2021)."""


def sample(case: Case) -> list[int]:
    """Return the stories whose blocks are looked at."""
    places = np.linspace(0, len(case.stories) - 1, MOST_BLOCKS).astype(np.int64)
    return list(np.unique(places).tolist())


def showings(case: Case, blocks: Blocks) -> NDArray[np.int64]:
    """Return how often each story (n,) is shown."""
    shown = np.concatenate([np.zeros(0, np.int64), *blocks.values()])
    return np.asarray(np.bincount(shown, minlength=len(case.stories)), np.int64)


def exposure(case: Case, blocks: Blocks, likeness: csr_matrix) -> dict[str, object]:
    """Return what a reader of all those blocks would see.

    Returns
    -------
    dict
        ``full_blocks`` (share), ``distinct_shown`` (stories), ``gini`` (of how often each story is shown),
        ``near_copies`` and ``future_links`` (slots).
    """
    counts = showings(case, blocks)
    return {
        "full_blocks": float(np.mean([len(block) == metrics.BLOCK for block in blocks.values()])),
        "distinct_shown": int((counts > 0).sum()),
        "gini": metrics.gini(counts),
        "near_copies": sum(_copies(likeness, story, block) for story, block in blocks.items()),
        "future_links": sum(int((~case.earlier(story)[block]).sum()) for story, block in blocks.items()),
    }


def _copies(likeness: csr_matrix, story: int, block: NDArray[np.int64]) -> int:
    """Return how many slots hold a near-copy of the story or of an earlier slot."""
    if not len(block):
        return 0
    rows = likeness[np.concatenate([[story], block])]
    alike = np.tril((rows @ rows.T).toarray() >= COPY, k=-1)
    return int(alike.any(axis=1).sum())
