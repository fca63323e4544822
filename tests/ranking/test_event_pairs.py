"""The pairs of stories that are kept up with an archive are those that would be found anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Story
from recommender.analysis.words import encode
from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking.event_pairs import NAMES, NEAR, PATIENCE, TRANSLATED, EventPairs, Pairs
from recommender.ranking.pool import Pool
from recommender.ranking.translations import WINDOW
from tests.fakes import HashEmbedder

COUNT = 24
START = datetime(2024, 5, 1, tzinfo=UTC)
SUBJECTS = ("Ferry sinks off Bhola island", "Ministers vote on the Delta budget", "Rovers win the river cup")


def a_story(num: int, language: str = "en", days: float | None = None) -> Story:
    words = " ".join(f"word{num * k % 31}" for k in range(1, 9))
    subject = SUBJECTS[num % len(SUBJECTS)]
    return Story(
        id=f"s{num}",
        headline=f"{subject} {num}",
        body=f"{subject} again. {words}. In {1900 + num % 3} it cost {4711 + num % 3} and {8832 + num % 3}.",
        published=START + timedelta(days=num * 1.5 if days is None else days),
        language=language,
    )


def a_store(stories: list[Story]) -> tuple[Store, HybridModel]:
    embedder, store = HashEmbedder(32), Store(32)
    for num, story in enumerate(stories):
        store.put(num, encode(story, embedder.encode([story.headline, story.body])))
    return store, HybridModel.fit(store)


@cache
def world() -> tuple[Store, HybridModel]:
    return a_store([a_story(num) for num in range(COUNT)])


def told(pairs: Pairs) -> dict[tuple[int, int], float]:
    keys = [(min(pair), max(pair)) for pair in zip(pairs.one.tolist(), pairs.other.tolist(), strict=True)]
    assert len(set(keys)) == len(keys), "a pair stands there twice"
    return dict(zip(keys, pairs.likeness.tolist(), strict=True))


def test_a_pair_is_as_alike_as_its_vectors_words_and_names() -> None:
    store, hybrid = world()
    nums, found = np.arange(COUNT), told(EventPairs(store, hybrid).follow(np.arange(COUNT)))
    vectors, times = hybrid.vectors(store, nums), store.column("published")
    assert found
    for one in range(COUNT):
        pool = Pool(store.item(one), nums, store, hybrid)
        words = [pool.words.row(i) for i in range(COUNT)]
        for other in range(one + 1, COUNT):
            near = float(vectors[one] @ vectors[other])
            if near < NEAR or times[other] - times[one] > PATIENCE:
                assert (one, other) not in found
                continue
            cosine = float(pool.words.rows(np.array([other])).cosines(words[one])[0])
            names = found[one, other] - near - cosine
            assert -1e-3 <= names <= NAMES + 1e-3


@given(
    steps=st.lists(
        st.tuples(st.sets(st.integers(0, COUNT - 1)), st.sets(st.integers(0, COUNT - 1))),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=60, deadline=None)
def test_what_is_kept_is_what_would_be_found_anew(steps: list[tuple[set[int], set[int]]]) -> None:
    store, hybrid = world()
    kept = EventPairs(store, hybrid)
    for nums, changed in steps:
        held = np.array(sorted(nums), np.int64)
        found = told(kept.follow(held, changed))
        assert found == pytest.approx(told(EventPairs(store, hybrid).follow(held)), abs=1e-4)


def test_a_story_and_its_translation_are_one_pair_whoever_comes_last() -> None:
    rare = [a_story(num, days=num) for num in range(9)]
    body = "4711 8832 9977 6543 2211"
    pair = [
        Story(id="en", headline="Ferry 4711", body=f"The ferry sank. {body}", published=START, language="en"),
        Story(
            id="de", headline="Schiff 4711", body=f"Das Schiff sank. {body}", published=START, language="de"
        ),
    ]
    store, hybrid = a_store([*rare, *pair])
    en, de = len(rare), len(rare) + 1
    for first, last in ((en, de), (de, en)):
        pairs = EventPairs(store, hybrid, "some model")
        pairs.follow(np.delete(np.arange(len(store)), last))
        found = told(pairs.follow(np.arange(len(store))))
        assert found[min(first, last), max(first, last)] == TRANSLATED
    assert told(EventPairs(store, hybrid, "some model").follow(np.arange(len(store))))[en, de] == TRANSLATED
    assert WINDOW < PATIENCE
