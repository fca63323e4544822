"""What is shown is related, as who read both stories says, and whatever an archive's size."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib import resources

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender import Settings, Story
from recommender.analysis.background_idf import rarity
from recommender.analysis.words import TERM_SPACE, encode, term_id
from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking import evidence
from recommender.ranking.evidence import related
from recommender.ranking.pool import Pool
from recommender.ranking.probability import LEAST
from recommender.ranking.weights import DEFAULT_FILE
from tests.rated import sheets
from tests.rated.sheets import HERE, RatedSlot

ACCEPTABLE = 0.9
"""Share of the slots shown that have to be acceptable."""

ACCEPTABLE_CHOSEN_BY, ACCEPTABLE_NOW = 0.86, 0.84
"""The same of what the shipped weights show: on the half of the pages that the floor was chosen by, and on
all others. The weights learn from links alone, and bring more that only touches the subject."""

NOT_LOST = 0.7
"""Share of the acceptable slots that have to be shown."""


@cache
def archive() -> tuple[Store, dict[str, int], str]:
    """Return the rated stories with the vectors of the default model, their nums, and the model's hash."""
    with np.load(HERE / "vectors.npz") as file:
        ids, means, encoder = file["ids"].tolist(), file["means"], str(file["encoder"])
        passages = dict(
            zip(file["pages"].tolist(), np.split(file["passages"], file["offsets"][1:-1]), strict=True)
        )
    stories, store = sheets.stories(), Store(means.shape[1])
    for num, (id, mean) in enumerate(zip(ids, means, strict=True), 1):
        store.put(num, encode(stories[id], passages.get(id, np.stack([mean, mean]))))
    return store, {id: num for num, id in enumerate(ids, 1)}, encoder


@cache
def fitted(stories: int = 0) -> HybridModel:
    """Return a model that knows all of the stories, or so many by chance."""
    store, _, _ = archive()
    chosen = random.Random(1).sample(store.nums.tolist(), stories) if stories else store.nums.tolist()
    return HybridModel.fit(store, np.array(chosen))


def near(
    pairs: list[tuple[str, str]], hybrid: HybridModel, encoder: str | None = None
) -> NDArray[np.float64]:
    """Return how probable it is that each pair is related."""
    store, nums, own = archive()
    pools = (
        Pool(store.item(nums[one]), np.array([nums[other]]), store, hybrid, encoder=encoder or own)
        for one, other in pairs
    )
    return np.array([float(related(pool, np.zeros(1, np.int64))[0]) for pool in pools])


def worth(slots: list[RatedSlot], hybrid: HybridModel, encoder: str | None = None) -> NDArray[np.float64]:
    """Return the score of each slot: what it was by standing alone when it was judged, and evidence."""
    standing = np.array([max(slot.score, LEAST) for slot in slots])
    return standing * near([(slot.source, slot.target) for slot in slots], hybrid, encoder)


HELD = [slot for slot in sheets.slots() if sheets.is_held(slot.source)]
GOOD = np.array([slot.verdict > 0 for slot in HELD])


def test_the_sheets_are_whole() -> None:
    assert len(HELD) >= 150
    assert len(sheets.slots()) >= 300
    assert min(GOOD.sum(), (~GOOD).sum()) >= 40
    others = {slot.source for slot in sheets.slots()}
    assert len({slot.source for slot in sheets.served()} - others) == 55  # and five pages without a slot
    assert {(slot.source, slot.target) for slot in sheets.served()} > {
        (reason.source, reason.target) for reason in sheets.served_reasons()
    }


def test_nine_of_ten_slots_that_readers_are_shown_are_acceptable() -> None:
    slots = sheets.served()
    good = np.array([slot.verdict > 0 for slot in slots])
    shown = worth(slots, fitted()) >= Settings().least_score
    assert good[shown].sum() + 1 >= ACCEPTABLE * shown.sum()  # to a slot
    assert (shown & good).sum() / good.sum() >= 0.85


def ranked() -> list[RatedSlot]:
    """Return the five slots that the shipped weights put on each rated page; a verdict of -1 is none."""
    verdicts = sheets.verdicts()
    return [
        RatedSlot(page, id, verdicts.get((page, id), -1), alone)
        for page, found in sheets.ranked().pages.items()
        for id, alone in found.items()
    ]


def test_the_rated_pages_were_ranked_by_the_weights_that_ship() -> None:
    again = "python scripts/draw_rated.py --archive COPY --ranked, then --vectors; judge what is new"
    shipped = resources.files("recommender") / "data" / DEFAULT_FILE
    assert sheets.ranked().weights == sha256(shipped.read_bytes()).hexdigest()[:16], again
    slots = ranked()
    unknown = [slot for slot in slots if slot.verdict < 0]
    assert len(unknown) <= 0.05 * len(slots), unknown


@pytest.mark.parametrize("stories", [0, 100, 8], ids=["all", "a hundred", "eight"])
def test_most_slots_that_are_shown_now_are_acceptable(stories: int) -> None:
    slots = [slot for slot in ranked() if slot.verdict >= 0]
    tuning = {slot.source for slot in sheets.slots() if not sheets.is_held(slot.source)}
    good = np.array([slot.verdict > 0 for slot in slots])
    chosen_by = np.array([slot.source in tuning for slot in slots])
    shown = worth(slots, fitted(stories)) >= Settings().least_score
    assert good[shown & chosen_by].mean() >= ACCEPTABLE_CHOSEN_BY
    assert good[shown & ~chosen_by].mean() >= ACCEPTABLE_NOW  # of the pages that nothing was chosen by
    assert (shown & ~chosen_by & good).sum() / (~chosen_by & good).sum() >= NOT_LOST


def test_words_alone_tell_most_of_it_where_the_model_is_another_one() -> None:
    shown = worth(HELD, fitted(), "another model") >= Settings().least_score
    assert GOOD[shown].mean() >= GOOD.mean() + 0.15
    assert (shown & GOOD).sum() / GOOD.sum() >= 0.65


def test_stories_of_publishers_that_have_nothing_in_common_are_not_related() -> None:
    stories, chance = sheets.stories(), random.Random(2)
    news = [id for id in archive()[1] if "wikinews" in (stories[id].url or "")]
    other = [id for id in archive()[1] if "digital.gov" in (stories[id].url or "")]
    pairs = [(chance.choice(news), chance.choice(other)) for _ in range(200)]
    found = near(pairs, fitted())
    # At their best standing they would be below the floor.
    assert (found * 0.2 < Settings().least_score).mean() >= 0.98


def test_the_size_of_the_archive_hardly_matters() -> None:
    pairs = [(slot.source, slot.target) for slot in sheets.slots()]
    by_all, by_few = near(pairs, fitted()), near(pairs, fitted(8))
    assert np.abs(by_all - by_few).mean() < 0.05
    assert ((by_all >= 0.5) == (by_few >= 0.5)).mean() >= 0.93


def test_a_word_of_the_sample_is_as_rare_in_an_empty_archive_and_one_of_all_stories_tells_nothing() -> None:
    none = np.zeros(0, np.uint32), np.zeros(0, np.int32)
    young = rarity(0, *none, TERM_SPACE)
    assert young[term_id("government")] < young[term_id("earthquake")] < young[term_id("nowhere-to-be-found")]
    city = np.array([term_id("dhaka")], np.uint32)
    old = rarity(5000, city, np.array([5000], np.int32), TERM_SPACE)
    assert old[city[0]] < 0.05 < 3 < young[city[0]]


def test_two_stories_of_one_headline_and_no_other_text_are_related_and_two_of_a_column_are_not_for_that() -> (
    None
):
    store = Store(8)
    for num, (headline, body) in enumerate(
        [
            ("Harbour notes: the ferry", ""),
            ("Harbour notes: the ferry", ""),
            ("Harbour notes: a wedding", "Bride and groom danced until dawn in a barn."),
            ("Harbour notes: the dredger", "Sand and mud were lifted from the channel all summer."),
        ],
        1,
    ):
        story = Story(id=str(num), headline=headline, body=body, published=datetime(2024, 5, num, tzinfo=UTC))
        store.put(num, encode(story, np.eye(8, dtype=np.float32)[[0, num]]))
    hybrid = HybridModel.fit(store, store.nums)

    def found(source: int, target: int) -> float:
        pool = Pool(store.item(source), np.array([target]), store, hybrid, encoder="another")
        return float(related(pool, np.zeros(1, np.int64))[0])

    assert found(1, 2) > 0.9
    assert found(3, 4) < 0.1


def test_what_no_story_is_about_is_no_evidence() -> None:
    store = Store(8)
    line = "Former first last new high people dies at age eighty two this week"
    for num in (1, 2):
        text = f"{line} subject{num} matter{num} place{num}"
        story = Story(id=str(num), headline=line, body=text, published=datetime(2024, 5, num, tzinfo=UTC))
        store.put(num, encode(story, np.eye(8, dtype=np.float32)[[0, num]]))
    pool = Pool(store.item(1), np.array([2]), store, HybridModel.fit(store, store.nums), encoder="another")
    assert float(related(pool, np.zeros(1, np.int64))[0]) < 0.1


@pytest.mark.parametrize(
    ("language", "text"),
    [("zh", "洪水淹没村庄 河水超过警戒水位"), ("bn", "বন্যায় গ্রাম ডুবে গেছে নদীর পানি বাড়ছে")],
)
def test_where_a_script_tells_no_names_a_figure_takes_nothing_from_the_words(
    language: str, text: str
) -> None:
    store, words = Store(8), text.split()
    headlines = [" ".join(words[:1]), " ".join(words[:1]), " ".join(words[1:])]
    for num, (headline, figure) in enumerate(zip(headlines, ["", " 3.5", ""], strict=True), 1):
        story = Story(
            id=str(num),
            headline=headline,
            body=text + figure,
            language=language,
            published=datetime(2024, 5, num, tzinfo=UTC),
        )
        store.put(num, encode(story, np.eye(8, dtype=np.float32)[[0, num]]))
    hybrid = HybridModel.fit(store, store.nums)
    assert len(store.item(2).entities) == 1
    plain, figure = (
        float(related(Pool(store.item(num), np.array([3]), store, hybrid), np.zeros(1, np.int64))[0])
        for num in (1, 2)
    )
    assert figure > 0.9 * plain > 0.8


def test_the_curves_rise_with_likeness() -> None:
    both, words = evidence.shipped().both, evidence.shipped().words
    assert min(both.words, both.headline, both.passage) > 0
    assert min(words.words, words.headline, words.names) > 0
    assert both.names == words.passage == 0
