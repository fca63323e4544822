"""How rankers would order the stories that editors have rated, in the archive that holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from index.storage.background import Check
from recommender.engine.engine import Engine
from recommender.engine.search_scope import Scope
from recommender.evaluation.graded import RatedFigures, figures
from recommender.evaluation.rated import rankable
from recommender.ranking.candidates import united
from recommender.ranking.features import matrix
from recommender.ranking.pool import Pool
from recommender.ranking.weights import Ranker


def rated_figures(engine: Engine, rankers: Mapping[str, Ranker], check: Check) -> RatedFigures | None:
    """Return what editors think of an archive's blocks, and which ranker agrees with them how far.

    Parameters
    ----------
    engine : Engine
        Open on the archive.
    rankers : mapping of str to Ranker
    check : callable
        Called between pieces of the work; may wait, or raise to end it.
    """
    ratings, nums = rankable(engine.archive)
    pools: dict[str, tuple[Pool, Sequence[int]]] = {}

    def order(ranker: Ranker) -> Callable[[str, Sequence[str]], Sequence[str]]:
        def ordered(source: str, targets: Sequence[str]) -> Sequence[str]:
            check()
            if source not in pools:
                pools[source] = _pool(engine, nums[source], [nums[target] for target in targets])
            pool, places = pools[source]
            scores = ranker.model.scores(matrix(pool, ranker.model.features), pool.known_links)
            best = np.argsort(-np.asarray(scores, np.float64)[list(places)], kind="stable")
            return [targets[place] for place in best.tolist()]

        return ordered

    return figures(ratings, {name: order(ranker) for name, ranker in rankers.items()})


def _pool(engine: Engine, source: int, targets: Sequence[int]) -> tuple[Pool, Sequence[int]]:
    """Return a story's candidates of today, what was rated among them, and the places of that."""
    view, today = engine.archive.view, int(engine.clock())
    if view.hybrid is None:
        raise RuntimeError("an archive with ratings has stories")
    item = view.store.item(source)
    (nums,) = engine.retriever.propose(view, [item], [Scope.at(today, None, [source])])
    nums = united(nums, np.array(targets, np.int64))
    place = {num: at for at, num in enumerate(nums.tolist())}
    graph, encoder = engine.archive.link_graph(), engine.archive.encoder
    pool = Pool(item, nums, view.store, view.hybrid, graph, today, view.lengths, encoder)
    return pool, [place[target] for target in targets]
