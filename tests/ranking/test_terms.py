"""Sparse rows give the cosines that scikit-learn gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.metrics.pairwise import cosine_similarity

from recommender.analysis.words import TERM_SPACE
from recommender.features.hybrid_fitting import TERM_FREQUENCY
from recommender.features.term_rows import TermRows
from recommender.ranking.terms import TermVectors

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
    vectors = TermVectors.of(rows, IDF)
    ours = [vectors.cosines(vectors.row(i)) for i in range(len(vectors))]
    np.testing.assert_allclose(np.array(ours), cosine_similarity(plain), atol=1e-5)
