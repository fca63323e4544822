"""A translation is told by what any language says alike, and another report of the same people is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from recommender import Story
from recommender.embedding.models import DEFAULT_MODEL, PINNED
from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking.pool import Pool
from recommender.ranking.translations import ALIKE_BY, translated, translations
from tests.arrays import START, store_of, story

ENGLISH_ONLY = PINNED[DEFAULT_MODEL]
OTHERS = [story(number, language="en") for number in range(20)]
EVENT = Story(
    id="event",
    headline="Zelensky meets Macron in Kyiv",
    body="Zelensky met Macron on Friday. France sends 45 tanks and 1,200 soldiers. Talks took 3.5 hours.",
    published=START,
    language="en",
)
BANGLA = replace(
    EVENT,
    id="bangla",
    headline="কিয়েভে জেলেনস্কি ও মাক্রনের বৈঠক",
    body="শুক্রবার জেলেনস্কির সঙ্গে মাক্রন বৈঠক করেন। ফ্রান্স ৪৫ ট্যাংক ও ১,২০০ সেনা পাঠাবে। আলোচনা ৩.৫ ঘণ্টা চলে।",
    language="bn",
    published=START + timedelta(hours=5),
)
RUSSIAN = replace(
    EVENT,
    id="russian",
    headline="Зеленский встретил Макрона в Киеве",
    body="Франция направит 45 танков и 1.200 солдат, сказал Макрон. Зеленский говорил 3,5 часа.",
    language="ru",
)
OTHER_REPORT = replace(
    BANGLA,
    id="report",
    headline="জেলেনস্কি ও মাক্রনের ফোনালাপ",
    body="জেলেনস্কি ও মাক্রন ফোনে কথা বলেছেন। ১৭ বন্দি ফিরেছে।",
)


def found(*told: Story, source: Story = EVENT) -> list[str]:
    store = store_of([*OTHERS, *told, source])
    nums = store.nums
    hybrid = HybridModel.fit(store, nums)
    pool = Pool(store.item(int(nums[-1])), nums[:-1], store, hybrid, encoder=ENGLISH_ONLY)
    return [told[place - len(OTHERS)].id for place in np.flatnonzero(translated(pool)).tolist()]


def test_a_story_is_found_in_other_scripts_without_a_model_that_knows_them() -> None:
    assert found(BANGLA, RUSSIAN, OTHER_REPORT) == ["bangla", "russian"]
    assert found(EVENT, OTHER_REPORT, source=BANGLA) == ["event"]


@pytest.mark.parametrize(
    "other",
    [
        replace(BANGLA, published=START + timedelta(days=10)),
        replace(EVENT, id="copy"),
        replace(BANGLA, body="", headline="জেলেনস্কি ও মাক্রনের বৈঠক"),
    ],
    ids=["of another week", "of the same language", "without figures"],
)
def test_nothing_else_is_one(other: Story) -> None:
    assert found(other) == []


def test_by_a_model_that_knows_both_languages_few_facts_and_near_vectors_are_enough() -> None:
    one, other = replace(EVENT, body="45 tanks, 17 ships"), replace(BANGLA, headline="৪৫", body="১৭")
    store = store_of([*OTHERS, other, one])
    nums, source = store.nums, store.item(int(store.nums[-1]))
    hybrid = HybridModel.fit(store, nums)
    (multilingual,) = ALIKE_BY

    def told(encoder: str, cosine: float) -> bool:
        pool = Pool(source, nums[-2:-1], store, hybrid, encoder=encoder)
        (away,) = pool.centred_means(np.arange(1))
        across = np.roll(away, 1) - away * float(np.roll(away, 1) @ away)
        mean = cosine * away + np.sqrt(1 - cosine**2) * across / np.linalg.norm(across)
        return bool(
            translations(pool, source.facts, source.language, source.published, mean.astype(np.float32))[0]
        )

    assert [told(multilingual, cosine) for cosine in (0.4, 0.47, 0.6)] == [False, True, True]
    assert [told("another", cosine) for cosine in (0.4, 0.47, 0.6)] == [False, False, True]
    assert not told(ENGLISH_ONLY, 0.9)
