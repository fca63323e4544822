"""Sparse rows give the cosines that scikit-learn gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.metrics.pairwise import cosine_similarity

from recommender.hybrid import TERM_FREQUENCY
from recommender.lexical import TERM_SPACE
from recommender.ranking.terms import TermVectors, looked_up, row_sums
from recommender.store import TermRows

IDF = np.random.default_rng(0).uniform(1, 9, TERM_SPACE).astype(np.float32)
Rows = st.lists(st.dictionaries(st.integers(0, 50), st.integers(1, 255), max_size=8), min_size=1, max_size=6)


def term_rows(texts: list[dict[int, int]]) -> TermRows:
    ids = np.array([i for text in texts for i in sorted(text)], np.uint32)
    counts = np.array([text[i] for text in texts for i in sorted(text)], np.uint8)
    return TermRows(ids, counts, np.cumsum([0, *map(len, texts)]))


@given(Rows)
def test_cosines_are_those_of_scikit_learn(texts: list[dict[int, int]]) -> None:
    rows = term_rows(texts)
    weights = TERM_FREQUENCY[rows.counts] * IDF[rows.ids]
    plain = csr_matrix((weights, rows.ids.astype(np.int64), rows.offsets), shape=(len(texts), TERM_SPACE))
    vectors = TermVectors.weigh(rows, IDF)
    ours = [vectors.cosines(vectors.row(i)) for i in range(len(vectors))]
    np.testing.assert_allclose(np.array(ours), cosine_similarity(plain), atol=1e-5)


@given(st.lists(st.lists(st.integers(-9, 9), max_size=4), min_size=1, max_size=8))
def test_row_sums_count_an_empty_row_as_nothing(rows: list[list[int]]) -> None:
    values = np.array([value for row in rows for value in row], np.float32)
    assert row_sums(values, np.cumsum([0, *map(len, rows)])).tolist() == [sum(row) for row in rows]


# Ids that agree in their low bits are told apart as well.
Ids = st.integers(0, 9).map(lambda i: i % 5 + (i // 5 << 16))


@given(st.dictionaries(Ids, st.integers(1, 9)), st.lists(Ids))
def test_a_look_up_is_that_of_a_dict(table: dict[int, int], ids: list[int]) -> None:
    keys = np.array(sorted(table), np.uint32)
    values = np.array([table[key] for key in sorted(table)], np.float32)
    assert looked_up(keys, values, np.array(ids, np.uint32)).tolist() == [table.get(i, 0) for i in ids]
