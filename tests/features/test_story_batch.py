"""Many stories that are put at once are those that are put one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender.features.feature_store import Store
from recommender.features.story_batch import StoryBatch, means_of
from tests.arrays import EMBEDDER, encoded, same, store_of, story

STORIES = [story(number, tags=("a", f"t{number}")[: number % 3], body="x " * number) for number in range(40)]


def batch(first: int = 1) -> StoryBatch:
    return StoryBatch.of([(num, encoded(one)) for num, one in enumerate(STORIES, first)])


def test_what_is_put_at_once_is_what_is_put_one_by_one() -> None:
    one, other = store_of(STORIES), Store(EMBEDDER.dimension)
    other.put_all(StoryBatch.of([]))
    other.put_all(batch())
    assert other.nums.tolist() == one.nums.tolist()
    assert all(same(one.item(num), other.item(num)) for num in one.nums.tolist())
    assert np.array_equal(one.means(one.nums), other.means(one.nums))
    tags = encoded(STORIES[2]).tags.tolist()
    assert other.tagged(tags).tolist() == one.tagged(tags).tolist() != []
    assert other.recent(2**60, 9).tolist() == one.recent(2**60, 9).tolist()


@pytest.mark.parametrize("first", [0, 7, 41])
def test_only_what_was_never_held_is_put_at_once(first: int) -> None:
    store = store_of(STORIES)
    if first > len(STORIES):
        store.put_all(batch(first))
        assert len(store) == 2 * len(STORIES)
        return
    with pytest.raises(ValueError, match="in no order"):
        store.put_all(batch(first))


def test_vectors_of_another_dimension_are_refused() -> None:
    with pytest.raises(ValueError, match="are stored"):
        Store(8).put_all(batch())


def test_means_are_those_of_each_story_to_the_last_bit() -> None:
    rng = np.random.default_rng(3)
    items = []
    for num, rows in enumerate([1, 2, 3, 9, 2, 17]):
        vectors = rng.standard_normal((rows, 384)).astype(np.float16)
        items.append((num, replace(encoded(STORIES[0]), vectors=vectors)))
    items.append((9, replace(encoded(STORIES[0]), vectors=np.zeros((2, 384), np.float16))))
    means = means_of(StoryBatch.of(items).rows["vectors"])
    assert np.array_equal(means, np.stack([one.mean for _, one in items]))
