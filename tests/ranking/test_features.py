"""Each feature against a slow, plain version that reads one candidate at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from recommender.analysis.encoded import Encoded, Terms
from recommender.analysis.words import code, encode_text, to_terms, tokens
from recommender.embedding.models import DEFAULT_MODEL, PINNED
from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking import shared_terms
from recommender.ranking.features import FEATURES, matrix
from recommender.ranking.model import standardised
from recommender.ranking.pool import Pool
from recommender.ranking.time_features import DAY, WEEK
from recommender.story.story import Story
from tests.arrays import EMBEDDER, encoded, store_of, story

NAMES = ("Today Ann Lee met NASA about Python 3.11.", "Later NASA thanked Ann Lee.", "The mayor saw Bob Ray.")
HEADLINES = ("Open data, part {}: start", "Trends on Tuesday: apps {}", "Five things to know {}")


def varied(number: int) -> Story:
    """Return a story with names, tags, authors and, some of them, a column or a series."""
    one = story(number)
    return replace(
        one,
        headline=HEADLINES[number % 6].format(number) if number % 6 < 3 else one.headline,
        body=one.body + "\n\n" + NAMES[number % 3],
        authors=("Ann", "Bob", "Cy")[: number % 4],
        tags=("city", "sport", "flood")[number % 2 : 1 + number % 3],
        kind=("news", "opinion", "live", "news")[number % 4],
    )


STORIES = [varied(number) for number in range(30)]
# One of another form, one without a body, one whose headline has no word that counts.
STORIES += [
    replace(story(32), headline="Open data, part of the scheme"),
    replace(story(30), body=""),
    replace(story(31), headline="The of and"),
]
STORE = store_of(STORIES)
MODEL = HybridModel.fit(STORE)
BODY = varied(42).body + " " + STORIES[4].headline
SOURCE = encoded(replace(varied(42), body=BODY))
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


def headline_share_of_a_window(one: Encoded) -> float:
    rarity = {i: float(MODEL.idf["words"][i]) for i in one.headline.ids.tolist()}
    body = tokens(BODY)
    starts = range(0, max(len(body) - 25, 1), 25)
    windows = [set(to_terms(body[start : start + 50]).ids.tolist()) for start in starts]
    held = (sum(v for i, v in rarity.items() if i in window) for window in windows)
    return max(held) / sum(rarity.values()) if rarity else 0.0


def nearest_chunk(one: Encoded) -> float:
    chunks = SOURCE.vectors[1:].astype(float)
    return max(float(one.vectors[0].astype(float) @ chunk) for chunk in chunks)


def shared_names(one: Encoded) -> float:
    shared = set(SOURCE.entities.ids.tolist()) & set(one.entities.ids.tolist())
    return math.log(1 + sum((float(MODEL.idf["entities"][i]) - 1) ** 2 for i in shared))


def centred(vector: np.ndarray) -> np.ndarray:
    away = vector.astype(float) - MODEL.dense_mean
    return np.asarray(away / np.linalg.norm(away))


def both(one: Encoded, field: str) -> set[int]:
    return set(getattr(SOURCE, field).tolist()) & set(getattr(one, field).tolist())


def rarity(field: str, each: int) -> float:
    holding = sum(each in getattr(encoded(other), field).tolist() for other in STORIES)
    return 1 - math.log(max(holding, 1)) / math.log(len(STORIES))


def shared_tags(one: Encoded) -> float:
    mine, theirs = (sum(rarity("tags", t) ** 2 for t in each.tags.tolist()) for each in (SOURCE, one))
    shared = sum(rarity("tags", t) ** 2 for t in both(one, "tags"))
    return shared / math.sqrt(mine * theirs) if mine * theirs else 0.0


def stories_between(one: Encoded) -> float:
    times = [int(other.published.timestamp()) for other in STORIES]
    later = sum(one.published < time <= SOURCE.published for time in times)
    return -math.log(1 + max(later - 1, 0))


def same_form(one: Encoded) -> bool:
    return one.opening == SOURCE.opening or (one.label == SOURCE.label and one.label != 0)


def other_part(one: Encoded) -> bool:
    return one.series == SOURCE.series and one.part != SOURCE.part


def instalment(one: Encoded) -> float:
    column = [
        each for each in map(STORE.item, STORE.nums.tolist()) if same_form(each) and not other_part(each)
    ]
    others = [set(each.headline.ids.tolist()) for each in column if each.published != one.published]
    if len(others) == len(column) or not others:
        return 0.0
    own = [w for w in one.headline.ids.tolist() if 2 * sum(w in other for other in others) <= len(others)]
    rarity, said = MODEL.rarity_at_large, set(SOURCE.words.ids.tolist())
    total = sum(float(rarity[w]) for w in own)
    return 1 - sum(float(rarity[w]) for w in own if w in said) / total if total else 1.0


def rarest(held: set[int], one: Terms, count: int = 3, channel: str = "words") -> float:
    shared, of_two = held & set(one.ids.tolist()), math.log((1 + len(STORIES)) / 3) + 1
    return sum(sorted((min(float(MODEL.idf[channel][i]), of_two) for i in shared), reverse=True)[:count])


def rarest_of_a_window(one: Encoded) -> float:
    body = tokens(BODY)
    starts = range(0, max(len(body) - 12, 1), 12)
    return max(rarest(set(to_terms(body[start : start + 24]).ids.tolist()), one.words) for start in starts)


def telling(row: np.ndarray) -> np.ndarray:
    """Return a passage less most of what it has along the common directions, as long as that leaves it."""
    away, (common,) = centred(row), MODEL.languages.common.astype(float)
    less = np.eye(len(away)) - common.T @ common
    return np.asarray(less @ away / math.sqrt(away @ less @ away))


def nearest_window(one: Encoded) -> float:
    body = tokens(BODY)
    # The last one begins where no other would hold the end.
    starts = range(0, max(len(body) - 25, 1), 25)
    return max(cosine(to_terms(body[start : start + 50]), one.words, "words") for start in starts)


def said_share(one: Encoded) -> float:
    shares = []
    for name in ("words", "bigrams"):
        idf, asked, said = MODEL.idf[name], getattr(SOURCE, name), set(getattr(one, name).ids.tolist())
        weights = {
            i: (1 + math.log(n)) * float(idf[i])
            for i, n in zip(asked.ids.tolist(), asked.counts.tolist(), strict=True)
        }
        shares.append(sum(v for i, v in weights.items() if i in said) / sum(weights.values()))
    return sum(shares) / 2


PLAIN: dict[str, Callable[[Encoded], float]] = {
    "words": lambda one: cosine(SOURCE.words, one.words, "words"),
    "bigrams": lambda one: cosine(SOURCE.bigrams, one.bigrams, "bigrams"),
    "said": said_share,
    "passage_to_text": lambda one: max(
        (one.vectors.astype(float) @ SOURCE.vectors[0].astype(float)).tolist()
    ),
    "rarest_shared": lambda one: rarest(set(SOURCE.words.ids.tolist()), one.words),
    "rarest_pairs": lambda one: rarest(set(SOURCE.bigrams.ids.tolist()), one.bigrams, 3, "bigrams"),
    "rarest_in_window": rarest_of_a_window,
    "headline_said": lambda one: rarest(set(SOURCE.headline.ids.tolist()), one.words, 2),
    "window_words": nearest_window,
    "headline_in_story": headline_share,
    "headline_in_window": headline_share_of_a_window,
    "names": shared_names,
    "dense": lambda one: float(centred(SOURCE.mean) @ centred(one.mean)),
    "plain_dense": lambda one: float(SOURCE.mean.astype(float) @ one.mean),
    "passage": lambda one: max(float(telling(row) @ centred(one.mean)) for row in SOURCE.vectors),
    "chunk_to_headline": nearest_chunk,
    "tags": shared_tags,
    "gap": lambda one: -math.log(1 + abs(SOURCE.published - one.published) / DAY),
    "fading_recency": lambda one: -math.log(1 + abs(SOURCE.published - one.published) / WEEK),
    "early_recency": lambda one: -math.log(1 + abs(SOURCE.published - one.published) / DAY),
    "fresh": lambda one: math.exp(-abs(SOURCE.published - one.published) / (3 * DAY)),
    "between": stories_between,
    "same_template": instalment,
    "same_series": lambda one: float(other_part(one)),
    "same_author": lambda one: min(1, sum(rarity("authors", each) for each in both(one, "authors"))),
    "same_kind": lambda one: float(one.kind == SOURCE.kind),
    "opinion": lambda one: float(one.kind == code("opinion")),
    "live": lambda one: float(one.kind == code("live")),
    "recency": lambda one: -math.log(1 + abs(SOURCE.published - one.published) / WEEK),
}


def test_pairs_of_words_tell_nothing_in_a_language_of_few_stories() -> None:
    enough = shared_terms.ENOUGH_FOR_PAIRS
    for stories in (enough - 1, enough):
        fitted = HybridModel.fit(STORE, STORE.nums[:stories])
        pairs = FEATURES["rarest_pairs"](Pool(SOURCE, POOL.nums, STORE, fitted))
        assert pairs.any() == (stories >= enough)


@pytest.mark.parametrize("name", PLAIN)
def test_equals_the_plain_version(name: str) -> None:
    plain = [PLAIN[name](STORE.item(int(num))) for num in POOL.nums]
    np.testing.assert_allclose(FEATURES[name](POOL), plain, atol=2e-3)


@pytest.mark.parametrize("name", FEATURES)
def test_a_candidate_has_its_value_whatever_the_others(name: str) -> None:
    pair = Pool(SOURCE, STORE.nums[[7, 2]], STORE, MODEL)
    np.testing.assert_allclose(FEATURES[name](pair), FEATURES[name](POOL)[[7, 2]], atol=1e-6)


NEED_LINKS = {"neighbour_links", "author_links", "in_links", "recent_links", "gap_prior", "since_instalment"}


def test_the_plain_versions_are_put_to_the_test() -> None:
    # Each of them tells some candidates from others; without links the rest cannot.
    for name in PLAIN:
        assert len(set(np.round(FEATURES[name](POOL), 4).tolist())) > 1, name
    assert set(PLAIN) == set(FEATURES) - NEED_LINKS


def test_columns_come_in_the_order_asked() -> None:
    both = matrix(POOL, ("recency", "words"))
    np.testing.assert_array_equal(both[:, 0], FEATURES["recency"](POOL))
    np.testing.assert_array_equal(both[:, 1], FEATURES["words"](POOL))


def test_a_headline_that_stands_in_the_source_is_covered_whole() -> None:
    assert FEATURES["headline_in_story"](POOL)[4] == pytest.approx(1)


def test_a_text_without_a_date_has_no_opinion_of_time() -> None:
    text = encode_text("flood", EMBEDDER.encode(["flood"]))
    pool = Pool(text, STORE.nums, STORE, MODEL)
    for name in ("recency", "gap", "fresh", "between"):
        assert not FEATURES[name](pool).any()


def test_a_text_of_one_line_is_its_own_window() -> None:
    text = encode_text("flood rain", EMBEDDER.encode(["flood rain"]))
    pool = Pool(text, STORE.nums, STORE, MODEL)
    plain = [cosine(to_terms(["flood", "rain"]), STORE.item(int(num)).words, "words") for num in STORE.nums]
    np.testing.assert_allclose(FEATURES["window_words"](pool), plain, atol=1e-5)


def test_a_text_of_one_line_is_its_own_chunk() -> None:
    text = encode_text("flood", EMBEDDER.encode(["flood"]))
    pool = Pool(text, STORE.nums, STORE, MODEL)
    plain = STORE.headline_vectors(STORE.nums).astype(np.float32) @ text.vectors[0].astype(np.float32)
    np.testing.assert_allclose(FEATURES["chunk_to_headline"](pool), plain, atol=1e-3)


@pytest.mark.parametrize("name", ["passage", "chunk_to_headline"])
def test_words_stand_in_for_vectors_as_far_as_the_encoder_does_not_know_the_language(name: str) -> None:
    texts = [
        replace(varied(number), id=f"pt{number}", language="pt", headline=f"O rio {number} sobe", body=body)
        for number, body in enumerate(
            [
                "A ponte caiu sobre o rio.",
                "O rio subiu na ponte velha.",
                "O time venceu o jogo.",
                "A taxa caiu.",
            ]
        )
    ]
    store = store_of(texts * 2)
    hybrid = HybridModel.fit(store)
    encoder = PINNED[DEFAULT_MODEL]
    nums = np.arange(2, len(texts) * 2 + 1)

    def standing(pool: Pool, feature: str) -> np.ndarray:
        return standardised(FEATURES[feature](pool)[:, None])[:, 0]

    pool = Pool(store.item(1), nums, store, hybrid, encoder=encoder)
    known = Pool(store.item(1), nums, store, hybrid, encoder="of all languages")
    assert 0 <= pool.trust <= 0.5
    mixed = pool.trust * standing(known, name) + (1 - pool.trust) * standing(known, "words")
    np.testing.assert_allclose(standing(pool, name), standardised(mixed[:, None])[:, 0], atol=1e-4)
