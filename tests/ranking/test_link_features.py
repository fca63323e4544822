"""What links of the past say, against a plain version that walks over every link and every story."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking.features import FEATURES, LINKS
from recommender.ranking.link_features import NEIGHBOURS
from recommender.ranking.link_history import DAY, GAP_EDGES, LAG, LinkGraph
from recommender.ranking.pool import Pool
from tests.arrays import START, store_of, story

COUNT = 40
STORIES = [
    replace(story(number), published=START + 3 * number * (story(1).published - START) * 24, authors=authors)
    for number in range(COUNT)
    for authors in [(("Ann",), ("Bob", "Ann"), (), ("Cy",))[number % 4]]
]
STORE = store_of(STORIES)
MODEL = HybridModel.fit(STORE)
PUBLISHED = {num: int(one.published.timestamp()) for num, one in enumerate(STORIES, 1)}
RANDOM = np.random.default_rng(5)
PAIRS = [(s, t) for s in PUBLISHED for t in PUBLISHED if s != t and RANDOM.random() < 0.06]
LINKS_SET = [(s, t, PUBLISHED[s]) for s, t in PAIRS]
SOURCE_NUM = 36
POOL_NUMS = np.array([num for num in PUBLISHED if num < SOURCE_NUM][::-1], np.int64)


def graph(links: list[tuple[int, int, int]], store: Store = STORE) -> LinkGraph:
    table = np.array(links, np.int64).reshape(-1, 3)
    return LinkGraph(store, *table.T)


def pool(links: list[tuple[int, int, int]] = LINKS_SET) -> Pool:
    return Pool(STORE.item(SOURCE_NUM), POOL_NUMS, STORE, MODEL, graph(links))


PAST = [(s, t) for s, t, at in LINKS_SET if at <= PUBLISHED[SOURCE_NUM] - LAG]


def of_everybody(num: int) -> float:
    return sum(t == num for _, t in PAST) / (len({s for s, _ in PAST}) + 3)


def beyond(share: float, num: int) -> float:
    return max(share - of_everybody(num), 0)


def plain_neighbours() -> list[float]:
    likeness = dict(zip(POOL_NUMS.tolist(), pool().likeness.tolist(), strict=True))
    linking = sorted({s for s, _ in PAST if s in likeness}, key=lambda s: -likeness[s])[:NEIGHBOURS]
    total = sum(likeness[s] for s in linking) + 1
    shares = {n: sum(likeness[s] for s in linking if (s, n) in PAST) / total for n in POOL_NUMS.tolist()}
    return [beyond(share, num) for num, share in shares.items()]


def plain_authors() -> list[float]:
    mine = set(STORIES[SOURCE_NUM - 1].authors)
    by_them = [t for s, t in PAST if mine & set(STORIES[s - 1].authors)]
    setting = len({s for s, _ in PAST if mine & set(STORIES[s - 1].authors)})
    return [
        (1 - max(2 * by_them.count(num) / (setting + 5) - 1, 0))
        * beyond(by_them.count(num) / (len(by_them) + 5), num)
        for num in POOL_NUMS.tolist()
    ]


def plain_in_links() -> list[float]:
    def chance(num: int) -> float:
        later = [s for s, _ in PAST if PUBLISHED[s] >= PUBLISHED[num]]
        return sum(1 / max(sum(p < PUBLISHED[s] for p in PUBLISHED.values()), 1) for s in later)

    received = [sum(t == num for _, t in PAST) for num in POOL_NUMS.tolist()]
    pairs = zip(received, POOL_NUMS.tolist(), strict=True)
    return [math.log((count + 1) / (chance(num) + 1)) * (1 - of_everybody(num)) for count, num in pairs]


def plain_recent() -> list[float]:
    def faded(num: int) -> float:
        return sum(
            math.exp(-(PUBLISHED[SOURCE_NUM] - PUBLISHED[s]) / (180 * DAY)) for s, t in PAST if t == num
        )

    return [math.log(1 + faded(num)) * (1 - of_everybody(num)) for num in POOL_NUMS.tolist()]


@pytest.mark.parametrize("name", ["neighbour_links", "author_links", "in_links", "recent_links"])
def test_a_page_that_everybody_links_says_less_than_one_that_the_nearest_or_the_author_link(name):
    early = [num for num in PUBLISHED if PUBLISHED[num] <= PUBLISHED[SOURCE_NUM] - LAG]
    hub, own, *others = early
    likeness = dict(zip(POOL_NUMS.tolist(), pool().likeness.tolist(), strict=True))
    near = sorted(others, key=lambda num: -likeness[num])[:10]
    mine = [num for num in others if set(STORIES[num - 1].authors) & set(STORIES[SOURCE_NUM - 1].authors)]
    theirs = mine[::3] if name == "author_links" else near
    links = [(s, t, PUBLISHED[s]) for t, all_ in ((hub, others), (own, theirs)) for s in all_]
    values = dict(zip(POOL_NUMS.tolist(), FEATURES[name](pool(links)).tolist(), strict=True))
    assert values[hub] < values[own]


def bucket(gap: int) -> int:
    return sum(gap >= edge for edge in GAP_EDGES.tolist()) - 1


def plain_gaps() -> list[float]:
    seen, expected = np.full(len(GAP_EDGES), 2.0), np.full(len(GAP_EDGES), 2.0)
    for s, t in PAST:
        if PUBLISHED[t] <= PUBLISHED[s]:
            seen[bucket(PUBLISHED[s] - PUBLISHED[t])] += 1
            earlier = [p for num, p in PUBLISHED.items() if p <= PUBLISHED[s] and num != s]
            for each in earlier:
                expected[bucket(PUBLISHED[s] - each)] += 1 / len(earlier)
    ratio = np.log(seen / expected)
    return [ratio[bucket(PUBLISHED[SOURCE_NUM] - PUBLISHED[num])] for num in POOL_NUMS.tolist()]


PLAIN = {
    "neighbour_links": plain_neighbours,
    "author_links": plain_authors,
    "in_links": plain_in_links,
    "recent_links": plain_recent,
    "gap_prior": plain_gaps,
}


@pytest.mark.parametrize("name", PLAIN)
def test_equals_the_plain_version(name: str) -> None:
    plain = PLAIN[name]()
    assert len(set(plain)) > 1
    np.testing.assert_allclose(FEATURES[name](pool()), plain, atol=1e-3)


@pytest.mark.parametrize("feature", LINKS)
def test_links_of_the_last_fortnight_are_not_read(feature: object) -> None:
    asked = PUBLISHED[SOURCE_NUM]
    late = [(SOURCE_NUM, 3, asked), (SOURCE_NUM - 1, 3, asked - 13 * DAY), (2, 3, asked - LAG + 1)]
    assert len(graph(LINKS_SET + late)) > len(graph(LINKS_SET))
    name = feature.__name__  # type: ignore[attr-defined]
    np.testing.assert_array_equal(FEATURES[name](pool(LINKS_SET + late)), FEATURES[name](pool()))


@pytest.mark.parametrize("name", PLAIN)
def test_without_links_there_is_nothing_to_say(name: str) -> None:
    assert not FEATURES[name](Pool(STORE.item(SOURCE_NUM), POOL_NUMS, STORE, MODEL)).any()
    assert not FEATURES[name](pool([])).any()


@pytest.mark.parametrize(("name", "whole"), [("fading_recency", "recency"), ("early_recency", "gap")])
def test_recency_fades_as_links_become_known(name: str, whole: str) -> None:
    alone = Pool(STORE.item(SOURCE_NUM), POOL_NUMS, STORE, MODEL)
    np.testing.assert_array_equal(FEATURES[name](alone), FEATURES[whole](alone))
    fade = 2 * len(GAP_EDGES) / (2 * len(GAP_EDGES) + len(PAST))
    np.testing.assert_allclose(FEATURES[name](pool()), FEATURES[whole](alone) * fade, rtol=1e-5)


def test_a_pair_counts_once_from_its_first_time_and_never_before_its_source() -> None:
    links = graph([(9, 2, 10**10), (9, 2, 0), (9, 2, PUBLISHED[9] + 5)])
    assert links.set_at.tolist() == [PUBLISHED[9]]


def test_a_link_with_an_end_that_is_not_held_is_left_out() -> None:
    assert len(graph([(1, 99, 0), (10**6, 2, 0), (3, 2, 0)])) == 1


@given(
    st.lists(st.tuples(st.integers(1, COUNT), st.integers(1, COUNT)), max_size=30), st.integers(0, COUNT * 3)
)
def test_a_moment_knows_the_links_that_were_set_a_fortnight_before(
    pairs: list[tuple[int, int]], days: int
) -> None:
    now = int(START.timestamp()) + days * DAY
    past = graph([(s, t, 0) for s, t in pairs]).as_of(now)
    known = {(s, t) for s, t in pairs if PUBLISHED[s] <= now - LAG}
    nums = np.arange(1, COUNT + 1)
    targets, rows, _ = past.from_(nums)
    assert sorted(zip(nums[rows].tolist(), targets.tolist(), strict=True)) == sorted(known)
    assert np.bincount(past.into(nums)[1], minlength=len(nums)).tolist() == [
        sum(t == num for _, t in known) for num in nums.tolist()
    ]


def test_a_story_that_came_after_the_graph_has_no_links() -> None:
    past = graph(LINKS_SET).as_of(10**11)
    assert len(past.from_(np.array([COUNT + 7]))[0]) == 0
    assert 0 not in past.into(np.array([COUNT + 7, 3]))[1]


def test_of_many_links_a_part_tells_what_chance_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = graph(LINKS_SET).gap_counts
    monkeypatch.setattr("recommender.ranking.link_history._ASKED", sum(s > t for s, t in PAIRS) // 3)
    part = graph(LINKS_SET).gap_counts
    np.testing.assert_array_equal(part.seen, exact.seen)
    assert not np.array_equal(part.expected, exact.expected)
    np.testing.assert_allclose(part.expected[-1].sum(), exact.expected[-1].sum(), atol=3)
    np.testing.assert_allclose(part.ratio(len(LINKS_SET)), exact.ratio(len(LINKS_SET)), atol=0.25)


def test_a_link_counts_by_its_weight() -> None:
    table = np.array(LINKS_SET, np.int64).T
    weights = RANDOM.choice(np.array([0.25, 1.0], np.float32), len(LINKS_SET))
    weighed = LinkGraph(STORE, *table, weights)
    whole, light = pool(), Pool(STORE.item(SOURCE_NUM), POOL_NUMS, STORE, MODEL, weighed)
    one = np.ones(len(LINKS_SET), np.float32)
    for feature in LINKS:
        full, less = feature(whole), feature(light)
        as_one = Pool(STORE.item(SOURCE_NUM), POOL_NUMS, STORE, MODEL, LinkGraph(STORE, *table, one))
        np.testing.assert_allclose(feature(as_one), full, rtol=1e-6)
        if feature.__name__ in ("neighbour_links", "recent_links"):
            assert (less <= full + 1e-6).all()
            assert (less < full - 1e-6).any()


def test_of_one_pair_the_earliest_time_and_the_largest_weight_count() -> None:
    pair, at = PAIRS[0], PUBLISHED[PAIRS[0][0]]
    sources, targets = np.array([pair, pair], np.int64).T
    graph = LinkGraph(STORE, sources, targets, np.array([at, at + DAY]), np.array([0.25, 1], np.float32))
    assert (graph.set_at.tolist(), graph.weights.tolist()) == ([at], [1.0])
