"""The weighing of places: each story's best phrases, and at most one link a story and a phrase."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.analysis.phrases import Phrases
from recommender.suggestions.places import NAMES, Places
from recommender.suggestions.suggester import FoundPlaces, one_each

PHRASES = Phrases.of("one two three four five six seven eight nine ten")
PLACES = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 9), st.integers(0, 3), st.floats(-5, 5), st.booleans()),
    max_size=25,
)


@settings(max_examples=150)
@given(PLACES)
def test_the_best_places_are_chosen_one_a_story_and_one_a_word(
    drawn: list[tuple[int, int, int, float, bool]],
) -> None:
    table = np.array([row[:3] for row in drawn], np.int64).reshape(-1, 3)
    stories, firsts, lengths = table.T
    scores = np.array([row[3] for row in drawn], np.float64)
    meets = np.array([row[4] for row in drawn], np.bool_)
    lasts = np.minimum(firsts + lengths, 9)
    rows = np.zeros((len(drawn), len(NAMES)), np.float32)
    found = FoundPlaces(PHRASES, Places(stories, firsts, lasts, rows), np.arange(5), {})
    chosen = one_each(found, scores, meets)
    assert all(meets[place] for place in chosen)
    assert len({int(stories[place]) for place in chosen}) == len(chosen)
    words = [word for place in chosen for word in range(int(firsts[place]), int(lasts[place]) + 1)]
    assert len(set(words)) == len(words)
    assert [scores[place] for place in chosen] == sorted((scores[place] for place in chosen), reverse=True)
    for place in np.flatnonzero(meets).tolist():  # what is left out stands behind a better one
        mine = set(range(int(firsts[place]), int(lasts[place]) + 1))
        assert any(
            scores[other] >= scores[place]
            and (
                stories[other] == stories[place]
                or mine & set(range(int(firsts[other]), int(lasts[other]) + 1))
            )
            for other in chosen
        )
