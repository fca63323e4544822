"""Who is believed of those that say of each other that they are translations."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking.declared_translations import FEW, NOTHING_DECLARED, DeclaredTranslations, Nums

LANGUAGES = np.arange(40) % 5  # of the stories 0 to 39
PAIRS = st.sets(st.tuples(st.integers(0, 39), st.integers(0, 39)).filter(lambda pair: pair[0] != pair[1]))


def said(pairs: set[tuple[int, int]]) -> Nums:
    return np.array(sorted(pairs), np.int64).reshape(-1, 2).T


def of(declared: DeclaredTranslations, num: int) -> list[int]:
    return declared.of(num, lambda nums: LANGUAGES[nums])


@given(PAIRS)
def test_a_translation_has_another_language_and_says_the_same(pairs: set[tuple[int, int]]) -> None:
    declared = DeclaredTranslations(said(pairs))
    found = {num: of(declared, num) for num in range(40)}
    for num, others in found.items():
        assert all(num in found[other] and LANGUAGES[other] != LANGUAGES[num] for other in others)
        assert set(others) <= {*declared.around(num)}
    both = {(one, other) for one, others in found.items() for other in others if one < other}
    asked = declared.pairs(np.arange(40), lambda nums: LANGUAGES[nums])
    assert {*map(tuple, asked.T.tolist())} == both


@given(PAIRS, PAIRS, st.sets(st.integers(0, 39), max_size=5))
def test_what_has_changed_is_as_if_all_were_read_anew(
    before: set[tuple[int, int]], after: set[tuple[int, int]], changed: set[int]
) -> None:
    about = {pair for pair in after if changed.intersection(pair)}
    now = {pair for pair in before if not changed.intersection(pair)} | about
    followed = DeclaredTranslations(said(before)).with_changed(
        np.array(sorted(changed), np.int64), said(about)
    )
    assert {*map(tuple, followed.said.T.tolist())} == now


def test_what_one_side_says_counts_of_few_and_what_both_say_of_any() -> None:
    named = [5 * n + 1 for n in range(FEW + 2)]
    few, many = ({(0, each) for each in some} for some in (named[:FEW], named))
    assert of(DeclaredTranslations(said(few)), 0) == named[:FEW]
    assert of(DeclaredTranslations(said(many)), 0) == []
    assert of(DeclaredTranslations(said(many | {(named[2], 0)})), 0) == [named[2]]
    assert of(DeclaredTranslations(said({pair[::-1] for pair in many})), 0) == []
    assert of(DeclaredTranslations(said(many | {(0, 2)})), 0) == [2]  # of another language


def test_where_nothing_is_said_there_is_nothing() -> None:
    assert not NOTHING_DECLARED
    assert NOTHING_DECLARED.around(3) == of(NOTHING_DECLARED, 3) == []
