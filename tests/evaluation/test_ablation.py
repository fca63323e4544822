"""A feature taken out is a sum without it; one that weighs nothing leaves every ranking as it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender.engine.engine import Engine
from recommender.evaluation.ablation import (
    GROUPS,
    WHOLE,
    ablated,
    scores_without,
    values_without,
    variants,
)
from recommender.evaluation.case import Case
from recommender.evaluation.metrics import HEADLINE, gains, per_query
from recommender.evaluation.ours import Ours
from recommender.ranking.features import LEARNED
from recommender.ranking.model import LinearModel

QUERIES = range(24, 96, 2)


def test_every_learned_feature_is_in_one_group() -> None:
    assert sorted(one.__name__ for members in GROUPS.values() for one in members) == sorted(LEARNED)


def test_a_variant_keeps_all_but_what_it_is_named_after() -> None:
    found = variants(("window_words", "between", "names"))
    assert {name: kept.tolist() for name, kept in found.items()} == {
        WHOLE: [True, True, True],
        "window_words": [False, True, True],
        "between": [True, False, True],
        "names": [True, True, False],
        "TEXT": [False, True, False],
        "TIME": [True, False, True],
    }


def test_without_a_feature_is_the_model_without_its_weight(history: Ours) -> None:
    pool = history.pool(60)
    contributions = history.contributions(pool)
    for name, kept in variants(history.model.features).items():
        if kept.any():
            weights = tuple(w for w, held in zip(history.model.weights, kept, strict=True) if held)
            smaller = Ours(history.case, history.engine, LinearModel(name, weights), history=True)
            np.testing.assert_allclose(
                scores_without(contributions, kept), smaller.contributions(pool).sum(axis=1), atol=1e-4
            )


def test_the_whole_is_the_engine_as_it_is(history: Ours) -> None:
    right = [history.case.relevant[query] for query in QUERIES]
    hits = gains([history(query) for query in QUERIES], right)
    expected = per_query(hits, np.array([len(each) for each in right]))[HEADLINE]
    np.testing.assert_array_equal(values_without(history, QUERIES)[WHOLE], expected)


def test_a_feature_of_no_weight_changes_nothing(case: Case, engine: Engine) -> None:
    for name in ("window_words", "between", "in_links"):
        weights = tuple(
            replace(weight, value=0.0, unlinked=0.0) if weight.feature == name else weight
            for weight in engine.model.weights
        )
        system = Ours(case, engine, LinearModel("one at zero", weights), history=True)
        pool = system.pool(60)
        contributions = system.contributions(pool)
        whole, without = (
            scores_without(contributions, variants(system.model.features)[each]) for each in (WHOLE, name)
        )
        np.testing.assert_array_equal(whole, without)
        row = ablated(system.model, values_without(system, QUERIES))["features"][name]
        assert (row["difference"], row["ci"]) == (0, [0, 0])


def test_the_topic_decides_here(ours: Ours) -> None:
    found = ablated(ours.model, values_without(ours, QUERIES))
    row = found["groups"]["TEXT"]
    assert row["ndcg@5"] == pytest.approx(found["ndcg@5"] + row["difference"])
    assert row["ci"][1] < 0
    # Without links there is nothing to lose with what is learned from them.
    assert {found["features"][name]["difference"] for name in ("neighbour_links", "in_links")} == {0}
