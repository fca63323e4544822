"""The study learns and scales as the product does, and what was tried is what it says."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from study import tables, tried
from study.blocks import agreed
from study.reliability import error
from study.tables import Design, Table, learn
from study.worth import as_shipped

from recommender.evaluation.baselines import BM25_B, BM25_K1
from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking.features import LEARNED, matrix
from recommender.ranking.link_history import LinkGraph
from recommender.ranking.model import Scale, scaled, to_maximum
from recommender.ranking.pool import Pool
from recommender.ranking.training import SCALES, LabelledQuestion, Teacher, learned
from recommender.ranking.training import tuned as product_tuned
from recommender.ranking.weights import shipped
from tests.arrays import encoded, store_of, story

COUNT = 60
MANY = 10**9  # links that are known
STORE = store_of([story(number) for number in range(COUNT)])
MODEL = HybridModel.fit(STORE)
RIGHT = {num: np.array([num - 4]) for num in range(20, COUNT)}
POOLS = {num: Pool(STORE.item(num), STORE.nums[: num - 1], STORE, MODEL) for num in RIGHT}
RAW = {num: matrix(pool) for num, pool in POOLS.items()}
LINKED = [np.isin(pool.nums, RIGHT[num]) for num, pool in POOLS.items()]
OFFSETS = np.cumsum([0, *map(len, LINKED)])
TABLE = Table(
    dict(zip(LEARNED, np.concatenate(list(RAW.values())).T, strict=True)),
    np.concatenate(LINKED),
    np.zeros(OFFSETS[-1], np.bool_),
    OFFSETS,
    np.ones(len(RIGHT), np.int64),
)


def test_features_are_scaled_as_the_product_scales_them() -> None:
    each = [scaled(rows, SCALES) for rows in RAW.values()]
    np.testing.assert_allclose(Design().matrix(TABLE), np.concatenate(each), atol=1e-6)


def test_other_scales_by_their_definitions() -> None:
    values, offsets = np.array([1, 3, 5, 7, 7], np.float32), np.array([0, 3, 5])
    apart = [values[:3, None], values[3:, None]]
    deviations = np.concatenate([scaled(part, (Scale.DEVIATION,)) for part in apart])[:, 0]
    np.testing.assert_allclose(tables.deviation(values, offsets), deviations, atol=1e-6)
    np.testing.assert_allclose(
        tables.maximum(values, offsets), np.concatenate(list(map(to_maximum, apart)))[:, 0]
    )
    np.testing.assert_allclose(tables.span(values, offsets), [0, 0.5, 1, 0, 0])


def test_learns_what_the_product_learns() -> None:
    questions = [LabelledQuestion.of(pool, RIGHT[num]) for num, pool in POOLS.items()]
    product = learned([Teacher(questions, questions)], "test", {}).model.linked
    np.testing.assert_allclose(learn([TABLE]).weights, product, rtol=1e-3, atol=1e-3)


def test_what_is_hidden_does_not_teach() -> None:
    hidden = np.zeros(OFFSETS[-1], np.bool_)
    hidden[: OFFSETS[1]] = True  # the whole first question
    hidden[OFFSETS[1]] = True  # a candidate of the second
    taught = Table(TABLE.columns, TABLE.linked, hidden, OFFSETS, TABLE.right).teaching()
    assert len(taught) == len(TABLE) - 1
    assert np.diff(taught.offsets)[0] == len(LINKED[1]) - 1
    np.testing.assert_array_equal(taught.columns["names"], TABLE.columns["names"][~hidden])


def test_agreement_is_that_of_the_scores() -> None:
    assert TABLE.agreement(TABLE.linked.astype(float)).tolist() == [1.0] * len(RIGHT)
    assert TABLE.agreement(-TABLE.linked.astype(float)).sum() == 0
    assert TABLE.part(3, 7).agreement(TABLE.part(3, 7).linked.astype(float)).tolist() == [1.0] * 4


SOURCE = encoded(story(COUNT + 1))
POOL = Pool(SOURCE, STORE.nums, STORE, MODEL)


def test_bm25_by_its_formula() -> None:
    own = Counter(dict(zip(SOURCE.words.ids.tolist(), SOURCE.words.counts.tolist(), strict=True)))
    rows = [STORE.item(int(num)).words for num in STORE.nums]
    mean = np.mean([row.counts.sum() for row in rows])

    def score(row: int) -> float:
        total, norm = 0.0, BM25_K1 * (1 - BM25_B + BM25_B * rows[row].counts.sum() / mean)
        for term, count in zip(rows[row].ids.tolist(), rows[row].counts.tolist(), strict=True):
            total += own[term] * float(MODEL.idf["words"][term]) * count * (BM25_K1 + 1) / (count + norm)
        return total

    np.testing.assert_allclose(tried.bm25(POOL), [score(row) for row in range(COUNT)], rtol=1e-2)


def test_the_nearest_passages_one_pair_at_a_time() -> None:
    def unit(row: np.ndarray) -> np.ndarray:
        away = row.astype(float) - MODEL.dense_mean
        return np.asarray(away / np.linalg.norm(away))

    mine = [unit(row) for row in SOURCE.vectors]
    plain = [
        max(float(unit(row) @ own) for row in STORE.item(int(num)).vectors for own in mine)
        for num in STORE.nums
    ]
    np.testing.assert_allclose(tried.chunk_to_chunk(POOL), plain, atol=2e-3)


def test_votes_go_along_the_links_and_back() -> None:
    late = store_of([*[story(number) for number in range(4)], story(24 * 30)])
    links = LinkGraph(late, np.array([2, 3]), np.array([1, 1]), np.array([0, 0]))
    pool = Pool(late.item(5), np.array([1, 2, 3, 4]), late, HybridModel.fit(late), links)
    likeness = pool.likeness
    np.testing.assert_allclose(tried.links_nearby(pool), [0, likeness[0] / 2, likeness[0] / 2, 0], rtol=1e-5)
    received = math.log1p(float(likeness[1] + likeness[2]))
    np.testing.assert_allclose(tried.linked_from_nearby(pool), [received, 0, 0, 0], rtol=1e-5)
    np.testing.assert_allclose(tried.out_links(pool), np.log([1, 2, 2, 1]), rtol=1e-5)


@pytest.mark.parametrize("name", tried.TRIED)
def test_without_links_and_neighbours_nothing_breaks(name: str) -> None:
    values = tried.TRIED[name](Pool(SOURCE, STORE.nums[:1], STORE, MODEL))
    assert values.shape == (1,)
    assert np.isfinite(values).all()


def test_precision_recall_and_error_of_a_known_case() -> None:
    assert agreed([True, True, False], [True, False, True]) == "precision 0.500, recall 0.500, F1 0.500"
    bins = [{"said": 0.1, "so": 0.2, "slots": 30}, {"said": 0.5, "so": 0.4, "slots": 10}]
    assert error(bins) == pytest.approx(0.1)


def test_a_file_of_weights_scores_as_the_product_does() -> None:
    ranker = shipped()
    product = np.concatenate([ranker.model.scores(rows, MANY) for rows in RAW.values()])
    here = as_shipped(ranker)
    np.testing.assert_allclose(here(TABLE), product, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(here.deviation, ranker.deviations)


def test_tunes_as_the_product_tunes() -> None:
    asked = (LabelledQuestion.of(pool, RIGHT[num]) for num, pool in POOLS.items())
    questions = [replace(question, known=MANY) for question in asked]
    product = product_tuned(questions, shipped(), "test", {}, l2=30.0).model.linked
    here = tables.tuned([TABLE], as_shipped(shipped()), l2=30.0)
    np.testing.assert_allclose(here.weights, product, rtol=1e-3, atol=1e-3)
