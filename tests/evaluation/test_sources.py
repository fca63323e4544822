"""The ways of looking for candidates are those of the engine; shared names are counted as by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.archive.archive import Archive
from recommender.engine.engine import Engine
from recommender.evaluation.case import make_case
from recommender.evaluation.ours import Ours
from recommender.evaluation.sources import (
    BOTH,
    EVERYTHING,
    WITH_NAMES,
    Sources,
    candidate_figures,
    found_by,
    reach,
)
from recommender.evaluation.systems import HISTORY, OURS
from recommender.ranking.naming import LEAST_RARITY
from recommender.settings import Settings
from tests.arrays import EMBEDDER, story

QUERIES = list(range(20, 96, 5))


def test_both_together_are_what_the_engine_scores(ours: Ours) -> None:
    found = found_by(Sources(ours), QUERIES)
    for query, both, more in zip(QUERIES, found[BOTH], found[WITH_NAMES], strict=True):
        assert both.tolist() == ours.candidates(query).tolist()
        assert set(more.tolist()) >= set(both.tolist())


def test_each_way_by_itself_in_an_archive_that_is_larger_than_it(tmp_path: Path) -> None:
    case = make_case([story(number) for number in range(60)], [])
    settings = Settings(candidates=5, recent=3)
    with Archive.create(tmp_path / "archive", settings, EMBEDDER) as made:
        made.add(case.stories)
        ours = Ours(case, Engine(made))
        sources = Sources(ours)
        assert sources.recent(40).tolist() == [39, 38, 37]
        assert len(sources.nearest(40)) == 5
        assert max(sources.nearest(40)) < 40
        (both,) = found_by(sources, [40])[BOTH]
        assert set(both.tolist()) == {*sources.recent(40).tolist(), *sources.nearest(40).tolist()}


def test_names_are_ranked_by_their_summed_rarity(tmp_path: Path) -> None:
    # Every story names the first, four the second, two the third.
    said = ["They saw Bigtown."] * 24
    for number in (2, 5, 9, 20):
        said[number] += " We met Ann Lee there."
    for number in (5, 20, 22):
        said[number] += " They asked about Harbour Act again."
    stories = [replace(story(number), body=body) for number, body in enumerate(said)]
    case = make_case(stories, [])
    with Archive.create(tmp_path / "archive", embedder=EMBEDDER) as made:
        made.add(case.stories)
        ours = Ours(case, Engine(made))
        assert Sources(ours).names(20).tolist() == [5, 2, 9]
        assert Sources(ours).names(3).tolist() == []
        hybrid, store = ours.view.hybrid, ours.view.store
        assert hybrid is not None
        source = store.item(int(ours.nums[20])).entities.ids
        rarity = hybrid.idf["entities"][source] - 1
        rare = set(source[rarity >= LEAST_RARITY].tolist())
        shared = [
            sum(
                hybrid.idf["entities"][id] - 1
                for id in rare & set(store.item(int(num)).entities.ids.tolist())
            )
            for num in ours.nums[:20]
        ]
        order = [place for place in np.argsort(-np.array(shared), kind="stable") if shared[place] > 0]
        assert Sources(ours).names(20).tolist() == order


def test_reach_by_hand() -> None:
    found = [np.array([1, 2, 3]), np.array([7])]
    assert reach(found, [frozenset({1, 9}), frozenset({7})]) == {"recall": 0.75, "stories": 2.0}


def test_where_all_is_scored_anyway_nothing_is_gained(ours: Ours, history: Ours) -> None:
    # 96 stories are fewer than the engine takes: every earlier story is a candidate.
    ndcg = {OURS: np.zeros(len(QUERIES)), HISTORY: np.zeros(len(QUERIES))}
    found = candidate_figures(ours, history, QUERIES, ndcg, one_more=True).figures
    rows = found["sources"]
    assert rows[BOTH]["recall"] == rows[EVERYTHING]["recall"] == found["recall"] == 1
    assert (
        rows[WITH_NAMES]["ndcg@5"] == rows[EVERYTHING]["ndcg@5"] == pytest.approx(found["ndcg@5_all_scored"])
    )
    assert rows[EVERYTHING]["difference_history"] == pytest.approx(found["ndcg@5_history_all_scored"])
