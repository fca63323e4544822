"""What stands in many texts on other things, word for word, against a plain look at the words."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking import evidence, shared_terms, text_features
from recommender.ranking.pool import Pool
from recommender.ranking.standing_text import RUN, WITNESSES
from tests.arrays import START, store_of, story

BOX = (
    "About the harbour authority: founded by merchants, it runs ferries, cranes, warehouses and a museum. "
    "Press office: photographs of Northshore Harbour are available to editors on request, free of charge."
)
THINGS = {
    "Trams reach the campus": "Students ride along new rails between lectures.",
    "Coins dug up downtown": "Archaeologists show silver from a Roman wreck.",
    "Lead pipes replaced": "Tests of drinking water found nothing bad.",
    "Choir sings again": "Two hundred voices fill a church on Sunday.",
    "Otters return": "A pair was filmed in Mill Park for the first time.",
    "More otters": "Naturalists count a pair in streams near Mill Park.",
    "Bakers on strike": "No bread is sold before wages rise, unions say.",
}


def pool(bodies: dict[str, str], source: str, language: str = "en") -> Pool:
    """Return the pool of one of some stories by headline, all others its candidates."""
    stories = [
        replace(
            story(number),
            headline=headline,
            body=body,
            published=START + timedelta(days=number),
            language=language,
        )
        for number, (headline, body) in enumerate(bodies.items(), 1)
    ]
    store = store_of(stories)
    nums = {headline: num for num, headline in enumerate(bodies, 1)}
    others = np.array([num for headline, num in nums.items() if headline != source], np.int64)
    return Pool(store.item(nums[source]), others, store, HybridModel.fit(store))


def boxed(*headlines: str) -> dict[str, str]:
    return {h: f"{body}\n\n{BOX}" if h in headlines else body for h, body in THINGS.items()}


BOXED = ("Otters return", "Trams reach the campus", "Coins dug up downtown", "Lead pipes replaced")


@pytest.mark.parametrize(
    "feature", ["words", "rarest_shared", "rarest_pairs", "rarest_in_window", "window_words", "names"]
)
def test_what_stands_under_texts_on_other_things_makes_none_of_them_alike(feature, monkeypatch):
    monkeypatch.setattr(shared_terms, "ENOUGH_FOR_PAIRS", 1)
    asked = pool(boxed(*BOXED), "Otters return")
    values = getattr(text_features, feature)(asked)
    subject = list(THINGS).index("More otters") - 1  # the source stands before it
    assert np.argmax(values) == subject
    plain = getattr(text_features, feature)(pool(THINGS, "Otters return"))
    others = np.arange(len(values)) != subject
    np.testing.assert_allclose(values[others], np.minimum(values[others], plain[others]), atol=1e-6)


def test_likeness_of_vectors_counts_for_less_the_more_of_it_is_standing_text():
    asked, plain = pool(boxed(*BOXED), "Otters return"), pool(THINGS, "Otters return")
    boxes = np.array([h in BOXED for h in THINGS if h != "Otters return"])
    assert (asked.own[boxes] < 0.5).all()
    assert (asked.own[~boxes] == 1).all()
    assert (plain.own == 1).all()
    places = np.arange(len(asked))
    passage = evidence.likeness(asked, places)[:, 3]
    headline, *chunks = asked.source.vectors.astype(np.float32)
    means = asked.means.floats()
    nearest = np.maximum(means @ headline, asked.own * (means @ np.array(chunks).T).max(axis=1))
    np.testing.assert_allclose(passage, nearest, rtol=1e-5)


@pytest.mark.parametrize("count", [1, WITNESSES - 1])
def test_what_few_others_hold_is_no_standing_text(count):
    asked = pool(boxed("Otters return", *BOXED[1 : 1 + count]), "Otters return")
    assert not asked.standing.places.any()
    assert asked.telling is asked.source


def test_what_reports_on_one_event_have_in_common_is_no_standing_text():
    bodies = {f"Otters return to Mill Park: day {day}": f"Day {day}.\n\n{BOX}" for day in range(6)}
    asked = pool(bodies, "Otters return to Mill Park: day 0")
    assert not asked.standing.places.any()


PIECES = st.lists(st.sampled_from(["aabacabb", "cabcacba", "bca", "c"]), max_size=4).map("".join)


@given(st.lists(PIECES, min_size=4, max_size=7))
@settings(max_examples=100)
def test_standing_is_what_so_many_others_hold_word_for_word(texts):
    words = {"a": "alder", "b": "birch", "c": "cedar"}
    bodies = {
        name: " ".join(words[letter] for letter in text)
        for name, text in zip(("Iron", "Jade", "Kelp", "Lime", "Moss", "Neon", "Opal"), texts, strict=False)
    }
    source = next(iter(bodies))
    own, *others = [text.split() for text in bodies.values()]
    held = [{tuple(run) for run in _runs(other)} for other in others]
    expected = np.zeros(len(own), bool)
    for place, run in enumerate(_runs(own)):
        if sum(tuple(run) in runs for runs in held) >= WITNESSES:
            expected[place : place + RUN] = True
    asked = pool(bodies, source)
    if own:  # of a text without a body the headline stands for it
        np.testing.assert_array_equal(asked.standing.places, expected)


def _runs(words: list[str]) -> list[list[str]]:
    return [list(itertools.islice(words, at, at + RUN)) for at in range(len(words) - RUN + 1)]


def test_two_words_of_letters_without_spaces_are_no_standing_text() -> None:
    """Where every letter begins a term, eight terms in a row are a word or two that any story may hold."""
    things = {
        "พรรคใหม่ขึ้นเวที": "ผู้สมัครพูดเรื่องถนนที่ตลาด คณะกรรมการการเลือกตั้งแจ้ง",
        "น้ำท่วมสะพานเก่า": "ชาวบ้านอพยพไปโรงเรียน คณะกรรมการการเลือกตั้งเลื่อนวัน",
        "ทีมชาติชนะนัดแรก": "กองหน้ายิงสองประตูในครึ่งหลัง คณะกรรมการการเลือกตั้งยินดี",
        "ธนาคารขึ้นดอกเบี้ย": "ค่าเงินอ่อนลงอีกครั้งวันนี้ คณะกรรมการการเลือกตั้งรอผล",
    }
    made = pool(things, "พรรคใหม่ขึ้นเวที", "th")
    assert not made.standing.places.any()
    assert made.telling is made.source
    box = "ศูนย์ข่าวของเราก่อตั้งโดยพ่อค้าริมแม่น้ำ มีเรือข้ามฟาก โกดัง และพิพิธภัณฑ์ของเมือง"
    boxed = pool({headline: f"{body} {box}" for headline, body in things.items()}, "พรรคใหม่ขึ้นเวที", "th")
    assert boxed.standing.places.any()
