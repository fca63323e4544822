"""Show what later stories in the fit of the hybrid model do to the figures: fit on all, and fit on the past.

For each publisher of the seeds the model is fitted anew before every 30 queries, on what was published before
them, and every candidate search and rarity of a term is that model's.

Measured with the hand-set weights, nDCG@5 on the past less that on all: digital.gov -.002 [-.007, +.003],
18F +.004 [-.004, +.012]. So `related evaluate` fits once, on all.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.engine.engine import Engine
from recommender.evaluation.case import read_case
from recommender.evaluation.metrics import BLOCK, gains, interval, ndcg, resampled
from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking import candidates, features
from recommender.ranking.model import ranked
from recommender.ranking.pool import Nums, Pool

SEEDS = Path(__file__).parent.parent / "seeds"
PUBLISHERS = ("digitalgov", "18f")
REFIT = 30  # queries that share a fit: 23 fits for digital.gov


class Ranking:
    """The engine's ranking without its index, so that the hybrid model can be exchanged."""

    def __init__(self, engine: Engine, store: Store, hybrid: HybridModel) -> None:
        self.model, self.store, self.hybrid = engine.model, store, hybrid
        self.vectors = hybrid.vectors(store, store.nums)

    def __call__(self, num: int) -> Nums:
        """Return the candidates of a story, best first."""
        nums, published = self.store.nums, self.store.column("published")
        earlier = np.flatnonzero((published[nums] <= published[num]) & (nums != num))
        likeness = self.vectors[earlier] @ self.vectors[np.searchsorted(nums, num)]
        nearest = nums[earlier[np.argsort(-likeness, kind="stable")[: candidates.NEAREST]]]
        recent = self.store.recent(int(published[num]), candidates.RECENT + 1)
        found = candidates.in_order(nearest, recent, without=num)
        pool = Pool(self.store.item(num), found, self.store, self.hybrid)
        return found[ranked(self.model.scores(features.matrix(pool, self.model.features), pool.known_links))]


def compare(publisher: str) -> str:
    """Return nDCG@5 of both fits and the interval of their difference."""
    case = read_case(SEEDS / publisher / "articles.jsonl", SEEDS / publisher / "links.jsonl")
    with (
        TemporaryDirectory() as directory,
        Archive.create(ArchivePlace.alone(Path(directory) / "archive")) as archive,
    ):
        archive.add(case.stories)
        store = archive.catch_up().store
        held = archive.catalog.nums_of([story.id for story in case.stories])
        nums = np.array([held[story.id] for story in case.stories], np.int64)
        queries = sorted(case.relevant, key=lambda query: case.published[query])
        right = [set(nums[list(case.relevant[query])].tolist()) for query in queries]
        counts = np.array([len(each) for each in right])
        on_all = Ranking(Engine(archive), store, HybridModel.fit(store))
        whole = ndcg(gains([on_all(int(nums[query])) for query in queries], right), counts, BLOCK)
        orders: list[NDArray[np.int64]] = []
        stream = iter(queries)
        while batch := list(islice(stream, REFIT)):
            past = np.sort(nums[case.published < case.published[batch[0]]])
            on_past = Ranking(Engine(archive), store, HybridModel.fit(store, past))
            orders += [on_past(int(nums[query])) for query in batch]
        past_only = ndcg(gains(orders, right), counts, BLOCK)
    low, high = interval(past_only - whole, resampled(len(queries)))
    change = (past_only - whole).mean()
    return (
        f"{publisher}: fitted on all {whole.mean():.4f}, on the past {past_only.mean():.4f}, "
        f"change {change:+.4f} [{low:+.4f}, {high:+.4f}]"
    )


def main() -> None:
    """Print one line a publisher."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("publishers", nargs="*", default=PUBLISHERS)
    for publisher in parser.parse_args().publishers:
        print(compare(publisher), flush=True)


if __name__ == "__main__":
    main()
