"""Windows are the runs of fifty words that one would cut by hand, each a unit vector."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking.windows import STEP, Windows

WORDS = 12
IDF = np.linspace(1, 4, WORDS, dtype=np.float32)


def by_hand(sequence: list[int]) -> list[dict[int, float]]:
    """Return the weight of each word in each window."""
    out = []
    for start in range(0, max(len(sequence) - STEP, 1), STEP):
        counted = Counter(sequence[start : start + 2 * STEP])
        weights = {word: (1 + math.log(count)) * float(IDF[word]) for word, count in counted.items()}
        length = math.sqrt(sum(weight**2 for weight in weights.values()))
        out.append({word: weight / length for word, weight in weights.items()})
    return out


@given(st.lists(st.integers(0, WORDS - 1), max_size=5 * STEP))
def test_windows_are_those_that_are_cut_by_hand(sequence: list[int]) -> None:
    windows, plain = Windows.of(np.array(sequence, np.uint16), IDF), by_hand(sequence)
    assert windows.count == len(plain)
    held: list[dict[int, float]] = [{} for _ in plain]
    for word in range(WORDS):
        for place in range(windows.starts[word], windows.starts[word + 1]):
            held[windows.columns[place]][word] = float(windows.values[place])
    assert [each.keys() for each in held] == [each.keys() for each in plain]
    for one, other in zip(held, plain, strict=True):
        np.testing.assert_allclose([one[word] for word in other], list(other.values()), rtol=1e-5)


@given(st.lists(st.integers(0, WORDS - 1), min_size=1, max_size=5 * STEP))
def test_every_word_stands_in_one_or_two_windows_for_each_time_it_is_said(sequence: list[int]) -> None:
    windows = Windows.of(np.array(sequence, np.uint16), IDF)
    for word, times in Counter(sequence).items():
        assert 1 <= windows.starts[word + 1] - windows.starts[word] <= 2 * times
