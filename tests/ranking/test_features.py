"""Each feature against a slow, plain version that reads one candidate at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from recommender.hybrid import HybridModel
from recommender.lexical import encode_text
from recommender.ranking.features import FEATURES, WEEK, matrix
from recommender.ranking.pool import Pool
from recommender.store import Encoded, Terms
from tests.arrays import EMBEDDER, encoded, store_of, story

STORIES = [story(number) for number in range(30)]
# One without a body, one whose headline has no word that counts.
STORIES += [replace(story(30), body=""), replace(story(31), headline="The of and")]
STORE = store_of(STORIES)
MODEL = HybridModel.fit(STORE)
SOURCE = encoded(replace(story(40), body=story(40).body + " " + STORIES[4].headline))
POOL = Pool(SOURCE, STORE.nums, STORE, MODEL)


def weighted(terms: Terms, channel: str) -> dict[int, float]:
    pairs = zip(terms.ids.tolist(), terms.counts.tolist(), strict=True)
    return {i: (1 + math.log(count)) * float(MODEL.idf[channel][i]) for i, count in pairs}


def cosine(left: Terms, right: Terms, channel: str) -> float:
    a, b = weighted(left, channel), weighted(right, channel)
    length = math.sqrt(sum(v * v for v in a.values()) * sum(v * v for v in b.values()))
    return sum(a[i] * b.get(i, 0) for i in a) / length if length else 0.0


def headline_share(one: Encoded) -> float:
    rarity = {i: float(MODEL.idf["words"][i]) for i in one.headline.ids.tolist()}
    held = set(SOURCE.words.ids.tolist())
    return sum(v for i, v in rarity.items() if i in held) / sum(rarity.values()) if rarity else 0.0


def nearest_chunk(one: Encoded) -> float:
    chunks = SOURCE.vectors[1:].astype(float)
    return max(float(one.vectors[0].astype(float) @ chunk) for chunk in chunks)


PLAIN: dict[str, Callable[[Encoded], float]] = {
    "words": lambda one: cosine(SOURCE.words, one.words, "words"),
    "bigrams": lambda one: cosine(SOURCE.bigrams, one.bigrams, "bigrams"),
    "headline_in_story": headline_share,
    "dense": lambda one: float(SOURCE.mean.astype(float) @ one.mean),
    "chunk_to_headline": nearest_chunk,
    "recency": lambda one: -math.log(1 + abs(SOURCE.published - one.published) / WEEK),
}


@pytest.mark.parametrize("name", PLAIN)
def test_equals_the_plain_version(name: str) -> None:
    plain = [PLAIN[name](STORE.item(int(num))) for num in POOL.nums]
    np.testing.assert_allclose(FEATURES[name](POOL), plain, atol=2e-3)


@pytest.mark.parametrize("name", FEATURES)
def test_a_candidate_has_its_value_whatever_the_others(name: str) -> None:
    pair = Pool(SOURCE, STORE.nums[[7, 2]], STORE, MODEL)
    np.testing.assert_allclose(FEATURES[name](pair), FEATURES[name](POOL)[[7, 2]], atol=1e-6)


def test_columns_come_in_the_order_asked() -> None:
    both = matrix(POOL, ("recency", "words"))
    np.testing.assert_array_equal(both[:, 0], FEATURES["recency"](POOL))
    np.testing.assert_array_equal(both[:, 1], FEATURES["words"](POOL))


def test_a_headline_that_stands_in_the_source_is_covered_whole() -> None:
    assert FEATURES["headline_in_story"](POOL)[4] == pytest.approx(1)


def test_a_text_without_a_date_has_no_opinion_of_time() -> None:
    text = encode_text("flood", EMBEDDER.encode(["flood"]))
    assert not FEATURES["recency"](Pool(text, STORE.nums, STORE, MODEL)).any()


def test_a_text_of_one_line_is_its_own_chunk() -> None:
    text = encode_text("flood", EMBEDDER.encode(["flood"]))
    pool = Pool(text, STORE.nums, STORE, MODEL)
    plain = STORE.headline_vectors(STORE.nums).astype(np.float32) @ text.vectors[0].astype(np.float32)
    np.testing.assert_allclose(FEATURES["chunk_to_headline"](pool), plain, atol=1e-3)
