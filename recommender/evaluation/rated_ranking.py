"""How rankers would order the stories that editors have rated, in the archive that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from index.storage.background import Check
from recommender.catalog.ratings import RatingsTable
from recommender.engine.engine import Engine
from recommender.engine.search_scope import Scope
from recommender.evaluation.graded import Order, RatedFigures, figures
from recommender.evaluation.rated import by_slot, rankable
from recommender.newsroom.ratings import Rating
from recommender.ranking.candidates import united
from recommender.ranking.features import matrix
from recommender.ranking.pool import Pool
from recommender.ranking.weights import Ranker

MOST = 400
"""Blocks that are put in order, those rated last: twenty days' sheets. More would narrow an interval of some
hundredths by little, and each takes a search and the features of all its candidates."""


def rated_figures(
    engine: Engine, rankers: Mapping[str, Ranker], check: Check, after: int | None = None
) -> RatedFigures | None:
    """Return what editors think of an archive's blocks, and which ranker agrees with them how far.

    Parameters
    ----------
    engine : Engine
        Open on the archive.
    rankers : mapping of str to Ranker
    check : callable
        Called between pieces of the work; may wait, or raise to end it.
    after : int, optional
        Put in order only blocks that were first rated later, epoch seconds: what was rated before may have
        taught a ranker.
    """
    ratings, nums = rankable(engine.archive)
    blocks = by_slot(ratings)
    orders: dict[str, dict[str, Sequence[str]]] = {name: {} for name in rankers}
    asked = _asked(engine, ratings, after)[-MOST:]
    for source in asked:
        check()
        targets = list(blocks[source])
        pool, places = _pool(engine, nums[source], [nums[target] for target in targets])
        for name, ranker in rankers.items():
            scores = ranker.model.scores(matrix(pool, ranker.model.features), pool.known_links)
            best = np.argsort(-np.asarray(scores, np.float64)[list(places)], kind="stable")
            orders[name][source] = [targets[place] for place in best.tolist()]
    return figures(ratings, {name: _kept(order) for name, order in orders.items()}, asked)


def _kept(order: Mapping[str, Sequence[str]]) -> Order:
    return lambda source, _: order[source]


def _asked(engine: Engine, ratings: Sequence[Rating], after: int | None) -> list[str]:
    """Return whose blocks hold more than zeros and were first rated later, the one rated last at the end."""
    first: dict[str, int] = {}
    for row in RatingsTable(engine.archive.catalog).all():  # with what was taken back: it may have taught
        first.setdefault(row.source, row.at)
    last = {each.source: each.at for each in ratings}
    graded = {each.source for each in ratings if each.grade}
    new = [source for source in last if source in graded and (after is None or first[source] > after)]
    return sorted(new, key=lambda source: (last[source], source))


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
