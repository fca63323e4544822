"""Copies are told from look-alikes, on labelled pairs of real stories and by hand."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel
from recommender.ingest.jsonl import read_stories
from recommender.ranking.copies import copies_among, copies_of, held_phrases
from recommender.ranking.pool import Pool
from recommender.story.story import Story
from tests.arrays import encoded, store_of, story

SEEDS = Path(__file__).parents[2] / "seeds"
LEAST_F1 = 0.95


@cache
def labelled() -> tuple[list[dict[str, str]], Store, dict[tuple[str, str], int]]:
    """Return the labelled pairs, and a store of their stories with the hash embedder's vectors."""
    with (SEEDS / "near_copies.tsv").open(encoding="utf-8") as file:
        pairs = list(csv.DictReader(file, delimiter="\t"))
    wanted = {(pair[f"{end}_corpus"], pair[f"{end}_id"]) for pair in pairs for end in ("first", "second")}
    stories = [
        (corpus, one)
        for corpus in ("18f", "digitalgov", "wikinews")
        for one in read_stories(SEEDS / corpus / "articles.jsonl")
        if isinstance(one, Story) and (corpus, one.id) in wanted
    ]
    nums = {(corpus, one.id): num for num, (corpus, one) in enumerate(stories, 1)}
    return pairs, store_of([one for _, one in stories]), nums


def test_real_copies_are_told_from_real_look_alikes() -> None:
    pairs, store, nums = labelled()
    model = HybridModel.fit(store)
    right = wrong = missed = 0
    for pair in pairs:
        first, second = (nums[pair[f"{end}_corpus"], pair[f"{end}_id"]] for end in ("first", "second"))
        pool = Pool(store.item(first), np.array([second]), store, model)
        said, true = bool(copies_of(pool, pool.source)[0]), pair["verdict"] == "copy"
        right, wrong, missed = (
            right + (said and true),
            wrong + (said and not true),
            missed + (true and not said),
        )
    assert right + missed >= 75
    assert len(pairs) - right - missed >= 75
    assert 2 * right / (2 * right + wrong + missed) >= LEAST_F1


FIRST = story(0, headline="12 dead in the flood")
OTHERS = [story(number) for number in range(1, 12)]


def verdict(other: Story) -> bool:
    store = store_of([other, *OTHERS])
    pool = Pool(encoded(FIRST), store.nums, store, HybridModel.fit(store))
    return bool(copies_of(pool, pool.source)[0])


def test_an_update_that_adds_to_the_first_report_is_the_same_text() -> None:
    longer = replace(FIRST, id="later", body=FIRST.body + " " + story(4).body)
    assert verdict(replace(longer, published=FIRST.published + timedelta(hours=5)))


@pytest.mark.parametrize(("days", "same"), [(0.2, True), (7, False)])
def test_other_figures_are_an_update_today_and_another_event_next_week(days: float, same: bool) -> None:
    other = replace(FIRST, headline="15 dead in the flood", published=FIRST.published + timedelta(days=days))
    assert verdict(other) is same


def test_next_years_call_is_another_story_unless_it_is_word_for_word_the_same() -> None:
    again = replace(FIRST, published=FIRST.published + timedelta(days=365))
    assert verdict(again)
    assert not verdict(replace(again, body=FIRST.body + " " + story(1).body + " " + story(2).body))


def test_parts_of_a_series_are_not_copies() -> None:
    first, second = (replace(FIRST, headline=f"The flood, part {part}") for part in (1, 2))
    store = store_of([second, *OTHERS])
    pool = Pool(encoded(first), store.nums, store, HybridModel.fit(store))
    assert not copies_of(pool, pool.source).any()


def test_held_phrases_by_hand() -> None:
    store = store_of([FIRST, *OTHERS])
    model = HybridModel.fit(store)
    pool = Pool(encoded(story(20)), store.nums, store, model)
    mine = set(pool.source.bigrams.ids.tolist())
    for place in range(len(pool)):
        theirs = set(store.item(place + 1).bigrams.ids.tolist())
        rarity = [sum(float(model.idf["bigrams"][i]) for i in ids) for ids in (mine & theirs, mine, theirs)]
        held = held_phrases(pool, pool.source.bigrams.ids, np.array([place]))[0]
        assert held == pytest.approx(rarity[0] / min(rarity[1:]), abs=1e-4)


def test_a_candidate_is_a_copy_of_itself() -> None:
    store = store_of([FIRST, replace(FIRST, id="again"), *OTHERS])
    pool = Pool(encoded(story(20)), store.nums, store, HybridModel.fit(store))
    assert np.flatnonzero(copies_among(pool, 1)).tolist() == [0, 1]
    assert np.flatnonzero(copies_among(pool, 5)).tolist() == [5]


def test_a_candidate_has_the_copies_that_the_same_story_has_as_a_source() -> None:
    """Found from what the pool has read already, without reading the story again."""
    _, store, _ = labelled()
    pool = Pool(encoded(story(20)), store.nums, store, HybridModel.fit(store))
    found = 0
    for place, num in enumerate(pool.nums):
        copies = copies_of(pool, store.item(int(num)))
        copies[place] = True
        assert np.flatnonzero(copies).tolist() == np.flatnonzero(copies_among(pool, place)).tolist()
        found += int(copies.sum()) - 1
    assert found > 100
