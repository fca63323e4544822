"""Where words alone tell, what two stories of a few lines share counts by what others of the subject say."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender import Story
from recommender.analysis.encoded import Encoded
from recommender.analysis.words import encode
from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking import evidence
from recommender.ranking.evidence import SURE, Curve, likeness, related, shipped
from recommender.ranking.pool import Floats, Nums, Pool

FILLER = " ".join(f"palavra{number}" for number in range(12))
SOURCE = f"orcamento ministro imposto deficit {FILLER}"
SURELY = ["orcamento ministro imposto bancos emprestimo juros", "ministro imposto deficit emprestimo juros"]
ON_THE_SUBJECT = "deficit emprestimo juros bancos comercio navio porto praia areia verao "
BY_CHANCE = "palavra3 hospital medico febre mosquito vacina crianca doenca agua remedio "


def encoded(num: int, text: str) -> Encoded:
    published = datetime(2024, 5, num, tzinfo=UTC)
    story = Story(id=str(num), body=text, headline="x", language="pt", published=published)
    return encode(story, np.eye(8, dtype=np.float32)[[0, num]])


def found(*texts: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how probably texts are related to the source, and the same of each by itself."""
    store = Store(8)
    for num, text in enumerate((SOURCE, *texts), 1):
        store.put(num, encoded(num, text))
    nums = np.arange(2, len(texts) + 2)
    pool = Pool(store.item(1), nums, store, HybridModel.fit(store, store.nums), encoder="another")
    places = np.arange(len(texts))
    return related(pool, places), shipped().words(likeness(pool, places))


def test_what_others_on_the_subject_say_counts_for_a_story_and_against_another() -> None:
    near, alone = found(*SURELY, ON_THE_SUBJECT, BY_CHANCE)
    assert alone[:2].min() >= SURE
    assert near[2] > alone[2]
    assert near[3] < alone[3]
    assert near[:2].min() >= SURE


def test_where_nothing_is_surely_related_a_story_counts_alone() -> None:
    near, alone = found(ON_THE_SUBJECT, BY_CHANCE)
    assert alone.max() < SURE
    np.testing.assert_allclose(near, alone)


def pool_of_four() -> Pool:
    store = Store(8)
    for num, text in enumerate((SOURCE, *SURELY, ON_THE_SUBJECT, BY_CHANCE), 1):
        store.put(num, encoded(num, text))
    return Pool(store.item(1), np.arange(2, 6), store, HybridModel.fit(store, store.nums), encoder="another")


def test_a_story_counts_alike_whatever_else_is_asked_for_with_it() -> None:
    pool = pool_of_four()
    together = related(pool_of_four(), np.arange(4))
    np.testing.assert_allclose([related(pool, np.array([place]))[0] for place in range(4)], together)


def test_those_that_are_surely_related_are_looked_for_once_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(pool: Pool, places: Nums, curve: Curve) -> Floats:
        asked.append(len(places))
        return likeness(pool, places, curve)

    monkeypatch.setattr(evidence, "likeness", counted)
    pool = pool_of_four()
    for place in range(4):
        related(pool, np.array([place]))
    assert sorted(asked) == [1, 1, 1, 1, len(pool)]


@pytest.mark.parametrize("curve", [shipped().both, shipped().words], ids=["both", "words"])
def test_what_a_curve_weighs_nothing_is_not_looked_at(curve: Curve) -> None:
    pool, places = pool_of_four(), np.arange(4)
    found = likeness(pool, places, curve)
    weighed = np.array([curve.words, curve.headline, curve.names, curve.passage]) != 0
    np.testing.assert_array_equal(found, np.where(weighed, likeness(pool, places), 0))
