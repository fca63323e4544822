"""Who is believed of those that say of each other that they are translations."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.ranking.declared_translations import (
    EDITIONS,
    FEW,
    NOTHING_DECLARED,
    TEMPLATE,
    DeclaredTranslations,
    Nums,
)

COUNT = 40
LANGUAGES = np.arange(5 * TEMPLATE) % 5  # of the stories from 0
STORIES = st.integers(0, COUNT - 1)
PAIRS = st.sets(st.tuples(STORIES, STORIES).filter(lambda pair: pair[0] != pair[1]), max_size=60)


def said(pairs: set[tuple[int, int]]) -> Nums:
    return np.array(sorted(pairs), np.int64).reshape(-1, 2).T


def read(pairs: set[tuple[int, int]]) -> DeclaredTranslations:
    return DeclaredTranslations.read(said(pairs))


def of(
    declared: DeclaredTranslations, num: int, hidden: Collection[int] = (), languages: Nums = LANGUAGES
) -> list[int]:
    unseen = np.array([*hidden], np.int64)
    return declared.of(num, lambda nums: languages[nums], lambda nums: ~np.isin(nums, unseen))


@given(PAIRS, st.sets(STORIES))
def test_a_translation_has_another_language_and_says_the_same(
    pairs: set[tuple[int, int]], hidden: set[int]
) -> None:
    declared, seen = read(pairs), [num for num in range(COUNT) if num not in hidden]
    found = {num: of(declared, num, hidden) for num in seen}
    for num, others in found.items():
        assert all(num in found[other] and LANGUAGES[other] != LANGUAGES[num] for other in others)
        assert set(others) <= {*declared.around(num)}
    both = {(one, other) for one, others in found.items() for other in others if one < other}
    asked = declared.pairs(np.array(seen, np.int64), lambda nums: LANGUAGES[nums])
    assert {*map(tuple, asked.T.tolist())} == both


@settings(max_examples=50)
@given(PAIRS, st.sets(STORIES))
def test_what_a_story_says_that_is_not_seen_is_as_if_it_were_not_said(
    pairs: set[tuple[int, int]], hidden: set[int]
) -> None:
    without = {pair for pair in pairs if not hidden.intersection(pair)}
    for num in set(range(COUNT)) - hidden:
        assert of(read(pairs), num, hidden) == of(read(without), num)


@settings(max_examples=50)
@given(PAIRS, st.sets(STORIES), STORIES)
def test_whose_translations_change_with_a_story_stands_around_it(
    pairs: set[tuple[int, int]], hidden: set[int], num: int
) -> None:
    declared = read(pairs)
    changed = {
        other
        for other in set(range(COUNT)) - {num}
        if of(declared, other, hidden | {num}) != of(declared, other, hidden - {num})
    }
    assert changed <= {*declared.around(num)}


@given(PAIRS, PAIRS, st.sets(st.integers(0, 39), max_size=5))
def test_what_has_changed_is_as_if_all_were_read_anew(
    before: set[tuple[int, int]], after: set[tuple[int, int]], changed: set[int]
) -> None:
    about = {pair for pair in after if changed.intersection(pair)}
    now = {pair for pair in before if not changed.intersection(pair)} | about
    followed = read(before).with_changed(np.array(sorted(changed), np.int64), said(about))
    anew = read(now)
    assert np.array_equal(followed.named, anew.named)
    assert np.array_equal(followed.naming, anew.naming)
    assert {*map(tuple, followed.said.T.tolist())} == now


def test_what_one_side_says_counts_of_few_and_what_both_say_of_any() -> None:
    named = [5 * n + 1 for n in range(FEW + 2)]
    few, many = ({(0, each) for each in some} for some in (named[:FEW], named))
    assert of(read(few), 0) == named[:FEW]
    assert of(read(many), 0) == []
    assert of(read(many | {(named[2], 0)}), 0) == [named[2]]
    assert of(read({pair[::-1] for pair in many}), 0) == []
    assert of(read(many | {(0, 2)}), 0) == [2]  # of another language


def test_what_one_story_alone_says_of_others_makes_them_no_translations_of_each_other() -> None:
    claims = {(0, 1), (0, 2), (0, 3)}
    assert of(read(claims), 0) == [1, 2, 3]
    assert of(read(claims), 1) == [0]
    assert of(read(claims | {(1, 0)}), 1) == [0]
    assert of(read(claims | {(1, 0), (2, 0)}), 1) == [0, 2]  # both call it theirs
    assert of(read({(1, 0), (2, 0)}), 1, hidden=[0]) == []


def test_what_one_side_says_counts_of_no_more_than_the_largest_sites_have_editions() -> None:
    languages = np.arange(2 * EDITIONS)
    for count, found in ((EDITIONS, EDITIONS), (EDITIONS + 1, 0)):
        claims = {(0, each) for each in range(1, count + 1)}
        assert len(of(read(claims), 0, languages=languages)) == found
        assert len(of(read({pair[::-1] for pair in claims}), 0, languages=languages)) == found


def test_of_a_story_that_a_template_names_what_it_names_itself_counts() -> None:
    named = read({(each, 0) for each in range(1, TEMPLATE + 2)} | {(0, 7)})
    assert of(named, 0) == [7]
    assert of(named, 7) == [0]
    assert of(named, 8) == []
    assert named.around(8) == [0]


def test_where_nothing_is_said_there_is_nothing() -> None:
    assert not NOTHING_DECLARED
    assert NOTHING_DECLARED.around(3) == of(NOTHING_DECLARED, 3) == []
    assert NOTHING_DECLARED.pairs(np.arange(3), lambda nums: LANGUAGES[nums]).shape == (2, 0)
